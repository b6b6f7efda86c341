"""Scores compared with numbers computed by hand, with meeteval, and with themselves."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.program import installing
from tests.support.command_line import Run
from tests.support.paths import ROOT
from transcribe.cli.main import main
from transcribe.errors import SettingsError
from transcribe.evaluation.lost_speech import seconds_without
from transcribe.evaluation.metrics import WordErrors
from transcribe.evaluation.score import score
from transcribe.evaluation.scoring import Scoring
from transcribe.evaluation.word_alignment import Kind, Token, align
from transcribe.readers.values import UNNAMED, SpeakerTranscript, Utterance
from transcribe.transcript import SpeakerSpan

PLAIN = Scoring(normaliser="none")


def transcript(*rows: tuple[str, str]) -> SpeakerTranscript:
    return SpeakerTranscript(tuple(Utterance(speaker, text) for speaker, text in rows))


def spans(*rows: tuple[float, float, str]) -> SpeakerTranscript:
    return SpeakerTranscript(None, tuple(SpeakerSpan(*row) for row in rows))


# ---- computed by hand


def test_substitution_deletion_and_insertion() -> None:
    """the [big] cat sat→sit on [-the-] mat: one of each in six words."""
    result = score(transcript(("A", "the cat sat on the mat")), transcript(("x", "the big cat sit on mat")), PLAIN)
    assert result.words == WordErrors(substitutions=1, deletions=1, insertions=1, words=6)
    assert result.words.rate == 0.5
    assert (result.speakers_ref, result.speakers_hyp) == (1, 1)
    (difference,) = result.differences  # errors with a single right word between them are one difference
    assert difference.one_line == "the [-cat sat on the-]{+big cat sit on+} mat"
    assert difference.columns == ("the *** cat sat on the mat", "the big cat sit on *** mat")
    assert difference.cost == 3


def test_cpwer_uses_the_best_pairing_of_speakers() -> None:
    """A ↔ 2 (c deleted), B ↔ 1 (g inserted): two errors in six words, whatever the names of the speakers."""
    reference = transcript(("A", "a b c d"), ("B", "e f"))
    result = score(reference, transcript(("1", "e f g"), ("2", "a b d")), PLAIN)
    assert result.cp == WordErrors(0, 1, 1, 6)


def test_word_of_the_wrong_speaker_is_two_errors() -> None:
    """A deletion for one speaker and an insertion for the other; the text itself is perfect."""
    reference = transcript(("A", "a b c"), ("B", "d e f"))
    result = score(reference, transcript(("x", "a b c d"), ("y", "e f")), PLAIN)
    assert result.words is not None
    assert result.cp is not None
    assert (result.words.errors, result.cp.errors) == (0, 2)
    (difference,) = result.differences
    assert (difference.kind, difference.reference, difference.speakers) == (Kind.SPEAKER, ("d",), ("B", "A"))


def test_every_word_of_an_extra_speaker_is_an_error() -> None:
    result = score(transcript(("A", "a b c d")), transcript(("x", "a b"), ("y", "c d")), PLAIN)
    assert result.cp == WordErrors(0, 2, 2, 4)
    assert sum(errors for errors, _ in result.segments["cpwer"]) == 4


def test_tcpwer_rejects_correct_words_at_the_wrong_time() -> None:
    reference = SpeakerTranscript((Utterance("A", "a b", 0, 1), Utterance("A", "c d", 100, 101)))
    near = SpeakerTranscript((Utterance("x", "a b", 1, 2), Utterance("x", "c d", 99, 100)))
    far = SpeakerTranscript((Utterance("x", "a b", 0, 1), Utterance("x", "c d", 160, 161)))
    assert score(reference, near, PLAIN).tcp == WordErrors(0, 0, 0, 4)
    assert score(reference, far, PLAIN).tcp == WordErrors(0, 2, 2, 4)
    assert score(reference, far, PLAIN).cp == WordErrors(0, 0, 0, 4)
    assert score(reference, transcript(("x", "a b c d")), PLAIN).tcp is None


def test_speaker_time_with_and_without_collar() -> None:
    """Two seconds of twenty have the wrong speaker; the collar is a quarter second on either side of 0, 10 and 20."""
    reference, hypothesis = spans((0, 10, "A"), (10, 20, "B")), spans((0, 12, "x"), (12, 20, "y"))
    strict = score(reference, hypothesis, Scoring(collar=0))
    assert strict.time is not None
    assert strict.jaccard is not None
    assert (strict.time.confusion, strict.time.speech, strict.time.rate) == (2, 20, 0.1)
    assert strict.jaccard.rate == pytest.approx((2 / 12 + 2 / 10) / 2)
    lenient = score(reference, hypothesis)
    assert lenient.time is not None
    assert lenient.time.rate == pytest.approx(1.75 / 19)
    assert sum(errors for errors, _ in lenient.segments["der"]) == pytest.approx(1.75)
    assert sum(length for _, length in lenient.segments["der"]) == pytest.approx(19)


def test_overlap_is_scored_for_each_speaker_unless_skipped() -> None:
    """Five seconds of B, overlapped by A, are missed: 5 of 15; without the overlap none."""
    reference, hypothesis = spans((0, 10, "A"), (5, 10, "B")), spans((0, 10, "x"))
    scored, skipped = (score(reference, hypothesis, Scoring(collar=0, skip_overlap=skip)) for skip in (False, True))
    assert scored.time is not None
    assert skipped.time is not None
    assert (scored.time.missed, scored.time.speech) == (5, 15)
    assert (skipped.time.errors, skipped.time.speech) == (0, 5)


def test_false_alarms_can_exceed_the_speech() -> None:
    result = score(spans((0, 4, "A")), spans((0, 4, "x"), (6, 14, "y")), Scoring(collar=0))
    assert result.time is not None
    assert (result.time.false_alarm, result.time.rate) == (8, 2)


def test_lost_and_invented_seconds() -> None:
    """Speech 0-10 and 20-30, words 0-4 and 9-10 and 12-19: five seconds lost in the first, all of the second."""
    speech = [SpeakerSpan(0, 10, "A"), SpeakerSpan(20, 30, "B"), SpeakerSpan(22, 28, "A")]
    words = [SpeakerSpan(0, 4, ""), SpeakerSpan(9, 10, ""), SpeakerSpan(12, 19, "")]
    assert seconds_without(speech, words) == 15
    assert seconds_without(words, speech) == 7
    assert seconds_without(speech, [SpeakerSpan(2, 3, ""), SpeakerSpan(6, 7, "")]) == 13, "gaps of 3 s are pauses"
    assert seconds_without(speech, []) == 20


def test_passages_differ_from_slips_and_loops_from_other_insertions() -> None:
    text = " ".join(f"w{i}" for i in range(30))
    middle = " ".join(f"w{i}" for i in (*range(10), *range(20, 30)))
    whole, cut = transcript(("A", text)), transcript(("A", middle))
    assert [len(one.reference) for one in score(whole, cut, PLAIN).passages(Kind.DELETION)] == [10]
    invented = score(cut, whole, PLAIN)
    assert [len(one.hypothesis) for one in invented.passages(Kind.INSERTION)] == [10]
    assert invented.invented_words == 10
    loop = transcript(("A", middle.replace("w9", "w9" + " thank you" * 8)))
    (difference,) = score(cut, loop, PLAIN).passages(Kind.LOOP)
    assert difference.hypothesis == ("thank", "you") * 8


def test_mentions_of_names_are_counted() -> None:
    """The lower-case word "rich" is not a name, and neither is S1."""
    reference = transcript(("Rich", "I am Rich, Nora."), ("Nora", "Thanks, Rich. It is a rich soil."), ("S1", "Nora?"))
    result = score(reference, transcript(("x", "I am Rich, Laura. Thanks, Ritsch. It is a rich soil. Nora?")))
    assert [(one.name, one.mentions, one.missed) for one in result.names] == [("Rich", 3, 1), ("Nora", 2, 1)]


def test_swapped_names_are_misnamed_words_but_no_cpwer() -> None:
    reference = transcript(("Rich Bowen", "one two"), ("Nora", "three four five"))
    swapped = transcript(("Nora", "one two"), ("Rich", "three four five"))
    result = score(reference, swapped, PLAIN)
    assert result.cp is not None
    assert (result.cp.errors, result.misnamed) == (0, (5, 5))
    assert score(reference, transcript(("Rich", "one two"), ("Nora", "three four five")), PLAIN).misnamed == (0, 5)
    assert score(reference, transcript(("S1", "one two"), ("S2", "three four five")), PLAIN).misnamed is None


def test_empty_transcripts() -> None:
    """An empty hypothesis has rate 1; for an empty reference there is no rate, and every word is invented."""
    some, none = transcript(("A", "a b c")), SpeakerTranscript(())
    assert score(some, none).as_dict()["wer"] == 1
    assert score(some, none).as_dict()["cpwer"] == 1
    assert (score(none, some).as_dict()["wer"], score(none, some).invented_words) == (None, 3)
    assert (score(none, none).as_dict()["wer"], score(none, none).invented_words) == (None, 0)
    assert score(spans((0, 1, "A")), some).as_dict() | {"wer": None} == score(spans((0, 1, "A")), some).as_dict()
    silent = score(spans((0, 10, "A")), SpeakerTranscript((), ()))
    assert (silent.as_dict()["der"], silent.lost_seconds) == (1, 10)


def test_rates_are_pooled_from_counts() -> None:
    """One error in 10 words and none in 90: 1 %, where the mean of the rates would be 5 %."""
    assert (WordErrors(1, 0, 0, 10) + WordErrors(0, 0, 0, 90)).rate == 0.01


def test_unknown_normaliser() -> None:
    with pytest.raises(SettingsError, match="'klingon' is not one of auto, english, basic, none"):
        Scoring(normaliser="klingon")


# ---- properties

WORDS = st.lists(st.sampled_from("a b c d e".split()), max_size=25)


@given(WORDS, WORDS)
def test_alignment_has_as_few_errors_as_meetevals(reference: list[str], hypothesis: list[str]) -> None:
    from meeteval.wer.wer.siso import siso_word_error_rate

    pairs = align([Token(w, "A", 0) for w in reference], [Token(w, "B", 0) for w in hypothesis])
    assert [p.reference.text for p in pairs if p.reference] == reference
    assert [p.hypothesis.text for p in pairs if p.hypothesis] == hypothesis
    errors = sum(not pair.matches for pair in pairs)
    assert errors == siso_word_error_rate(" ".join(reference), " ".join(hypothesis)).errors


TALKS = st.lists(st.tuples(st.sampled_from("AB"), st.lists(st.sampled_from("a b c d".split()), min_size=1, max_size=6)))


@given(TALKS, TALKS)
def test_segments_and_differences_contain_every_error(
    reference: list[tuple[str, list[str]]], hypothesis: list[tuple[str, list[str]]]
) -> None:
    one, other = (transcript(*((who, " ".join(words)) for who, words in side)) for side in (reference, hypothesis))
    result = score(one, other, PLAIN)
    assert result.words is not None
    assert (result.cp is None) == (not reference)
    for measure, counts in (("wer", result.words), ("cpwer", result.cp)):
        if counts is not None and reference:
            assert sum(errors for errors, _ in result.segments[measure]) == counts.errors
            assert sum(length for _, length in result.segments[measure]) == counts.length
    assert sum(d.cost for d in result.differences if d.kind is not Kind.SPEAKER) == result.words.errors
    costs = [d.cost for d in result.differences]
    assert costs == sorted(costs, reverse=True)
    same = score(one, one, PLAIN)
    assert same.as_dict()["wer"] == same.as_dict()["cpwer"] == (0 if reference else None)


# ---- the command


def run(*args: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as caught:
        main(["score", *args])
    out, err = capsys.readouterr()
    assert isinstance(caught.value.code, int)
    return caught.value.code, out, err


def test_json_contract(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "r.txt").write_text("Rich: one two three four\nNora: five\n")
    (tmp_path / "h.txt").write_text("x: one two tree four\ny: five six\n")
    code, out, err = run(
        str(tmp_path / "r.txt"), str(tmp_path / "h.txt"), "--json", "--normaliser", "none", capsys=capsys
    )
    data = json.loads(out)
    assert (code, err) == (0, "")
    contract = {key: data[key] for key in ("wer", "cpwer", "der", "speakers_ref", "speakers_hyp", "words", "errors")}
    errors = {"substitutions": 1, "deletions": 0, "insertions": 1}
    assert contract == {
        "wer": 0.4, "cpwer": 0.4, "der": None, "speakers_ref": 2, "speakers_hyp": 2, "words": 5, "errors": errors
    }  # fmt: skip
    code, out, _ = run(str(tmp_path / "r.txt"), str(tmp_path / "h.txt"), "--normaliser", "none", capsys=capsys)
    assert "WER       40.00 %   1 substituted, 0 deleted, 1 inserted, of 5 words" in out
    assert "  one two three four five\n              one two tree  four five\n" in out
    assert "normalised by none" in out


def test_files_without_common_data_are_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "r.rttm").write_text("SPEAKER x 1 0 1 <NA> <NA> A <NA> <NA>\n")
    (tmp_path / "h.txt").write_text("x: one\n")
    code, _, err = run(str(tmp_path / "r.rttm"), str(tmp_path / "h.txt"), capsys=capsys)
    assert code == 1
    assert "neither words nor speaker times in common" in err


@pytest.mark.parametrize("content", ["", "\n\n", "\ufeff", "Rich: [laughs]\n", "Rich: um\n"])
def test_a_reference_without_words_has_no_rates(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str
) -> None:
    """It states that nobody speaks. A rate would be 0 or 1, which looks like a result; every word is invented."""
    (tmp_path / "r.txt").write_text(content)
    (tmp_path / "h.txt").write_text("x: good morning\n")
    for hypothesis, invented in (("h.txt", 2), ("r.txt", 0)):
        code, out, _ = run(str(tmp_path / "r.txt"), str(tmp_path / hypothesis), "--json", capsys=capsys)
        row = json.loads(out)
        assert (code, [row[rate] for rate in ("wer", "cpwer", "tcpwer", "der", "jer")]) == (0, [None] * 5)
        assert row["errors"]["insertions"] == invented
        code, out, _ = run(str(tmp_path / "r.txt"), str(tmp_path / hypothesis), capsys=capsys)
        assert out.startswith(f"words    {invented:6} invented;  the reference has no words, which states that nobody")


def test_words_and_times_that_contradict_each_other_are_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A reference without words beside speech, and words beside no speech: one of the files was emptied."""
    rows = (("", "SPEAKER x 1 0 9 <NA> <NA> A <NA> <NA>\n"), ("A: one two\n", ""))
    (tmp_path / "h.json").write_text(
        '{"segments": [{"start": 0, "end": 9, "speaker": "A", "text": "one", '
        '"words": [{"word": "one", "start": 0, "end": 9}]}]}'
    )
    for (words, times), message in zip(rows, ("has no words, but speaker times", "has no speaker time"), strict=True):
        (tmp_path / "r.ref.txt").write_text(words)
        (tmp_path / "r.rttm").write_text(times)
        code, out, err = run(str(tmp_path / "r.ref.txt"), str(tmp_path / "h.json"), capsys=capsys)
        assert (code, out) == (1, "")
        assert message in err


