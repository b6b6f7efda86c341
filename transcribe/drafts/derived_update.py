"""Writes the files that have a draft's text again from a new transcript, but none that somebody edited by hand."""

from __future__ import annotations

import hashlib
from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path

from audio.disk import replace_if_unchanged
from audio.trust import read_regular, real_path, step_after
from transcribe.drafts.derived_files import comparable_content, derived_files, reason_to_keep, regenerated
from transcribe.style import Style
from transcribe.transcript import Transcript


@dataclass(frozen=True, slots=True)
class DerivedUpdate:
    """The files that are up to date now, those of them `changed` for it, and why the others are not, for the user."""

    paths: tuple[Path, ...]
    changed: tuple[Path, ...]
    skipped: dict[Path, str]


def update_derived(
    draft_path: Path,
    after: Transcript,
    *,
    before: Transcript,
    style: Style | None = None,
    written: Container[Path] = (),
) -> DerivedUpdate:
    """Write the existing files with the draft's text again, but for those `written` already; in `style`, or each in its
    present one. `before` is the transcript of their text. Raises `OSError`."""
    reasons = {}
    changed = []
    for path, name in derived_files(draft_path):
        if path not in written:
            reasons[path], is_changed = _update(path, name, before=before, after=after, style=style)
            changed += [path] if is_changed else []
    skipped = {path: reason for path, reason in reasons.items() if reason}
    return DerivedUpdate(tuple(path for path in reasons if path not in skipped), tuple(changed), skipped)


def _update(path: Path, name: str, *, before: Transcript, after: Transcript, style: Style | None) -> tuple[str, bool]:
    """Why a file is not written anew, empty if it is up to date; and whether it was changed. Raises `OSError`."""
    try:
        real_path(path, inside=path.parent)
        old = read_regular(path)
    except OSError as error:
        reason, step = error.strerror, step_after(error, "check its permissions")
        return f"{path}: cannot be read ({reason}) and is not updated; {step}", False
    new = regenerated(path, old, name, before=before, after=after, style=style)
    if new is None:
        return reason_to_keep(path, old, before), False
    if comparable_content(new) == comparable_content(old):
        return "", False
    if replace_if_unchanged(path, new, over=hashlib.sha256(old).hexdigest()):
        return "", True
    return f"{path}: was changed meanwhile and is not updated; run the command again", False
