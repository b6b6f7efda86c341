"""An explanation shows everything that gates count, at the right time, with a command that names the recording."""

from __future__ import annotations

import json
import shlex
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.episode import Episode
from tests.support.checked_clip import SWAPPED, TALK, Talk, Telling, times, with_words, write_clip
from tests.support.command_line import Run
from tests.support.scripted_stages import tone
from transcribe.evaluation.baseline import BaselineClip
from transcribe.evaluation.check import ClipResult
from transcribe.evaluation.clip import Clip
from transcribe.evaluation.clip_differences import MAX_DIFFERENCES, differences_of
from transcribe.evaluation.evidence import evidence_of
from transcribe.evaluation.explain import Explanation, State, explain
from transcribe.evaluation.explain_report import as_dict, text
from transcribe.evaluation.gates import Gate
from transcribe.evaluation.limits import Limits
from transcribe.evaluation.listening import listening_command
from transcribe.evaluation.references import read_references
from transcribe.evaluation.score import score
from transcribe.evaluation.scoring import Scoring
from transcribe.readers.values import speaker_transcript_of
from transcribe.recognition.reading_quality import ChunkEvidence
from transcribe.recognition.recognize import Recognition
from transcribe.settings import Settings
from transcribe.transcript import MadeWith, Speaker, SpeakerSpan, Transcript, Turn, Word

ONE_WORD = with_words("Welcome, Grace", "Welcome, Grays")  # the 18th word, at 8.5 s
MEASURES = ("wer", "cpwer", "tcpwer", "der", "lost_seconds", "lost_words", "invented_words", "misnamed", "names")


def long_clip(folder: Path) -> Path:
    write_clip(folder)
    return tone(folder / "garden.wav", seconds=46)


def explained(out: str) -> Any:
    return json.loads(out)["explained"]


def test_a_wrong_word_is_shown_with_its_time_and_both_sides(check: Run, tmp_path: Path) -> None:
    long_clip(tmp_path / "clips")
    code, out, _ = check("clips", "--explain", "garden", "--json", stages=Telling(talk=ONE_WORD))
    assert code == 0, "the exit code is the check's"
    (passage,) = explained(out)["passages"]
    assert (passage["kind"], passage["start"], passage["end"]) == ("other words", 8.5, 8.9)
    assert passage["gates"] == ["wer", "cpwer", "tcpwer", "names"]
    assert passage["speakers"] == {"reference": "Ada", "transcript": "Ada"}
    assert [(row["reference"], row["transcript"], row["start"]) for row in passage["words"]] == [
        *(("is", "is", 7.0), ("grace", "grace", 7.5), ("welcome", "welcome", 8.0), ("grace", "grays", 8.5)),
        *(("thank", "thank", 9.0), ("you", "you", 9.5), ("ada", "ada", 10.0)),
    ]
    assert [row["printed"] for row in passage["words"] if row["wrong"]] == ["Grays."]
    assert {row["probability"] for row in passage["words"]} == {0.9}
    assert explained(out)["names"] == [{"name": "Grace", "start": 8.5, "end": 8.9, "transcript": "grays"}]
    assert shlex.split(passage["shell"]) == passage["command"]


def test_the_text_has_the_columns_the_times_and_the_command(check: Run, tmp_path: Path) -> None:
    long_clip(tmp_path / "clips")
    _, out, _ = check("clips", "--explain", "garden", stages=Telling(talk=ONE_WORD))
    lines = out.splitlines()
    assert "garden explained: differences in the words: 1" in lines
    assert "1. 0:08  other words, 1 error; counts against wer, cpwer, tcpwer, names" in lines
    assert ["!", "grace", "grays", "0:08.50", "90", "%"] in [line.split() for line in lines]
    assert "   0:08.50  Grace: the transcript has “grays”" in lines
    (command,) = [line for line in lines if "-ss 7.50 -t 2.40" in line or "--start=7.50 --length=2.40" in line]
    assert "clips/garden.wav" in shlex.split(command)


