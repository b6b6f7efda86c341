"""Long rewrites timed on the audio: by a scripted aligner, and with the real weights on the sample clip."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click.testing
import numpy as np
import pytest

from audio.decoding.decode import decode
from audio.decoding.samples import Audio
from audio.episode import Episode
from output.markdown import render
from output.parse import parse
from tests.support.paths import CLIPS
from tests.support.scripted_aligner import ScriptedAligner
from tests.support.transcripts import transcript, turn
from transcribe.alignment.realign import realign
from transcribe.cli.main import cli
from transcribe.drafts.audio_timing import audio_retimer
from transcribe.drafts.sync import sync, transcript_of
from transcribe.drafts.transcript_update import update_transcript
from transcribe.errors import TranscriptError
from transcribe.recognition.engines import load_aligner
from transcribe.recognition.forced_alignment import Rewrite, find_rewrites, realign_to_audio
from transcribe.recognition.models import find_model
from transcribe.transcript import Transcript, Turn, Word

CLIP = CLIPS / "packaging-notes.mp3"
TALK = (
    ("S1", "Hello and welcome to the show, Bob."),
    ("S2", "Thank you Ada, I am glad to be here after such a long ride through the rain and the fog."),
    ("S1", "How did the first machine come about?"),
)
REWRITE = ("glad to be here after such a long ride", "happy that you asked me because it took one whole day of rain")


def edited(*changes: tuple[str, str]) -> tuple[Transcript, Transcript]:
    """A transcript, before and after these edits of its draft."""
    before = transcript(*TALK)
    source = " ".join(render(before).split(" "))
    flat = parse(source.replace("\n", " ").replace("  **", "\n\n**"))
    text = flat.source()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return before, update_transcript(parse(text), before).transcript


def silence(seconds: float = 30.0) -> Audio:
    return Audio.from_samples(np.zeros(int(16_000 * seconds), np.float32))


def test_only_long_rewrites_are_found() -> None:
    before, after = edited(("glad to be here", "happy that you came"))
    assert find_rewrites(after, before) == ()
    before, after = edited(REWRITE)
    (found,) = find_rewrites(after, before)
    assert [word.text for word in after.turns[found.turn].words[found.first : found.last]] == REWRITE[1].split()
    assert find_rewrites(before, before) == ()


def test_only_the_rewrite_is_timed_on_the_audio() -> None:
    before, after = edited(REWRITE)
    (found,) = find_rewrites(after, before)
    aligner = ScriptedAligner()
    with silence() as audio:
        aligned, count = realign_to_audio(after, [found], audio=audio, aligner=aligner)
    words, old = aligned.turns[1].words, after.turns[1].words
    assert count == found.last - found.first == len(REWRITE[1].split())
    assert words[: found.first] == old[: found.first]
    assert words[found.last :] == old[found.last :]
    assert [turn.words for turn in aligned.turns[::2]] == [turn.words for turn in after.turns[::2]]
    ((seconds, text),) = aligner.calls
    context = [word.text for word in old[found.first - 3 : found.last + 3]]
    assert text == " ".join(context)
    start = old[found.first - 3].start
    assert seconds == pytest.approx(old[found.last + 2].end - start, abs=0.001)
    low, high = old[found.first - 1].end, old[found.last].start
    for i, word in enumerate(words[found.first : found.last], start=3):
        assert word.start == pytest.approx(min(max(start + i / 10, low), high), abs=0.0011)
    assert [word.text for word in words] == [word.text for word in old]


def test_a_rewrite_between_moved_sentences_is_looked_for_where_it_was_spoken() -> None:
    late, early = turn("S1", "so that was that", start=20.0), turn("S1", "and it began here", start=2.0)
    rewrite = turn("S1", "with five new words then", start=10.0)
    said = replace(transcript(*TALK), turns=(Turn("S1", (*late.words, *rewrite.words, *early.words)),), spans=())
    aligner = ScriptedAligner()
    with silence() as audio:
        aligned, count = realign_to_audio(said, [Rewrite(0, 4, 9)], audio=audio, aligner=aligner)
    assert count == 5
    assert [text for _, text in aligner.calls] == ["with five new words then"]
    words = aligned.turns[0].words
    assert (words[:4], words[9:]) == (late.words, early.words)
    assert all(early.end <= word.start <= word.end <= late.start for word in words[4:9])
    assert sum(word.end - word.start for word in words[4:9]) > 0


def test_text_that_is_not_in_the_audio_keeps_its_interpolated_times() -> None:
    before, after = edited(REWRITE)
    with silence() as audio:
        aligned, count = realign_to_audio(
            after, find_rewrites(after, before), audio=audio, aligner=ScriptedAligner(0.05)
        )
    assert (aligned, count) == (after, 0)


def test_text_too_dense_for_speech_is_not_aligned() -> None:
    before, after = edited(("Ada, I am", "Ada, " + "and so on " * 60 + "I am"))
    aligner = ScriptedAligner()
    with silence() as audio:
        assert realign_to_audio(after, find_rewrites(after, before), audio=audio, aligner=aligner) == (after, 0)
    assert aligner.calls == []


def test_a_very_long_rewrite_is_aligned_in_several_windows() -> None:
    long = turn("S1", " ".join(f"word{i}" for i in range(200)), start=1.0)
    after = replace(transcript(*TALK), turns=(long,), spans=())
    aligner = ScriptedAligner()
    with silence(100) as audio:
        aligned, _ = realign_to_audio(after, [Rewrite(0, 0, 200)], audio=audio, aligner=aligner)
    assert len(aligner.calls) >= 4
    assert all(seconds <= 30 for seconds, _ in aligner.calls)
    assert [word.text for word in aligned.words] == [word.text for word in after.words]


@pytest.fixture
def draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    before = transcript(*TALK, episode=Episode("A talk", path=CLIP))
    path = tmp_path / "talk.md"
    path.write_text(render(before).replace("\n", " ").replace("  **", "\n\n**").replace(*REWRITE), encoding="utf-8")
    path.with_suffix(".json").write_text(before.to_json(), encoding="utf-8")
    return path


def test_sync_reports_how_many_words_were_timed_and_again_changes_nothing(draft: Path) -> None:
    aligner = ScriptedAligner()
    done = sync(draft, retime=audio_retimer(draft, open_aligner=lambda _: aligner))
    assert done.report.endswith("13 of them timed on the audio")
    after = draft.with_suffix(".json").read_bytes()
    again = sync(draft, retime=audio_retimer(draft, open_aligner=lambda _: aligner))
    assert again.report == "nothing changed"
    assert len(aligner.calls) == 1
    assert draft.with_suffix(".json").read_bytes() == after


def test_sync_reports_words_that_are_not_in_the_audio(draft: Path) -> None:
    aligner = ScriptedAligner(0.01)
    done = sync(draft, retime=audio_retimer(draft, open_aligner=lambda _: aligner))
    assert done.report.endswith(" changed in 1 turn, 13 not found in the audio")


def test_without_the_audio_nothing_is_changed(draft: Path) -> None:
    timed = draft.with_suffix(".json")
    timed.write_text(timed.read_text(encoding="utf-8").replace(CLIP.name, "gone.mp3"), encoding="utf-8")
    before = timed.read_bytes()
    with pytest.raises(TranscriptError, match=r"gone\.mp3: no such file; .*; nothing was changed"):
        sync(draft, retime=audio_retimer(draft))
    assert timed.read_bytes() == before


def recognised_clip() -> tuple[Word, ...]:
    from transcribe.recognition.engines.ctranslate2 import CTranslate2

    with decode(CLIP) as audio:
        (reading,) = CTranslate2(find_model("base")).recognize([audio.read(0, 28.0)], language="en")
    return reading.words


@pytest.mark.models
def test_a_rewrite_is_timed_near_the_recognised_times() -> None:
    """Twelve words replaced by one: the real weights time them again, far better than interpolation."""
    words = recognised_clip()
    errors: dict[str, list[float]] = {"interpolated": [], "aligned": []}
    aligner = load_aligner(find_model("base"))
    with decode(CLIP) as audio:
        for first in range(4, len(words) - 16, 9):
            run = words[first : first + 12]
            heard = (*words[:first], Word("misheard", run[0].start, run[-1].end), *words[first + 12 :])
            before = replace(transcript(*TALK), turns=(Turn("S1", heard),), spans=())
            made = realign([" ".join(word.text for word in words)], [heard]).turns[0]
            after = replace(before, turns=(Turn("S1", made.words),))
            (found,) = find_rewrites(after, before)
            again, _ = realign_to_audio(after, [found], audio=audio, aligner=aligner)
            kept = [i for i in range(len(words)) if not first <= i < first + 12]
            assert [again.turns[0].words[i] for i in kept] == [words[i] for i in kept]
            for name, source in (("interpolated", after), ("aligned", again)):
                new = source.turns[0].words[first : first + 12]
                errors[name] += [abs(one.start - true.start) for one, true in zip(new, run, strict=True)]
    median = {name: sorted(found)[len(found) // 2] for name, found in errors.items()}
    assert median["aligned"] < 0.05
    assert median["aligned"] < median["interpolated"] / 2


@pytest.mark.models
def test_the_command_times_a_rewrite_with_the_real_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    words = recognised_clip()
    heard = (*words[:10], Word("misheard", words[10].start, words[21].end), *words[22:])
    made = replace(transcript(*TALK).made_with, model="base")
    sample = replace(transcript(*TALK, episode=Episode("Notes", path=CLIP)), made_with=made, spans=())
    draft = tmp_path / "notes.md"
    draft.write_text(render(replace(sample, turns=(Turn("S1", words),))), encoding="utf-8")
    before = replace(sample, turns=(Turn("S1", heard),))
    draft.with_suffix(".json").write_text(before.to_json(), encoding="utf-8")
    result = click.testing.CliRunner().invoke(
        cli, ["sync", str(draft), "--realign-audio"], standalone_mode=False, catch_exceptions=False
    )
    assert result.stderr.endswith("12 of them timed on the audio\n")
    after = list(transcript_of(draft).words)
    assert [word for word in after if word in words][:10] == list(words[:10])
    assert max(abs(new.start - true.start) for new, true in zip(after[10:22], words[10:22], strict=True)) < 0.3
