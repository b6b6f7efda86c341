"""A transcript file in any of the formats we read, as one value.

Reads published or corrected Markdown drafts, `Speaker: text` lines, JSON (ours, Whisper's, and a flat list of words),
WebVTT, SubRip, RTTM and STM. Does not score, and does not normalise: the text is that of the file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from transcribe.errors import TranscriptError
from transcribe.readers.captions import read_captions
from transcribe.readers.json_files import read_json
from transcribe.readers.nist import read_rttm, read_stm
from transcribe.readers.problems import LineError
from transcribe.readers.texts import read_lines, read_markdown
from transcribe.readers.values import SpeakerTranscript


def read_transcript(path: Path) -> SpeakerTranscript:
    """Read a file in the format of its suffix. Raises `TranscriptError`, which names the file and the line."""
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise TranscriptError(f"{path}: cannot score this format; give one of {', '.join(sorted(_READERS))}")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as exc:
        raise TranscriptError(f"{path}: is not UTF-8 text; save it as UTF-8") from exc
    except OSError as exc:
        raise TranscriptError(f"{path}: cannot be read ({exc.strerror}); check its name and permissions") from exc
    try:
        return reader(text)
    except TranscriptError as exc:
        raise TranscriptError(f"{path}: {exc}") from exc
    except LineError as exc:
        raise TranscriptError(f"{path}: {exc}; correct that line") from exc
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as exc:
        raise TranscriptError(f"{path}: does not have the format of its suffix ({exc!r}); create it again") from exc


_READERS: Mapping[str, Callable[[str], SpeakerTranscript]] = {
    ".md": read_markdown,
    ".markdown": read_markdown,
    ".txt": read_lines,
    ".json": read_json,
    ".vtt": read_captions,
    ".srt": read_captions,
    ".rttm": read_rttm,
    ".stm": read_stm,
}
