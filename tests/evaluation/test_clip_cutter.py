"""`transcribe clip`: cuts at silences, with the corrected words, ready for a check."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from audio.decoding.decode import decode
from tests.support.checked_clip import Telling, found
from tests.support.command_line import Run
from tests.support.scripted_stages import ScriptedStages
from transcribe.evaluation.clip_cutter import cut_clip
from transcribe.evaluation.clips import find_clips
from transcribe.readers.read import read_transcript
from transcribe.settings import Settings

RATE = 16_000
SAID = "I'm Ada. Who are you? I am Grace. Thank you, Grace."
"""The words of `ScriptedStages`, half a second each; Grace speaks the sixth to the eighth."""


def write_episode(path: Path, *, pauses: tuple[tuple[float, float], ...]) -> None:
    """Twelve seconds of a tone with silences at `pauses`."""
    time = np.arange(12 * RATE) / RATE
    samples = 0.3 * np.sin(2 * np.pi * 440 * time)
    for start, end in pauses:
        samples[int(start * RATE) : int(end * RATE)] = 0
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes((samples * 32767).astype("<i2").tobytes())


def corrected(tmp_path: Path, run: Run) -> Path:
    """The corrected draft of a transcribed episode."""
    write_episode(tmp_path / "talk.wav", pauses=((2.4, 2.8), (5.4, 5.9)))
    run("run", "talk.wav", "--speakers", "Ada,Grace")
    draft = tmp_path / "transcripts" / "talk.md"
    draft.write_text(draft.read_text().replace("I am Grace.", "I am certainly Grace."))
    return draft


def test_clip_is_cut_at_silences_with_the_corrected_words(run: Run, tmp_path: Path) -> None:
    corrected(tmp_path, run)
    code, out, err = run("clip", "talk.wav", "--from", "0:02", "--to", "0:05.0", "-o", "clips")
    assert (code, out.splitlines()) == (0, ["clips/talk-0002-0005.wav", "clips/talk-0002-0005.ref.txt"])
    assert err == "cut from 2.6 to 5.7 s\n", "the middles of the two silences"
    utterances = read_transcript(tmp_path / "clips" / "talk-0002-0005.ref.txt").utterances
    assert [(one.speaker, one.text) for one in utterances or ()] == [
        ("Grace", "I am certainly Grace."),
        ("Ada", "Thank you, Grace."),
    ]


def test_samples_equal_those_of_the_episode(run: Run, tmp_path: Path) -> None:
    corrected(tmp_path, run)
    source, folder = tmp_path / "talk.wav", tmp_path / "clips"
    cut = cut_clip(source, start=2.0, end=5.0, folder=folder, drafts=tmp_path / "transcripts", name="x")
    assert (cut.start, cut.end) == (pytest.approx(2.6, abs=0.02), pytest.approx(5.65, abs=0.02))
    with decode(cut.paths[0]) as clip, decode(source) as whole:
        assert np.array_equal(clip.read(), whole.read(cut.start, cut.end))
        assert np.abs(clip.read()).max() > 0.2


def test_check_accepts_a_new_clip(run: Run, tmp_path: Path) -> None:
    draft = corrected(tmp_path, run)
    run("clip", str(draft), "--from", "2", "--to", "5", "-o", "clips", "--name", "grace")
    (clip,) = find_clips(tmp_path / "clips", Settings()).clips
    assert (clip.name, [path.name for path in clip.references]) == ("grace", ["grace.ref.txt"])
    code, out, _ = run("check", "clips")
    assert code == 1, "the scripted stages recognise the whole episode again"
    assert "grace" in out


def test_clip_opened_by_the_guest_prints_the_line_for_clips_toml(run: Run, tmp_path: Path) -> None:
    """With perfect words, the check fails on names only; with the line that `clip` prints, it passes."""
    write_episode(tmp_path / "talk.wav", pauses=((2.4, 2.8),))
    run("run", "talk.wav", stages=ScriptedStages(said="Rain is on us now. Then it stops. And we go."))
    draft = tmp_path / "transcripts" / "talk.md"
    draft.write_text(draft.read_text().replace("Then it stops.", "Then it ends."))
    _, _, err = run("clip", "talk.wav", "--from", "2.5", "--to", "12", "-o", "clips", "--name", "rain")
    assert (tmp_path / "clips" / "rain.ref.txt").read_text() == "Guest: Then it ends.\nRich: And we go.\n"
    start = "Warning: clips/rain.wav: a check would name its speakers wrongly; its [[clip]] in clips.toml needs: "
    (line,) = [line.removeprefix(start) for line in err.splitlines() if line.startswith(start)]
    stages = Telling(talk=[("A", "Then it ends."), ("B", "And we go.")])
    code, out, _ = run("check", "clips", stages=stages)
    assert (code, "misnamed: 100.0 % is over" in out) == (1, True)
    (tmp_path / "clips" / "clips.toml").write_text(f'[[clip]]\naudio = "rain.wav"\n{line}\n')
    code, out, _ = run("check", "clips", "--json", stages=stages)
    assert (code, found(out, "rain")["misnamed"]) == (0, 0)
    code, _, err = run("clip", "talk.wav", "--from", "0", "--to", "12", "-o", "clips", "--name", "whole")
    assert "clips.toml" not in err, "the host opens the whole episode"


def test_second_run_changes_nothing_and_overwrites_no_edited_reference(run: Run, tmp_path: Path) -> None:
    corrected(tmp_path, run)
    args = ("clip", "talk.wav", "--from", "2", "--to", "5", "-o", "clips", "--name", "x")
    assert run(*args)[0] == run(*args)[0] == 0
    reference = tmp_path / "clips" / "x.ref.txt"
    reference.write_text("Ada: Mine.\n")
    before = (tmp_path / "clips" / "x.wav").read_bytes()
    code, _, err = run(*args)
    assert code == 2
    assert "x.ref.txt: exists already with other content" in err
    assert reference.read_text() == "Ada: Mine.\n"
    assert (tmp_path / "clips" / "x.wav").read_bytes() == before


def test_recording_is_never_overwritten(run: Run, tmp_path: Path) -> None:
    """Neither by its own name, nor through a link, nor by a clip of its full length."""
    corrected(tmp_path, run)
    (tmp_path / "alias.wav").symlink_to("talk.wav")
    before = {path: path.read_bytes() for path in tmp_path.glob("*") if path.is_file()}
    for times in (("--from", "2", "--to", "5"), ("--from", "0", "--to", "12")):
        for name in ("talk", "alias"):
            code, out, err = run("clip", "talk.wav", *times, "-o", ".", "--name", name)
            assert (code, out) == (2, "")
            assert f"{name}.wav: is the recording that the clip is cut from; give another --name" in err
    assert {path: path.read_bytes() for path in tmp_path.glob("*") if path.is_file()} == before


def test_other_recording_with_the_same_name_is_not_overwritten(run: Run, tmp_path: Path) -> None:
    """Neither a clip with its own reference, nor a recording in another format, which would get a wrong reference."""
    corrected(tmp_path, run)
    args = ("clip", "talk.wav", "--from", "2", "--to", "5", "-o", "clips", "--name", "x")
    for name, message in {
        "x.wav": "clips/x.wav: exists already with other content; give another --name",
        "x.mp3": "clips/x.mp3: exists already and would share the reference; give another --name",
    }.items():
        folder = tmp_path / "clips"
        folder.mkdir(exist_ok=True)
        for file in (name, "x.ref.md", "x.rttm"):
            (folder / file).write_bytes(b"mine")
        code, out, err = run(*args)
        assert (code, out) == (2, "")
        assert message in err
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == dict.fromkeys(
            (name, "x.ref.md", "x.rttm"), b"mine"
        )
        (folder / name).unlink()


def test_uncorrected_draft_and_cut_inside_sound_are_warnings(run: Run, tmp_path: Path) -> None:
    write_episode(tmp_path / "talk.wav", pauses=())
    run("run", "talk.wav")
    code, _, err = run("clip", "talk.wav", "--from", "1", "--to", "3", "-o", "clips")
    assert code == 0
    assert "has no corrections; correct it first" in err
    assert "no silence near 1.0 s" in err
    assert "no silence near 3.0 s" in err


def test_corrected_draft_counts_as_corrected_after_sync(run: Run, tmp_path: Path) -> None:
    """And a draft whose edits were all undone counts as uncorrected."""
    draft = corrected(tmp_path, run)
    clip = ("clip", "talk.wav", "--from", "2", "--to", "5", "-o")
    assert "correct it first" not in run(*clip, "before")[2]
    assert run("sync", str(draft))[0] == 0
    assert "correct it first" not in run(*clip, "after")[2]
    draft.write_text(draft.read_text().replace("I am certainly Grace.", "I am Grace."))
    assert f"{draft}: has no corrections; correct it first" in run("clip", str(draft), *clip[2:], "back")[2]


def test_ends_of_the_recording_count_as_silences(run: Run, tmp_path: Path) -> None:
    """They are the nearest ones, although there are pauses between words close by."""
    corrected(tmp_path, run)
    code, _, err = run("clip", "talk.wav", "--from", "0", "--to", "12", "-o", "clips")
    assert (code, err) == (0, "cut from 0.0 to 12.0 s\n")
    code, _, err = run("clip", "talk.wav", "--from", "0", "--to", "5", "-o", "clips")
    assert (code, err) == (0, "cut from 0.0 to 5.7 s\n")


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (("--from", "5", "--to", "2"), 2, "give a --from and a later --to within it"),
        (("--from", "5", "--to", "1:00"), 2, "lasts 12.0 s"),
        (("--from", "soon", "--to", "5"), 2, "'soon' is not a time"),
        (("--from", "0:75", "--to", "5"), 2, "'0:75' is not a time"),
        (("--from", "0:00:00:01", "--to", "5"), 2, "'0:00:00:01' is not a time"),
        (("--from", "8", "--to", "11"), 1, "nobody speaks from"),
    ],
)
def test_invalid_times_are_errors(run: Run, tmp_path: Path, args: tuple[str, ...], code: int, message: str) -> None:
    corrected(tmp_path, run)
    actual, out, err = run("clip", "talk.wav", *args, "-o", "clips")
    assert (actual, out) == (code, "")
    assert message in err
    assert not (tmp_path / "clips").exists()


def test_missing_draft_is_an_error(run: Run, tmp_path: Path) -> None:
    write_episode(tmp_path / "talk.wav", pauses=())
    code, _, err = run("clip", "talk.wav", "--from", "1", "--to", "3", "-o", "clips")
    assert code == 1
    assert "no draft talk.md in its folder or in transcripts" in err
