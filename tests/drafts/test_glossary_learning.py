"""Learning from corrections: small edits with known results, and the command."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click.testing
import pytest

from output.markdown import render
from tests.support.transcripts import transcript
from transcribe.cli.main import cli
from transcribe.cli.options import settings_in_force
from transcribe.drafts.draft_words import words_of_draft
from transcribe.drafts.glossary_learning import Proposal, new_entries, propose_entries, with_entries
from transcribe.drafts.sync import sync
from transcribe.recognition.common_words import is_common
from transcribe.transcript import MadeWith, Transcript

RECOGNISED = "so I met Peter Wooler in the city and Wooler said that a bit coin is a coin and we met again"
EDITED = "so I met Pieter Wuille in the city and Wuille said that a bitcoin is a coin and we met again"


def lines(recognised: str, edited: str) -> list[str]:
    return [proposal.line for proposal in propose_entries([(recognised.split(), edited.split())])]


def test_repeated_corrections_of_a_name_are_one_proposal() -> None:
    by_line = {
        proposal.line: proposal
        for proposal in propose_entries([(RECOGNISED.split(), EDITED.split()), (RECOGNISED.split(), EDITED.split())])
    }
    assert by_line["Wooler -> Wuille"].count == 2
    assert by_line["Wooler -> Wuille"].contexts[0] == "in the city and Wuille said that a bitcoin"


def test_an_ordinary_word_is_never_replaced() -> None:
    assert lines("the high cell came and it was high", "the Haïkel came and it was high") == ["high cell -> Haïkel"]
    assert lines("we saw high there and it was high", "we saw Haïkel there and it was high") == ["Haïkel"]


@pytest.mark.parametrize("misheard", ["job", "Job", "GDP", "job's", "don't"])
def test_a_common_word_is_never_replaced(misheard: str) -> None:
    assert lines(f"we met {misheard} there and talked", "we met Wuille there and talked") == ["Wuille"]
    assert lines(f"we met {misheard} and {misheard} talked", "we met Wuille and Wuille talked") == ["Wuille"]


@pytest.mark.models
def test_common_words_are_single_tokens_of_the_recogniser() -> None:
    """Compared with tiktoken on the same vocabulary."""
    import tiktoken.load
    import whisper

    vocabulary = Path(whisper.__file__).parent / "assets" / "multilingual.tiktoken"
    ranks = tiktoken.load.load_tiktoken_bpe(str(vocabulary))
    tokenizer = tiktoken.Encoding("whisper", pat_str=r" ?\w+", mergeable_ranks=ranks, special_tokens={})
    for word in ("job", "GDP", "people", "Peter", "Wooler", "Guemar", "kubectl"):
        assert is_common(word) == (len(tokenizer.encode(f" {word}")) == 1)
    assert not is_common("")


def test_rewritten_sentences_give_no_proposals() -> None:
    assert lines("well it was a kind of a big thing", "well it was great") == []
    assert lines("it was good. they went home", "it was good. People went home") == []
    assert lines("they were here and they were there", "we were here and we were there") == []
    assert lines("one two three four five six seven", "One two Three Four five six seven") == []


def test_jargon_is_recognised_by_its_spelling() -> None:
    assert lines("we use my sequel here", "we use MySQL here") == ["my sequel -> MySQL"]


@pytest.mark.parametrize("title", ["Mr.", "Dr.", "Mrs.", "Prof.", "Mr", "Frau", "Sr.", "Mme.", "Prof. Dr."])
def test_a_single_name_behind_a_title_is_learnt(title: str) -> None:
    assert lines(f"then {title} Hanson spoke", f"then {title} Henderson spoke") == ["Hanson -> Henderson"]
    assert lines(f"we asked {title} Hanson's son", f"we asked {title} Henderson's son") == ["Hanson -> Henderson"]
    assert lines(f"{title} Reede spoke. I read", f"{title} Read spoke. I read") == ["Reede -> Read"]


def test_a_title_belongs_to_no_name() -> None:
    assert lines("so mister Hanson spoke", "so Mr. Henderson spoke") == ["Hanson -> Henderson"]
    assert lines("so Doctor Hanson spoke", "so Dr. Hanson spoke") == []
    assert lines("he is here. they went", "he is here. They left") == []
    assert lines("we met sir. hanson spoke", "we met sir. Hansen spoke") == []


def test_a_mishearing_that_was_corrected_twice_may_be_left_once() -> None:
    heard = "then Wooler came and Wooler spoke and Wooler left"
    assert lines(heard, "then Wuille came and Wuille spoke and Wooler left") == ["Wooler -> Wuille"]
    assert lines(heard, "then Wuille came and Wooler spoke and Wooler left") == ["Wuille"]


def test_new_entries_leaves_out_clashing_and_invalid_lines() -> None:
    wuille, willy = Proposal("Wuille", "Wooler", 2, ()), Proposal("Willy", "Wooler", 1, ())
    odd = Proposal("A, B", "", 1, ())
    assert new_entries([wuille, willy, odd], "Moog\n") == (wuille,)
    assert new_entries([wuille], "Wooler, Woller -> Wuille") == ()
    assert with_entries("Moog", [wuille]) == "Moog\nWooler -> Wuille\n"


@pytest.fixture
def draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    talk = transcript(
        ("S1", "Hello Mister Wooler, tell us all about the coin."), ("S2", "My name is Wooler and I like coins.")
    )
    made_with = MadeWith("0.1.0", "none", "none", "", audio_sha256="1" * 64, outputs={"talk.md": "2" * 64})
    talk = Transcript(talk.episode, "en", talk.speakers, talk.turns, talk.spans, made_with)
    path = tmp_path / "talk.md"
    path.write_text(render(talk).replace("Wooler", "Wuille"), encoding="utf-8")
    path.with_suffix(".json").write_text(talk.to_json(), encoding="utf-8")
    return path


def test_original_words_are_available_after_sync(draft: Path) -> None:
    before = words_of_draft(draft)
    assert sync(draft).report == "2 words changed in 2 turns"
    draft.write_text(draft.read_text(encoding="utf-8").replace("coins", "money"), encoding="utf-8")
    sync(draft)
    assert words_of_draft(draft).heard == before.heard


def test_learn_prints_asks_and_adds(draft: Path, tmp_path: Path) -> None:
    glossary = tmp_path / "glossary.txt"
    glossary.write_text("Moog\n", encoding="utf-8")
    runner = click.testing.CliRunner()
    arguments = [str(draft), "--glossary", str(glossary)]
    declined = runner.invoke(cli, ["learn", *arguments], input="n\n", standalone_mode=False)
    assert "+ Wooler -> Wuille   (2×)" in declined.stdout
    assert glossary.read_text(encoding="utf-8") == "Moog\n"
    runner.invoke(cli, ["learn", *arguments, "--yes"], standalone_mode=False)
    assert glossary.read_text(encoding="utf-8") == "Moog\nWooler -> Wuille\n"
    assert "nothing to add to" in runner.invoke(cli, ["learn", *arguments, "--yes"], standalone_mode=False).stderr


@pytest.mark.parametrize("name", ["glossary.txt", 'our "odd" names.txt'])
def test_learn_says_how_runs_use_the_glossary_until_they_do(
    draft: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Each of the two ways that it says, typed, puts the glossary into force."""
    monkeypatch.chdir(tmp_path)

    def learned() -> str:
        Path(name).unlink(missing_ok=True)
        result = click.testing.CliRunner().invoke(
            cli, ["learn", str(draft), "--glossary", name, "--yes"], standalone_mode=False, catch_exceptions=False
        )
        assert result.stdout.endswith(f"\n{name}\n")
        return result.stderr

    told = re.fullmatch(r"runs use it with (.*), or with (glossary = .*) in transcribe\.toml\n", learned())
    assert told is not None
    option, given = shlex.split(told[1])
    assert (option, settings_in_force({"glossary": given}).glossary) == ("--glossary", name)
    Path("transcribe.toml").write_text(f"{told[2]}\n", encoding="utf-8")
    assert learned() == ""
    Path("transcribe.toml").write_text("glossary = 3\n", encoding="utf-8")
    assert learned() == told[0]


def test_words_of_two_sentences_are_no_mishearing() -> None:
    """It would never be found: a mishearing has no marks between its words."""
    assert lines("To the kingg. kingg Bob.", "To the Kyng. Kyng Bob.") == []
    assert lines("By U. S. law.", "By US law.") == ["U. S -> US"]