def test_only_what_the_baseline_does_not_have_is_shown(check: Run, tmp_path: Path) -> None:
    long_clip(tmp_path / "clips")
    check("clips", "--baseline", "b.json", "--update-baseline", stages=Telling(talk=with_words("clay", "cray")))
    worse = [(who, words.replace("clay", "cray")) for who, words in ONE_WORD]
    options = ("clips", "--baseline", "b.json", "--explain", "garden")
    code, out, _ = check(*options, "--fresh", "--json", stages=Telling(talk=worse))
    assert code == 1
    found = explained(out)
    assert [(one["start"], one["state"]) for one in found["passages"]] == [(8.5, "new")]
    assert found["in_baseline"] == 1
    assert found["gates"] == ["wer", "cpwer", "tcpwer", "names"], "those that rose or fail"
    stages = Telling()
    code, out, _ = check(*options, stages=stages)
    assert (code, stages.calls) == (1, []), "from cached results"
    assert "differences in the words: 1 new, 1 in the baseline too, not shown" in out
    assert "names: 33.3 %, up from 0.0 % in the baseline, which is more than noise" in out
    assert "wer: 2.2 %, up from 1.1 % in the baseline, which is allowed" in out


def test_old_differences_are_shown_if_a_gate_fails_because_of_them(check: Run, tmp_path: Path) -> None:
    long_clip(tmp_path / "clips")
    stages = Telling(talk=with_words("Grace", "Grays"))
    check("clips", "--baseline", "b.json", "--update-baseline", stages=stages)
    code, out, _ = check("clips", "--baseline", "b.json", "--explain", "garden", "--json", stages=stages)
    assert code == 1
    assert {one["state"] for one in explained(out)["passages"]} == {State.OLD}
    assert all("names" in one["gates"] for one in explained(out)["passages"])


def test_lost_speech_has_its_stretches_and_what_the_recogniser_says(check: Run, tmp_path: Path) -> None:
    long_clip(tmp_path / "clips")
    stages = Measured(drop=(20.0, 30.0))
    _, out, _ = check("clips", "--explain", "garden", "--json", stages=stages)
    passages = explained(out)["passages"]
    lost = [one for one in passages if one["kind"] == "speech without words"]
    assert sum(one["end"] - one["start"] for one in lost) == pytest.approx(10.0)
    assert {name for one in lost for name in one["speakers"]["reference"].split(", ")} == {"Ada", "Grace"}
    (words,) = [one for one in passages if one["kind"] == "lost"]
    assert (words["start"], words["end"]) == (19.9, 30.0), "from the word before to the word after"
    assert words["gates"] == ["wer", "cpwer", "tcpwer", "lost_words"]
    assert words["evidence"] == [
        "0:24–0:30 was not read: voice activity detection found no speech",
        "0:19–0:24 was read twice, but the reading was rejected: no words are left of it "
        "(probability of no speech 0.83, mean log-probability -1.20)",
    ]


def test_names_swapped_throughout_are_shown_although_no_difference_counts_them(check: Run, tmp_path: Path) -> None:
    long_clip(tmp_path / "clips")
    path = tmp_path / "clips" / "garden.ref.txt"
    (tmp_path / "clips" / "garden.rttm").unlink()
    path.write_text("".join(f"{('Grace', 'Ada')['AB'.index(who)]}: {words}\n" for who, words in TALK))
    code, out, _ = check("clips", "--explain", "garden", "--json")
    passages = explained(out)["passages"]
    assert code == 1
    assert sum(one["errors"] for one in passages) == sum(len(words.split()) for _, words in TALK)
    assert {tuple(one["gates"]) for one in passages} == {("misnamed",)}


def test_a_clip_that_is_not_there_is_an_error_with_near_names(check: Run, tmp_path: Path) -> None:
    long_clip(tmp_path / "clips")
    stages = Telling()
    code, out, err = check("clips", "--explain", "gardn", stages=stages)
    assert (code, out, stages.calls) == (2, "", [])
    assert "--explain gardn: no clip has this name; there is garden" in err


