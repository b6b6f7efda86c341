"""Drafts whose audio was deleted: what can be done with the timed transcript alone, without fetching the audio again.

The law: only a setting that changes what is heard needs the sound. Other formats, another style, another release of
this program do not. An edited draft keeps its style, as its text is the editor's.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, fields, replace
from pathlib import Path

from audio.trust import is_readable
from output.formats import file_name
from transcribe.declaration import Stage, option_name
from transcribe.drafts.currency import recorded_defaults, stage_settings
from transcribe.drafts.records import is_edited, transcript_at
from transcribe.drafts.store import Written, write_transcript
from transcribe.drafts.style import style_recorded
from transcribe.pipeline.settings_record import record_of
from transcribe.settings import Settings
from transcribe.style import Style
from transcribe.transcript import Transcript


@dataclass(frozen=True, slots=True)
class Soundless:
    """A transcribed episode without its audio. `changed` are the settings that need it, as the user spells them."""

    stem: str
    transcript: Transcript
    changed: tuple[str, ...]

    @classmethod
    def of(cls, stem: str, settings: Settings) -> Soundless | None:
        """The transcript of a fetched episode; None if there is none, or it is of another recording."""
        transcript = transcript_at(settings.output_folder / file_name(stem, "json"))
        if transcript is None or transcript.episode.audio_url is None:
            return None
        heard = recorded_defaults() | stage_settings(transcript.made_with.settings)
        now = stage_settings(record_of(settings))
        needed = [each.name for each in fields(Settings) if each.metadata["stages"] - {Stage.RENDER}]
        changed = tuple(option_name(name) for name in needed if heard.get(name) != now.get(name))
        return cls(stem, transcript, changed)

    def write(self, settings: Settings, *, taken: Container[str] = ()) -> Written:
        """Write what the settings ask for and is missing, or has another style; new or not. Raises `OutputError`."""
        folder, before = settings.output_folder, self.transcript
        path = folder / (before.episode.path or Path(self.stem))
        paths = tuple(folder / file_name(self.stem, name) for name in settings.formats)
        if is_edited(self.stem, settings):
            recorded = style_recorded(before)
            settings = replace(settings, **{each.name: getattr(recorded, each.name) for each in fields(Style)})
        style = {name: value for name, value in record_of(settings).items() if name in _STYLE}
        made_with = replace(before.made_with, settings={**before.made_with.settings, **style})
        if all(map(is_readable, paths)) and made_with == before.made_with:
            return Written(paths)
        new = replace(before, episode=replace(before.episode, path=path), made_with=made_with)
        return write_transcript(new, self.stem, settings=settings, taken=taken)


_STYLE = frozenset(each.name for each in fields(Style))