@pytest.mark.processes
def test_missing_extra_is_an_error_that_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "r.txt").write_text("Rich: one\n")
    code = (
        "import sys\nsys.modules['whisper_normalizer.english'] = None\nfrom pathlib import Path\n"
        "from transcribe.errors import TranscribeError\nfrom transcribe.readers.read import read_transcript\n"
        "from transcribe.evaluation.score import score\nfrom transcribe.evaluation.scoring import Scoring\n"
        f"one = read_transcript(Path({str(tmp_path / 'r.txt')!r}))\n"
        "try:\n    score(one, one, Scoring())\nexcept TranscribeError as error:\n    print(error)\n"
    )
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    result = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True)
    told = f"scoring needs whisper_normalizer.english, which is not installed; {installing('check')}"
    assert result.stdout.splitlines() == [told]


@pytest.mark.processes
def test_the_command_without_it_is_wrong_usage_as_every_command_without_a_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "r.txt").write_text("Rich: one\n")
    code = "import sys\nsys.modules['whisper_normalizer.english'] = None\nfrom transcribe.cli.main import main\nmain()"
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code, "score", "r.txt", "r.txt"]
    result = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    told = f"Error: scoring needs whisper_normalizer.english, which is not installed; {installing('check')}\n"
    assert (result.returncode, result.stdout, result.stderr) == (2, "", told)