def test_a_clip_that_could_not_be_run_says_so(check: Run, tmp_path: Path) -> None:
    long_clip(tmp_path / "clips")
    code, out, _ = check("clips", "--explain", "garden", stages=Telling(broken=frozenset({"diarize"})))
    assert code == 2
    assert "note: it could not be run: diarize broke, as told" in out


def test_a_baseline_that_is_not_written_is_told(check: Run, tmp_path: Path) -> None:
    long_clip(tmp_path / "clips")
    broken = Telling(broken=frozenset({"diarize"}))
    code, _, err = check("clips", "--baseline", "b.json", "--update-baseline", stages=broken)
    assert code == 2
    assert "b.json: not written: a clip could not be run" in err
    assert not (tmp_path / "b.json").exists()


def test_a_changed_reference_is_explained_without_the_baseline(check: Run, tmp_path: Path) -> None:
    long_clip(tmp_path / "clips")
    check("clips", "--baseline", "b.json", "--update-baseline", stages=Telling(talk=ONE_WORD))
    path = tmp_path / "clips" / "garden.ref.txt"
    path.write_text(path.read_text().replace("clay", "loam"))
    code, out, _ = check("clips", "--baseline", "b.json", "--explain", "garden", "--json", stages=Telling())
    assert code == 1
    assert [one["state"] for one in explained(out)["passages"]] == ["", ""]
    (note,) = explained(out)["notes"]
    assert "reference or scoring has changed" in note


@dataclass(eq=False)
class Measured(Telling):
    """With the measures of three chunks: one read, one rejected, and nothing from 24 to 30 s."""

    def recognize(self, *args: Any, **rest: Any) -> Recognition:
        whole = ChunkEvidence(0.0, 19.0, 18.0, 38, 0.0, -0.2, 0.01, 1.4, 1)
        rejected = replace(whole, start=19.0, end=24.0, words=0, avg_logprob=-1.2, no_speech_probability=0.83, passes=2)
        last = replace(whole, start=30.0, end=45.0)
        return replace(super().recognize(*args, **rest), evidence=(whole, rejected, last))


def transcript_of(talk: Talk, *, duration: float, drop: frozenset[int] = frozenset()) -> Transcript:
    """Without the words of the indices `drop`."""
    turns, at = [], 0
    for who, line in talk:
        words = [Word(word, 0.5 * i, 0.5 * i + 0.4, 0.5) for i, word in enumerate(line.split(), at) if i not in drop]
        at += len(line.split())
        if words:
            turns.append(Turn(who, tuple(words)))
    spans = tuple(SpeakerSpan(start, end, who) for who, start, end in times(talk))
    made = MadeWith("1", "scripted", "base", "d01c")
    speakers = (Speaker("A", "Ada"), Speaker("B", "Grace"))
    return Transcript(
        Episode(title="garden", path=Path("garden.wav"), duration=duration), "en", speakers, tuple(turns), spans, made
    )


def explanation_of(
    transcript: Transcript, folder: Path, before: BaselineClip | None = None
) -> tuple[Explanation, Transcript]:
    audio = write_clip(folder)
    references = (folder / "garden.ref.txt", folder / "garden.rttm")
    clip = Clip("garden", audio, references, Settings(), Limits())
    result = ClipResult("garden", tuple(Gate(measure, 0.5, failure="!") for measure in MEASURES))
    return explain(clip, result, transcript, scoring=Scoring(), baseline=before), transcript


LINES = st.lists(
    st.sampled_from("rose spade Grace Ada it's twenty one don't I'm 21 ok".split()), min_size=1, max_size=9
)
TALKS = st.lists(st.tuples(st.sampled_from("AB"), LINES.map(" ".join)), min_size=1, max_size=8)


