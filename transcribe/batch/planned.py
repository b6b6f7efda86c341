"""What a run would do with an episode, and how much of the work is left: the lines of a dry run.

Results of earlier runs are not computed again. So a line says that a recording is transcribed only if words of it have
to be recognised; else it says what is done besides, or that everything is there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from transcribe.settings import Stage

STAGES = frozenset(Stage) - {Stage.TURNS, Stage.RENDER}
"""The stages whose results are cached."""

_AFTER_WORDS = {Stage.DIARIZE: "who speaks when is found", Stage.REHEAR: "names are listened for in the words"}
# Of the work, measured on two cores with `base`:
_SHARES = {Stage.DECODE: 0.03, Stage.DIARIZE: 0.22, Stage.REHEAR: 0.15}
_WORDS_SHARE = 1.0 - sum(_SHARES.values())


@dataclass(frozen=True, slots=True)
class Left:
    """What of a recording is not cached: the stages that lack results, and the share of the words that are there."""

    stages: frozenset[Stage] = STAGES
    recognised: float = 0.0  # 0 to 1; of use only where the words are not complete


class PlannedAction(StrEnum):
    """What a run would do with an episode."""

    NONE = "unchanged"
    FETCH = "to be fetched and transcribed"
    NEW = "new"
    CHANGED = "to be replaced"
    BESIDE = "the edited draft stays; if the new text is another, it is written next to it"
    KEPT = "the edited draft stays as it is, and nothing is written"
    COMPLETE = "the edited draft stays, the files beside it are completed"
    REPLACE = "the edited draft is replaced, after a backup"
    RECORD = "the draft stays and gets its timed transcript; if it is another text, the new one is written next to it"
    RENEW = "the draft is replaced if it differs, after a backup"
    FOREIGN = "the JSON of another program stays, the new transcript is written next to it"
    TRANSCRIBED = "transcribed by an earlier run"

    @property
    def is_work(self) -> bool:
        """Whether there is something to do: files to write, or a text to compare with a draft."""
        return self not in (PlannedAction.NONE, PlannedAction.TRANSCRIBED)


_BESIDE_FILES = {  # what they say goes with what is done first
    *(PlannedAction.BESIDE, PlannedAction.KEPT, PlannedAction.COMPLETE, PlannedAction.REPLACE),
    *(PlannedAction.RECORD, PlannedAction.RENEW, PlannedAction.FOREIGN),
}


_COMPARED = {PlannedAction.BESIDE, PlannedAction.KEPT}  # made, and only perhaps written


class Reason(StrEnum):
    """Why an episode that has a transcript is transcribed again."""

    FRESH = "--fresh asks for it"
    CHANGED = "the audio, the settings or turnscript changed"
    FORCED = "--force asks for it, and the cached results are missing"
    MOVED = "the recording is not where it was, and the cached results are missing"
    GONE = "a file is missing, and so are the cached results"
    UNREADABLE = "its timed transcript cannot be read, and the cached results are missing"


@dataclass(frozen=True, slots=True)
class Planned:
    """What a run would do with an episode; `left` is what is not cached, or not to be used. `reason` is why it is done
    again, if it is."""

    action: PlannedAction
    left: Left = field(default_factory=Left)
    reason: Reason | None = None

    @property
    def missing(self) -> frozenset[Stage]:
        """The stages whose results are not cached, or not to be used."""
        return self.left.stages

    @property
    def is_work(self) -> bool:
        """Whether audio has to be processed."""
        return self.action.is_work and bool(self.missing)

    @property
    def share(self) -> float:
        """The share of the work of a new recording, 0 to 1."""
        if not self.action.is_work:
            return 0.0
        if not self._keeps_words:
            return 1.0 - _WORDS_SHARE * self.left.recognised
        return sum((_SHARES[stage] for stage in self.missing), _SHARES[Stage.DECODE] if self.missing else 0.0)

    @property
    def _keeps_words(self) -> bool:
        return self.missing <= _SHARES.keys() - {Stage.DECODE}

    def __str__(self) -> str:
        if self.action is PlannedAction.FETCH or not self.action.is_work:
            return str(self.action)
        if self.action is PlannedAction.KEPT and not self.missing:
            return str(self.action)
        made = "made" if self.action in _COMPARED else "written"
        is_new = self.action in (PlannedAction.NEW, PlannedAction.FOREIGN)
        again, is_beside = "" if is_new else " again", self.action in _BESIDE_FILES
        if not self.missing:
            what = f"to be {made}{again} from cached results"
        elif self._keeps_words:
            left = [f"{_AFTER_WORDS[stage]}{again}" for stage in (Stage.DIARIZE, Stage.REHEAR) if stage in self.missing]
            what = f"to be {made}{again}: {' and '.join(left)}; no words are recognised again"
        else:
            what = f"to be transcribed{'' if is_beside else again}"
            reason = "" if self.reason is None or is_beside else str(self.reason)
            why = "; ".join(filter(None, (reason, self._recognised)))
            what += f": {why}" if why else ""
        return f"{what}; {self.action}" if is_beside else what

    @property
    def _recognised(self) -> str:
        """How much of the words is there; empty if nothing, or nearly all, which only a second language has again."""
        percent = int(100 * self.left.recognised)
        return f"{percent} % of it is recognised already" if 0 < percent < 100 else ""
