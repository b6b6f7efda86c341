"""What got worse in one clip, passage by passage, with times: the data of `transcribe check --explain`.

Everything a gate counts is in one of three kinds of passages: differences in the words, speech without words, and time
under a wrong speaker. With a baseline, those that it has too are only counted, unless a gate fails because of them.
`transcribe.evaluation.explain_report` prints it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from audio.episode import Seconds
from transcribe.evaluation.baseline import BaselineClip
from transcribe.evaluation.check import ClipResult
from transcribe.evaluation.clip import Clip
from transcribe.evaluation.clip_differences import MAX_DIFFERENCES, without_time
from transcribe.evaluation.evidence import evidence_of
from transcribe.evaluation.gates import Gate
from transcribe.evaluation.limits import MEASURES
from transcribe.evaluation.lost_speech import stretches_without
from transcribe.evaluation.references import read_references
from transcribe.evaluation.scoring import Scoring
from transcribe.evaluation.speaker_time import speaker_time_errors
from transcribe.evaluation.timed_runs import Row, TimedRun, TimedRuns
from transcribe.evaluation.word_alignment import Difference, Kind
from transcribe.evaluation.word_comparison import WordComparison
from transcribe.readers.values import SpeakerTranscript, speaker_transcript_of
from transcribe.transcript import SpeakerSpan, Transcript


class State(StrEnum):
    """Whether a passage is new since the baseline. A baseline has the worst differences only, so it may not tell."""

    NEW = "new"
    UNCERTAIN = "perhaps new"
    OLD = "in the baseline too"
    UNCOMPARED = ""


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage to listen to. `rows`: its words, with some before and after; none for a stretch of time."""

    kind: str
    start: Seconds
    end: Seconds
    gates: tuple[str, ...]  # the measures it counts against
    speakers: tuple[str, str]  # names, according to reference and transcript; "" for nobody
    state: State = State.UNCOMPARED
    errors: int = 0  # in the words
    rows: tuple[Row, ...] = ()
    evidence: tuple[str, ...] = ()  # what the recogniser left about it


@dataclass(frozen=True, slots=True)
class Mention:
    """A wrong mention of a name: when, and what the transcript has instead."""

    name: str
    start: Seconds
    end: Seconds
    transcript: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Of one clip. `gates`: those that fail or rose; `known`: how many differences are left out, as in the baseline."""

    clip: str
    audio: Path
    duration: Seconds = 0.0
    gates: tuple[Gate, ...] = ()
    passages: tuple[Passage, ...] = ()
    mentions: tuple[Mention, ...] = ()
    speakers: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())  # everybody, in reference and transcript
    known: int = 0
    notes: tuple[str, ...] = ()


def explain(
    clip: Clip, result: ClipResult, transcript: Transcript, *, scoring: Scoring, baseline: BaselineClip | None
) -> Explanation:
    """Explain the result of a clip that was checked. `baseline` is the clip's; without one, everything is explained."""
    reference, hypothesis = read_references(clip.references), speaker_transcript_of(transcript)
    before = None if result.baseline_failure else baseline
    worse = tuple(gate for gate in result.gates if gate.failure or gate.rise > 0)
    duration = transcript.episode.duration or max((word.end for word in transcript.words), default=0.0)
    explainer = _Explainer(clip, transcript, reference, hypothesis, duration)
    measures = {gate.measure for gate in result.gates if gate.value is not None}
    words, mentions = explainer.words(scoring, measures, before)
    chosen = {gate.measure for gate in worse} if before else measures
    passages, known = _worth_showing(words, {gate.measure for gate in worse if gate.failure})
    passages += explainer.lost_time() if "lost_seconds" in chosen else ()
    passages += explainer.speaker_time(scoring) if "der" in chosen else ()
    return Explanation(
        clip.name,
        clip.audio,
        duration,
        worse,
        passages,
        mentions if "names" in chosen else (),
        (tuple(map(reference.name, reference.speakers)), tuple(map(hypothesis.name, hypothesis.speakers))),
        known,
        tuple(_notes(result, baseline)),
    )


def _worth_showing(passages: Iterable[Passage], failing: set[str]) -> tuple[tuple[Passage, ...], int]:
    """Those that are not old; of the old ones, those that a failing gate counts and no other passage explains."""
    passages = tuple(passages)
    explained = {measure for one in passages if one.state is not State.OLD for measure in one.gates}
    shown = tuple(p for p in passages if p.state is not State.OLD or (failing - explained) & set(p.gates))
    return shown, len(passages) - len(shown)


def _notes(result: ClipResult, baseline: BaselineClip | None) -> Iterable[str]:
    if result.baseline_failure:
        yield f"not compared with the {result.baseline_failure}"
    elif baseline is not None and baseline.worst_differences is None:
        yield "the baseline is from an earlier version and has no differences to compare with; renew it"
    elif baseline is not None and not _is_complete(baseline):
        yield (
            f"the baseline has only the {MAX_DIFFERENCES} worst differences of the clip, so smaller ones are "
            f"“{State.UNCERTAIN}”"
        )


def _is_complete(baseline: BaselineClip) -> bool:
    return sum(isinstance(one, Difference) for one in baseline.worst_differences or ()) < MAX_DIFFERENCES


