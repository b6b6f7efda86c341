"""What an editor should know where the number of people may be another than that of the speakers. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

from transcribe.speakers.self_answers import self_answers
from transcribe.transcript import Speaker, Turn
from transcribe.transcript_warnings import TranscriptWarning, WarningCode, warn

if TYPE_CHECKING:
    from transcribe.diarization.diarize import Diarization

_ALIKE = 0.5  # cosine from which voices of two speakers may be one person's: the halves of one voice have about .9


def count_warnings(
    diarization: Diarization, *, given: int | None, speakers: Sequence[Speaker], turns: Sequence[Turn]
) -> tuple[TranscriptWarning, ...]:
    """Warnings if the voices are more or fewer than the people `given`, or if an estimate without these is unsure."""
    found, other = diarization.estimate, diarization.alternative
    if given is not None:
        if found > given:
            return (warn(WarningCode.MORE_VOICES, voices=found, given=given),)
        speaking = [speaker for speaker in speakers if any(span.speaker == speaker.id for span in diarization.spans)]
        is_sure = found > 0 and other not in (given, len(speaking))
        is_divided = is_sure and min(given, len(speaking)) > found
        return tuple(_fewer(diarization, speaking, given=given)) if is_divided else ()
    if found == 1 and (what := self_answers(turns)):
        return (replace(warn(WarningCode.ONE_VOICE, what=what), values={"voices": 1, "alternative": 2}),)
    if other:
        values = {"voices": found, "alternative": other}
        return (replace(warn(WarningCode.COUNT_UNSURE, **values), values=values),)
    return ()


def _fewer(diarization: Diarization, speakers: Sequence[Speaker], *, given: int) -> Iterator[TranscriptWarning]:
    """That speakers are more than the voices that were found, and which of them may be the same."""
    found, names = diarization.estimate, {speaker.id: speaker.name for speaker in speakers}
    groups = _alike({id: diarization.voices[id] for id in names if id in diarization.voices}, len(names) - found)
    little = [id for id in names if id not in diarization.voices]
    ids = [*(id for group in groups for id in group), *little]
    reasons = [f"{_listed([names[id] for id in group])} sound alike" for group in groups]
    if little:
        reasons.append(f"{_listed([names[id] for id in little])} hardly speak{'s' * (len(little) == 1)} alone")
    told = f"{found} voice{'s were' if found != 1 else ' was'} found"
    what = f" ({'; '.join(reasons)})" if reasons else ""
    warning = warn(WarningCode.FEWER_VOICES, ids, told=told, given=given, what=what)
    yield replace(warning, values={"voices": found, "given": given})


def _alike(voices: Mapping[str, Sequence[float]], merges: int) -> list[list[str]]:
    """The groups of ids whose voices are one if so many pairs are joined, the likest first."""
    cosines = sorted(
        (-sum(x * y for x, y in zip(voices[a], voices[b], strict=True)), a, b) for a, b in combinations(voices, 2)
    )
    group_of = {id: [id] for id in voices}
    for cosine, a, b in cosines:
        if merges > 0 and -cosine >= _ALIKE and group_of[a] is not group_of[b]:
            group_of[a] += group_of[b]
            group_of |= dict.fromkeys(group_of[a], group_of[a])
            merges -= 1
    groups = {id(group): sorted(group, key=list(voices).index) for group in group_of.values() if len(group) > 1}
    return list(groups.values())


def _listed(names: Sequence[str]) -> str:
    """
    >>> _listed(["Ann"]), _listed(["Ann", "Bo", "Cy"])
    ('Ann', 'Ann, Bo and Cy')
    """
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