def test_without_speaker_labels_nothing_about_speakers_is_measured() -> None:
    """On either side: who speaks is then not said, and no number about it would mean anything."""
    said = SpeakerTranscript(
        (Utterance("A", "hello there", 0, 1), Utterance("B", "hi", 2, 3)),
        (SpeakerSpan(0, 1, "A"), SpeakerSpan(2, 3, "B")),
    )
    unsaid = SpeakerTranscript((Utterance(UNNAMED, "hello there hi", 0, 3),), (SpeakerSpan(0, 3, UNNAMED),))
    about_speakers = ("cpwer", "tcpwer", "der", "jer", "misnamed")
    for result in (score(said, unsaid), score(unsaid, said), score(unsaid, unsaid)):
        measured = result.as_dict()
        assert measured["wer"] == 0
        assert not [measured[key] for key in about_speakers if measured[key] is not None]
        assert None in (measured["speakers_ref"], measured["speakers_hyp"])
        assert result.miscounted_speakers is None
        assert not result.differences
    assert [score(said, said).as_dict()[key] for key in about_speakers[:4]] == [0, 0, 0, 0]


def test_nothing_said_is_said_by_nobody() -> None:
    said = SpeakerTranscript((Utterance("A", "hello there", 0, 1),))
    result = score(said, SpeakerTranscript(()))
    assert (result.speakers_hyp, result.speakers_ref, result.cp and result.cp.rate) == (0, 1, 1)


def test_words_of_nobody_among_those_of_people_are_no_person() -> None:
    reference = SpeakerTranscript((Utterance("A", "hello there"), Utterance("B", "hi you")))
    partly = SpeakerTranscript((Utterance("A", "hello there"), Utterance(UNNAMED, "hi"), Utterance("B", "you")))
    result = score(reference, partly)
    assert (result.speakers_hyp, result.words and result.words.rate, result.misnamed) == (2, 0, (0, 4))


def test_words_before_the_first_speaker_are_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Talk of the day\nAnn: Hello there.\nBo: Hi.\nAnn: So?\n")
    (tmp_path / "b.txt").write_text("Ann: Hello there.\nBo: Hi.\nAnn: So?\n")
    code, out, err = run("score", "a.txt", "b.txt")
    assert (code, "WER        0.00 %" in out) == (0, True)
    assert "a.txt: 4 words before the first speaker are not scored: Talk of the day" in err
    assert "b.txt" not in err