@given(TALKS, st.floats(0.2, 60.0), st.frozensets(st.integers(0, 40)))
def test_passages_are_in_the_recording_and_add_up_to_the_score(
    talk: Talk, duration: float, drop: frozenset[int]
) -> None:
    transcript = transcript_of(talk, duration=duration, drop=drop)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        explanation, _ = explanation_of(transcript, folder)
        references = read_references((folder / "garden.ref.txt", folder / "garden.rttm"))
    result = score(references, speaker_transcript_of(transcript), Scoring())
    for one in explanation.passages:
        assert 0 <= one.start <= one.end <= duration
    assert result.words is not None
    assert sum(p.errors for p in explanation.passages if "wer" in p.gates) == result.words.errors
    misnamed = sum(row.is_wrong for p in explanation.passages if "misnamed" in p.gates for row in p.rows)
    assert misnamed >= (result.misnamed or (0, 0))[0]
    assert len(explanation.mentions) == sum(one.missed for one in result.names)
    for row in as_dict(explanation, listening_command)["passages"]:
        assert shlex.split(row["shell"]) == list(row["command"])
        assert str(explanation.audio) in row["command"]
    assert text(explanation, listening_command)
    if duration >= 50:  # nothing is cut off at the end of the recording
        for measure, errors in (("der", result.time and result.time.errors), ("lost_seconds", result.lost_seconds)):
            seconds = sum(p.end - p.start for p in explanation.passages if measure in p.gates)
            assert seconds == pytest.approx(errors, abs=0.02)


@given(st.frozensets(st.integers(0, 88), min_size=0, max_size=40), st.frozensets(st.integers(0, 88), max_size=8))
def test_every_difference_is_shown_or_counted_as_in_the_baseline(old: frozenset[int], more: frozenset[int]) -> None:
    """What the baseline has ten of is complete in neither run, so what it may have is said to be uncertain."""
    transcript = transcript_of(TALK, duration=60.0, drop=old | more)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_clip(folder)
        reference = read_references((folder / "garden.ref.txt", folder / "garden.rttm"))
        earlier = score(reference, speaker_transcript_of(transcript_of(TALK, duration=60.0, drop=old)), Scoring())
        before = BaselineClip("x", {}, {}, differences_of(earlier))
        explanation, _ = explanation_of(transcript, folder, before)
    now = score(reference, speaker_transcript_of(transcript), Scoring())
    shown = [one for one in explanation.passages if one.rows]
    assert len(shown) + explanation.known == len(now.differences)
    if old >= more:
        assert not [one for one in shown if one.state is State.NEW]
    if len(earlier.differences) < MAX_DIFFERENCES:
        assert not [one for one in shown if one.state is State.UNCERTAIN]


def test_evidence_is_bounded() -> None:
    rows = tuple({"start": float(at), "end": at + 1.0, "words": 3} for at in range(100))
    transcript = replace(transcript_of(TALK, duration=100.0), evidence=rows)
    assert len(evidence_of(transcript, 0.0, 100.0)) == 5


def test_swapped_passage_names_both_speakers(check: Run, tmp_path: Path) -> None:
    long_clip(tmp_path / "clips")
    _, out, _ = check("clips", "--explain", "garden", "--json", stages=Telling(talk=SWAPPED))
    swapped = [one for one in explained(out)["passages"] if one["kind"] == "other speaker"]
    assert ("Ada", "Grace") in [tuple(one["speakers"].values()) for one in swapped]
    stretches = [one for one in explained(out)["passages"] if one["gates"] == ["der"]]
    assert {one["kind"] for one in stretches} == {"wrong speaker"}


def test_a_passage_with_missing_words_reaches_to_the_words_around_it(check: Run, tmp_path: Path) -> None:
    """Of seventeen words two are left at its end, at 38 s; the first is missing from 30 s on."""
    long_clip(tmp_path / "clips")
    stages = Telling(talk=with_words("clay", "cray"), drop=(30.0, 38.0))
    _, out, _ = check("clips", "--explain", "garden", "--json", stages=stages)
    (lost,) = [one for one in explained(out)["passages"] if one["kind"] == "lost"]
    assert (lost["start"], lost["end"]) == (29.9, 39.0)