class _States:
    """Tells new differences from those of a baseline; equal differences are matched one to one."""

    def __init__(self, baseline: BaselineClip | None) -> None:
        rows = () if baseline is None else baseline.worst_differences or ()
        before = [one for one in rows if isinstance(one, Difference)]
        self._compared = baseline is not None
        self._before = Counter(without_time(one) for one in before)
        complete = baseline is not None and baseline.worst_differences is not None and _is_complete(baseline)
        self._certain_from = 0 if complete else min((one.cost + 1 for one in before), default=None)

    def of(self, difference: Difference) -> State:
        if not self._compared:
            return State.UNCOMPARED
        if self._before[without_time(difference)] > 0:
            self._before[without_time(difference)] -= 1
            return State.OLD
        certain = self._certain_from is not None and difference.cost >= self._certain_from
        return State.NEW if certain else State.UNCERTAIN


@dataclass(frozen=True, slots=True)
class _Explainer:
    """The passages of one clip."""

    clip: Clip
    transcript: Transcript
    reference: SpeakerTranscript
    hypothesis: SpeakerTranscript
    duration: Seconds

    def words(
        self, scoring: Scoring, measures: set[str], before: BaselineClip | None
    ) -> tuple[list[Passage], tuple[Mention, ...]]:
        """The differences in the words, those with most errors first, and the wrong mentions of names."""
        if self.reference.utterances is None or self.hypothesis.utterances is None:
            return [], ()
        normalise = scoring.resolved(self.reference, self.hypothesis).normalise
        comparison = WordComparison(self.reference, self.hypothesis, normalise)
        timed = TimedRuns(comparison, self.duration)
        states, missed = _States(before), _missed(comparison, self.clip.terms)
        passages = [
            self._passage(run, _gates_of(run, missed) & measures, states.of(run.difference)) for run in timed.runs
        ]
        passages += [self._passage(run, {"misnamed"} & measures, State.UNCOMPARED) for run in timed.misnamed]
        mentions = [
            Mention(name, *timed.times(at[0], at[-1] + 1), comparison.heard(at)) for at, name in sorted(missed.items())
        ]
        return passages, tuple(mentions)

    def _passage(self, run: TimedRun, gates: set[str], state: State) -> Passage:
        return Passage(
            run.difference.kind.value,
            run.start,
            run.end,
            tuple(measure for measure in MEASURES if measure in gates),
            run.speakers,
            state,
            run.difference.cost,
            run.rows,
            evidence_of(self.transcript, run.start, run.end) if _is_lost(run.difference) else (),
        )

    def lost_time(self) -> tuple[Passage, ...]:
        """Speech in long gaps without a word, the longest first."""
        speech = self.reference.spans or ()
        stretches = stretches_without(speech, self.hypothesis.word_spans)
        passages = [
            Passage(
                "speech without words",
                *self._within(start, end),
                ("lost_seconds",),
                (self._names_at(speech, start, end), ""),
                evidence=evidence_of(self.transcript, start, end),
            )
            for start, end in stretches
        ]
        return _longest_first(passages)

    def speaker_time(self, scoring: Scoring) -> tuple[Passage, ...]:
        """Time under a wrong speaker, the longest first."""
        reference, hypothesis = self.reference.spans or (), self.hypothesis.spans or ()
        collar, skip = scoring.collar, scoring.skip_overlap
        passages = []
        for start, end, old, new in speaker_time_errors(reference, hypothesis, collar=collar, skip_overlap=skip):
            kind = "wrong speaker" if old and new else "missed speech" if old else "false alarm"
            names = (self.reference.name(old) if old else "", self.hypothesis.name(new) if new else "")
            passages.append(Passage(kind, *self._within(start, end), ("der",), names))
        return _longest_first(passages)

    def _within(self, start: Seconds, end: Seconds) -> tuple[Seconds, Seconds]:
        return min(start, self.duration), min(end, self.duration)

    def _names_at(self, spans: Iterable[SpeakerSpan], start: Seconds, end: Seconds) -> str:
        there = dict.fromkeys(span.speaker for span in spans if span.start < end and start < span.end)
        return ", ".join(map(self.reference.name, there))


def _is_lost(difference: Difference) -> bool:
    return difference.is_passage and difference.kind is Kind.DELETION


def _gates_of(run: TimedRun, missed: Mapping[tuple[int, ...], str]) -> set[str]:
    """The measures that count a difference in the words."""
    kind = run.difference.kind
    if kind is Kind.SPEAKER:
        return {"cpwer", "tcpwer", "misnamed"} if run.is_misnamed else {"cpwer", "tcpwer"}
    gates = {"wer", "cpwer", "tcpwer"}
    if run.difference.is_passage and kind is not Kind.SUBSTITUTION:
        gates.add("lost_words" if kind is Kind.DELETION else "invented_words")
    return gates | ({"names"} if any(run.first <= at < run.last for mention in missed for at in mention) else set())


def _missed(comparison: WordComparison, terms: tuple[str, ...]) -> Mapping[tuple[int, ...], str]:
    """The places of the wrong mentions of names."""
    places = comparison.mentions(terms)
    return {at: name for name, found in places.items() for at in found if comparison.is_missed(at)}


def _longest_first(passages: Iterable[Passage]) -> tuple[Passage, ...]:
    return tuple(sorted(passages, key=lambda one: one.start - one.end))
