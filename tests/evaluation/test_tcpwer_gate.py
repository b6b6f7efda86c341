"""tcpWER as a measure of a check: words at the wrong time fail, and baselines without it stay valid."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tests.support.checked_clip import TALK, Telling, found, write_clip
from tests.support.command_line import Run
from transcribe.evaluation.metrics import WordErrors
from transcribe.evaluation.score import score
from transcribe.evaluation.scoring import Scoring
from transcribe.readers.values import SpeakerTranscript, utterances_of
from transcribe.transcript import Word

LATE = [("A", TALK[0][1]), ("B", " ".join(["hm"] * 20)), *TALK[1:]]
"""Twenty words too many: every later one is ten seconds late."""


def test_words_at_the_wrong_time_fail_a_limit(check: Run, tmp_path: Path) -> None:
    write_clip(tmp_path / "clips")
    rates = found(check("clips", "--json", stages=Telling(talk=LATE))[1])
    assert rates["wer"] == rates["cpwer"]
    assert rates["tcpwer"] > 0.9 > rates["cpwer"]  # type: ignore[operator]
    (tmp_path / "clips" / "clips.toml").write_text("[limits]\ntcpwer = 0.1\n")
    code, out, _ = check("clips", stages=Telling(talk=LATE))
    assert (code, "tcpWER" in out) == (1, True)
    assert "tcpwer: " in out
    assert check("clips", "--fresh")[0] == 0


def test_a_clip_without_times_of_words_is_left_out_or_says_why(check: Run, tmp_path: Path) -> None:
    write_clip(tmp_path / "clips")
    (tmp_path / "clips" / "garden.rttm").unlink()
    assert "tcpwer" not in found(check("clips", "--json")[1])
    (tmp_path / "clips" / "clips.toml").write_text("[limits]\ntcpwer = 0.1\n")
    code, out, _ = check("clips")
    assert code == 1
    assert "tcpwer: not measured: the reference has no times for its words; give NAME.rttm a row" in out


def test_a_baseline_of_an_earlier_version_stays_valid_and_a_new_one_sees_a_rise(check: Run, tmp_path: Path) -> None:
    write_clip(tmp_path / "clips")
    args = ("clips", "--baseline", "b.json")
    assert check(*args, "--update-baseline")[0] == 0
    data = json.loads((tmp_path / "b.json").read_text())
    assert data["clips"]["garden"]["values"]["tcpwer"] == 0
    (tmp_path / "clips" / "clips.toml").write_text(
        "[limits]\nwer = false\ncpwer = false\nder = false\nlost_seconds = false\ninvented_words = false\n"
    )
    _, out, _ = check(*args, "--fresh", stages=Telling(talk=LATE))
    assert "tcpwer: 1" in out
    assert "in the baseline, which is more than noise" in out
    del data["clips"]["garden"]["values"]["tcpwer"], data["clips"]["garden"]["blocks"]["tcpwer"]
    (tmp_path / "b.json").write_text(json.dumps(data))
    code, out, _ = check(*args, "--fresh")
    assert (code, "baseline:" in out) == (0, False)


def test_one_wrong_word_is_noise(check: Run, tmp_path: Path) -> None:
    write_clip(tmp_path / "clips")
    args = ("clips", "--baseline", "b.json")
    check(*args, "--update-baseline")
    said = [*TALK[:1], (TALK[1][0], TALK[1][1].replace("roses", "noses")), *TALK[2:]]
    code, out, _ = check(*args, "--fresh", stages=Telling(talk=said))
    assert (code, "more than noise" in out) == (0, False)


_WORDS = st.lists(st.tuples(st.floats(0, 60), st.sampled_from("AB"), st.sampled_from("xyz")), min_size=1, max_size=25)


@given(st.tuples(_WORDS, _WORDS))
def test_its_segments_add_up_to_its_counts(rows: tuple[list[tuple[float, str, str]], ...]) -> None:
    """And are at least as many errors as those without times."""
    reference, hypothesis = (
        SpeakerTranscript(utterances_of((who, Word(text, at, at + 0.2)) for at, who, text in sorted(side)))
        for side in rows
    )
    result = score(reference, hypothesis, Scoring("none"))
    assert isinstance(result.tcp, WordErrors)
    assert result.cp is not None
    errors, length = (sum(column) for column in zip(*result.segments["tcpwer"], strict=True))
    assert (errors, length) == (result.tcp.errors, result.tcp.words)
    assert result.tcp.errors >= result.cp.errors
