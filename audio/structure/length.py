"""How long a recording is, from a few blocks of the file: what its framing states, or follows from its bit rate.

For plans and bars of progress. `audio.structure.parts` reads all of a file, and finds what contradicts this.
"""

from __future__ import annotations

from pathlib import Path

from audio.episode import Seconds
from audio.structure.blocks import au_from, flac_length, tta_from
from audio.structure.boxes import boxes_from
from audio.structure.chunks import chunks_from
from audio.structure.ebml import segments_from
from audio.structure.films import asf_from
from audio.structure.frames import rough_length
from audio.structure.ogg import length_by_last_page
from audio.structure.view import View
from audio.trust import open_regular


def length_of(path: Path) -> Seconds | None:
    """Raises `OSError`."""
    with open_regular(path) as file:
        view = View(file)
        for walker in (chunks_from, boxes_from, segments_from, asf_from, tta_from, au_from):
            if part := walker(view, 0):
                return part.seconds
        return flac_length(view, 0) or length_by_last_page(view) or rough_length(view)
