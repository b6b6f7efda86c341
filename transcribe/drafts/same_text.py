"""Whether a run that is asked for other settings would give a draft the text that the machine gave it before.

Known without recognising: some settings change no text, and what others change is seen by writing the machine's
original once more. Of all other settings only the run can tell.
"""

from __future__ import annotations

import hashlib
from dataclasses import fields, replace
from pathlib import Path

from output.formats import write
from transcribe.drafts.currency import Inputs, is_made_of, stage_settings
from transcribe.drafts.kept_draft import FORMAT_OF
from transcribe.drafts.machine_originals import original_of
from transcribe.drafts.style import style_of
from transcribe.style import Style
from transcribe.transcript import Transcript

_NO_TEXT = {"doubts", *FORMAT_OF}  # settings of the timed transcript, or of another format than the draft's
_OF_STYLE = {field.name for field in fields(Style)}


def gives_same_text(before: Transcript, inputs: Inputs, *, draft: Path) -> bool:
    """Whether it is certain that these inputs give the machine's text of this draft again; `before` is the transcript
    that its JSON has now."""
    recorded, asked = stage_settings(before.made_with.settings), stage_settings(inputs.record)
    as_asked = replace(before, made_with=replace(before.made_with, settings={**before.made_with.settings, **asked}))
    if not is_made_of(as_asked, inputs, edited=False):
        return False
    changed = {name for name, value in asked.items() if name not in recorded or recorded[name] != value}
    if changed <= _NO_TEXT:
        return True
    if not changed <= _NO_TEXT | _OF_STYLE:
        return False
    text = write(original_of(before, draft), "md", style=style_of(inputs.settings), stem=draft.stem)
    return hashlib.sha256(str(text).encode()).hexdigest() == before.made_with.outputs.get(draft.name)
