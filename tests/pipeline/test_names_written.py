"""Words that were heard otherwise and written as names that were given are told, whoever gave the names."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from audio.decoding.samples import Audio
from audio.progress import OnFraction
from tests.support.command_line import Run
from tests.support.scripted_stages import ScriptedStages, tone
from tests.support.transcribed import transcribed
from transcribe.pipeline.names_written import names_written
from transcribe.recognition.glossary import Glossary
from transcribe.recognition.glossary_correction import Correction, correct_words, replace_spans
from transcribe.recognition.recognize import Recognition
from transcribe.settings import Settings
from transcribe.transcript import Transcript
from transcribe.transcript_warnings import WarningCode


class Noor(ScriptedStages):
    """Nora is heard twice; where Noor is a known name, it is written for her. The glossary's mishearings follow."""

    def __init__(self) -> None:
        super().__init__(said="I'm Nora. Who are you? I am Grace. Thank you, Nora.")

    def rehear(self, audio: Audio, first: Recognition, *, glossary: Glossary, progress: OnFraction) -> Recognition:
        spans = [(i, i + 1, "Noor") for i, word in enumerate(first.words) if "Nora" in word.text]
        words, named = replace_spans(first.words, spans if "Noor" in glossary.names else [])
        words, corrected = correct_words(words, glossary)
        return replace(first, words=words, corrections=(*named, *corrected))


def test_a_run_says_which_words_it_wrote_as_the_names_given(run: Run, tmp_path: Path) -> None:
    tone(tmp_path / "a.wav")
    code, _, err = run("run", "a.wav", "--speakers", "Noor,Grace", stages=Noor())
    told = "2 words were written as names that were given: Nora → Noor (0:00:00, 0:00:05); "
    told += "if that is wrong, correct the draft"
    assert (code, [line for line in err.splitlines() if "→" in line]) == (0, [f"Warning: a.wav: {told}"])
    assert told in (tmp_path / "transcripts/.turnscript/report.json").read_text()
    assert run("run", "a.wav", stages=Noor())[2].count("→") == 0, "nobody is called Noor now"


def test_so_does_one_with_a_glossary_and_programs_have_each_change(tmp_path: Path) -> None:
    (tmp_path / "glossary.txt").write_text("grace -> Greis\n")
    settings = Settings(glossary=str(tmp_path / "glossary.txt"))
    for _ in range(2):  # recognised, and of kept results
        transcript = Transcript.from_json(transcribed(tone(tmp_path / "a.wav"), Noor(), settings).to_json())
        [told] = [each for each in transcript.warnings if each.code is WarningCode.NAMES_WRITTEN]
        [change] = told.values["corrections"]
        assert (change["heard"], change["written"], round(change["start"], 1)) == ("Grace", "Greis", 3.5)
        assert told.message.startswith("1 word was written as a name that was given: Grace → Greis (0:00:04); ")


def test_capitals_alone_are_no_other_word() -> None:
    assert names_written([Correction(1.0, 1.5, "centos", "CentOS")]) == ()


def test_of_many_changes_the_first_are_told_and_all_are_counted() -> None:
    many = [Correction(60.0 * i, 60.0 * i + 1, f"heard{i % 7}", "Name") for i in range(28)]
    [told] = names_written(many)
    assert told.message == (
        "28 words were written as names that were given: heard0 → Name (0:00:00, 0:07:00, 0:14:00 and 1 more), "
        "heard1 → Name (0:01:00, 0:08:00, 0:15:00 and 1 more), heard2 → Name (0:02:00, 0:09:00, 0:16:00 and 1 more), "
        "heard3 → Name (0:03:00, 0:10:00, 0:17:00 and 1 more), heard4 → Name (0:04:00, 0:11:00, 0:18:00 and 1 more) "
        "and 2 more; if that is wrong, correct the draft"
    )
    assert len(told.values["corrections"]) == 28


TEXTS = st.text("abAB ", min_size=1, max_size=6).map(" ".join).map(str.strip).filter(bool)


@given(st.lists(st.builds(Correction, st.floats(0, 9e4), st.floats(0, 9e4), TEXTS, TEXTS)))
def test_every_change_of_a_word_is_in_the_values_and_nothing_else(made: list[Correction]) -> None:
    told = [change for each in names_written(made) for change in each.values["corrections"]]
    expected = [each for each in made if each.heard.lower() != each.written.lower()]
    assert [Correction(**change) for change in told] == expected
