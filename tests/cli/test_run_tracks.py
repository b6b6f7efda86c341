"""`transcribe run --tracks` on the command line, with stages that need no model."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from audio.decoding.decode import decode
from tests.support.audio_files import convert, tone, write_wav
from tests.support.command_line import Run
from tests.support.tracks import bursts
from transcribe.transcript import Transcript


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of the command: two tracks, whose people take turns."""
    bursts(tmp_path / "ep1-rich.wav", (1.0, 1.7), (7.0, 7.7))
    bursts(tmp_path / "ep1-ada.wav", (4.0, 5.0), (10.0, 11.5), hertz=500.0)
    return tmp_path


BOTH = ("run", "--tracks", "ep1-rich.wav", "ep1-ada.wav")


def transcript(folder: Path, stem: str = "ep1") -> Transcript:
    return Transcript.from_json((folder / "transcripts" / f"{stem}.json").read_text())


def test_two_files_are_one_episode_and_each_is_a_person(run: Run, folder: Path) -> None:
    code, out, err = run(*BOTH)
    assert code == 0, err
    assert [Path(line).name for line in out.splitlines()] == ["ep1.md", "ep1.json"]
    made = transcript(folder)
    assert [(who.id, who.name, who.certainty) for who in made.speakers] == [
        ("S1", "Rich", "given"),
        ("S2", "Ada", "given"),
    ]
    assert [(track.path.name, track.offset, len(track.sha256)) for track in made.episode.tracks] == [
        ("ep1-rich.wav", 0.0, 64),
        ("ep1-ada.wav", 0.0, 64),
    ]
    times = [(turn.speaker, round(turn.start)) for turn in made.turns]
    assert times[:3] == [("S1", 1), ("S2", 4), ("S1", 7)], "words are where their person speaks"
    assert "no track hears another, so all start together" in err


def test_the_same_run_again_writes_nothing_and_a_changed_file_is_read_again(run: Run, folder: Path) -> None:
    run(*BOTH)
    assert "1 unchanged" in run(*BOTH)[2]
    assert run(*BOTH, "--dry-run")[2].startswith("ep1-rich.wav, ep1-ada.wav: unchanged")
    bursts(folder / "ep1-ada.wav", (4.0, 6.5), hertz=600.0)
    assert "ep1-ada.wav: to be transcribed again" in run(*BOTH, "--dry-run")[2]
    assert "1 written" in run(*BOTH)[2]
    assert not (folder / "transcripts" / "ep1-2.md").exists(), "it is the same episode"
    assert "1 written" in run(*BOTH, "--offset", "0,0.5")[2]
    assert transcript(folder).episode.tracks[1].offset == 0.5


@pytest.mark.parametrize("later", [(), ("--mixdown", "auto"), ("--mixdown", "mix.wav"), ("--offset", "0,1")])
def test_other_offsets_are_a_new_reading_of_the_same_episode(later: tuple[str, ...], run: Run, folder: Path) -> None:
    """Wherever the mix is."""
    run(*BOTH, "--offset", "0,0.5")
    assert "1 written" in run(*BOTH, *later)[2]
    assert [path.name for path in (folder / "transcripts").glob("*.md")] == ["ep1.md"]


def test_beside_an_edited_draft_the_new_reading_is_replaced_by_the_next(run: Run, folder: Path) -> None:
    run(*BOTH)
    draft = folder / "transcripts" / "ep1.md"
    draft.write_text(draft.read_text(encoding="utf-8").replace("Rich", "Richard"), encoding="utf-8")
    for offset in "78":
        code, _, err = run(*BOTH, "--offset", f"0,{offset}")
        assert code == 0, err
        assert sorted(path.name for path in draft.parent.glob("*.md")) == ["ep1.md", "ep1.new.md"]
        assert "1 unchanged" in run(*BOTH, "--offset", f"0,{offset}")[2]


def test_a_later_reading_leaves_the_sound_of_an_earlier_draft(run: Run, folder: Path) -> None:
    """Other offsets, and other sound in the same files: each draft has the mix that its times are of."""

    def made(output: str, *more: str) -> Path:
        assert run(*BOTH, "-o", output, *more)[0] == 0
        (timed,) = (folder / output).glob("*.json")
        return (timed.parent / (Transcript.from_json(timed.read_text()).episode.path or "")).resolve()

    mixes: dict[Path, bytes] = {}
    for output, *more in (("found",), ("half", "--offset", "0,0.5"), ("late", "--offset", "0,20"), ("changed",)):
        if output == "changed":
            bursts(folder / "ep1-ada.wav", (4.0, 6.5), hertz=600.0)
        mix = made(output, *more)
        assert mix not in mixes
        mixes[mix] = mix.read_bytes()
    assert {mix: mix.read_bytes() for mix in mixes} == mixes
    assert len(set(mixes.values())) == len(mixes)


def test_a_negative_offset_is_of_a_file_that_starts_before_the_first(run: Run, folder: Path) -> None:
    assert run(*BOTH, "--offset=0,-2.5")[0] == 0
    (start,) = [turn.start for turn in transcript(folder).turns if turn.speaker == "S1"][:1]
    assert round(start - 2.5) == 1, "the other starts at 0"
    assert run(*BOTH, "--offset=2.5,0", "--dry-run")[0] == 0


@pytest.mark.parametrize("offsets", ["0,60", "0,-60"])
def test_a_file_that_starts_when_the_others_have_ended_is_named_with_its_start(
    offsets: str, run: Run, folder: Path
) -> None:
    code, _, err = run(*BOTH, f"--offset={offsets}")
    assert code == 0
    later = "ep1-ada.wav" if offsets == "0,60" else "ep1-rich.wav"
    assert f"{later}: starts at 0:01:00, when the files before it have ended (at 0:00:" in err
    assert "have ended" not in run(*BOTH, "--offset", "0,0.5")[2]


def test_the_mix_is_in_the_cache_or_where_it_is_wanted(run: Run, folder: Path) -> None:
    run(*BOTH)
    (cached,) = (folder / "cache").rglob("mixes/*.m4a")
    assert (folder / "transcripts" / (transcript(folder).episode.path or "")).resolve() == cached
    cached.unlink()
    assert run(*BOTH)[0] == 0
    assert cached.is_file(), "a mix that has gone is made again"
    assert run(*BOTH, "--mixdown", "auto")[0] == 0
    assert (folder / "transcripts" / "ep1.m4a").is_file()
    assert run(*BOTH, "--mixdown", "mix.mp3")[0] == 0
    assert (folder / "mix.mp3").read_bytes()
    assert run(*BOTH, "--mixdown", "mix.mp3")[0] == 0


def snapshot(folder: Path) -> dict[str, tuple[bytes, int]]:
    """The files outside the cache and `.turnscript`, with contents and times."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    shown = [(path.relative_to(folder), path) for path in files]
    hidden = {"cache", ".turnscript"}
    return {
        str(name): (path.read_bytes(), path.stat().st_mtime_ns) for name, path in shown if not hidden & {*name.parts}
    }


def test_the_report_has_the_mix_among_what_was_written(run: Run, folder: Path) -> None:
    """Exactly the files that changed on disk, in each run; also where nothing but the mix has gone."""
    report = folder / "transcripts" / ".turnscript" / "report.json"
    mix = ("--mixdown", "mix.wav")
    for options in ((), ("--mixdown", "auto"), mix, mix, (*mix, "gone"), ("--offset", "0,1")):
        if "gone" in options:
            (folder / "mix.wav").unlink()
        before, options = snapshot(folder), tuple(option for option in options if option != "gone")
        code, out, err = run(*BOTH, *options)
        assert code == 0, err
        changed = {name for name, state in snapshot(folder).items() if before.get(name) != state}
        (told,) = json.loads(report.read_text())["episodes"]
        assert set(told["written"]) == changed or ("1 unchanged" in err and not changed)
        if mixes := sorted(name for name in changed if name.endswith((".m4a", ".wav"))):
            assert mixes[0] in told["also_written"]
            assert f"also written: {mixes[0]}" in err
            assert mixes[0] not in out


def test_given_names_are_in_the_order_of_the_files_and_a_silent_track_is_left_out(run: Run, folder: Path) -> None:
    bursts(folder / "c.wav", hertz=700.0)
    code, _, err = run(*BOTH, "c.wav", "--speakers", "Grace,Joan,Carl", "-o", "out")
    assert code == 0
    assert "c.wav: nobody is heard on this track; it is left out" in err
    (made,) = (folder / "out").glob("*.json")
    assert [who.name for who in Transcript.from_json(made.read_text()).speakers] == ["Grace", "Joan"]


@pytest.mark.parametrize("seconds", [0.0, 0.001, 0.05])
def test_a_track_without_sound_is_left_out_and_named(run: Run, folder: Path, seconds: float) -> None:
    write_wav(folder / "c.wav", tone(440, seconds))
    code, _, err = run(*BOTH, "c.wav", "--speakers", "Grace,Joan,Carl", "-o", "out")
    assert code == 0, err
    assert "c.wav: nobody is heard on this track; it is left out" in err
    (made,) = (folder / "out").glob("*.json")
    assert [who.name for who in Transcript.from_json(made.read_text()).speakers] == ["Grace", "Joan"]


def test_an_empty_file_is_a_track_without_sound(run: Run, folder: Path) -> None:
    (folder / "c.wav").write_bytes(b"")
    code, _, err = run(*BOTH, "c.wav", "-o", "out")
    assert code == 0, err
    assert "c.wav: the file is empty" in err
    code, _, err = run("run", "--tracks", "c.wav", "ep1-ada.wav", "-o", "two")
    assert code == 0, err


def test_a_track_behind_a_tag_of_mp3_is_heard_and_mixed(run: Run, folder: Path) -> None:
    ada = folder / "ep1-ada.wav"
    ada.write_bytes(b"ID3\3\0\0\0\0\2\0" + bytes(256) + ada.read_bytes())
    code, _, err = run(*BOTH, "--mixdown", "mix.wav")
    assert code == 0, err
    assert {turn.speaker for turn in transcript(folder).turns} == {"S1", "S2"}
    assert "nobody is heard" not in err
    with decode(folder / "mix.wav") as mix:
        assert abs(mix.read(10.2, 11.3)).max() > 0.1, "only this track is heard there"


def test_one_file_with_several_tracks(run: Run, folder: Path) -> None:
    convert(folder / "ep1-rich.wav", folder / "call.mka", "-i", str(folder / "ep1-ada.wav"), "-map", "0", "-map", "1")
    code, _, err = run("run", "--tracks", "call.mka", "--speakers", "Rich,Ada")
    assert code == 0, err
    made = transcript(folder, "call")
    assert [(track.path.name, track.stream) for track in made.episode.tracks] == [("call.mka", 0), ("call.mka", 1)]
    assert [turn.speaker for turn in made.turns][:3] == ["S1", "S2", "S1"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ep1-rich.wav"], "tracks: ep1-rich.wav: has one sound track; name a file for each person, or no --tracks"),
        (["ep1-rich.wav", "ep1-rich.wav"], "tracks: ep1-rich.wav: is named twice; name each person's file once"),
        (["ep1-rich.wav", "copy.wav"], "tracks: ep1-rich.wav and copy.wav: are the same sound; name each"),
        (["ep1-rich.wav", "sub"], "tracks: sub: is a folder; name an audio file in it"),
        (["ep1-rich.wav", "none.wav"], "tracks: none.wav: no such file; check the name"),
        (["ep1-rich.wav", "page.wav"], "tracks: page.wav: this is text, not audio"),
        (["ep1-rich.wav", "https://example.org/a.mp3"], "tracks: https://example.org/a.mp3: is an address; save the"),
        ([f"{number}.wav" for number in range(9)], "tracks: 9 files; an episode has at most 8, so name fewer"),
        (["ep1-rich.wav", "ep1-ada.wav", "--channels", "separate"], "channels: separate is for one file with a person"),
        (
            ["ep1-rich.wav", "ep1-ada.wav", "--speakers", "A,Bo,C"],
            "speakers: 3 people, but 2 tracks; name one for each",
        ),
        (["ep1-rich.wav", "ep1-ada.wav", "--speakers", "3"], "speakers: 3 people, but 2 tracks; name one for each"),
        (["ep1-rich.wav", "ep1-ada.wav", "--offset", "1"], "offset: 1 offsets for 2 tracks; give one for each"),
        (
            ["ep1-rich.wav", "ep1-ada.wav", "--offset", "0,soon"],
            "offset: 'soon' is not a number of seconds; write 0,2.5",
        ),
        (["ep1-rich.wav", "ep1-ada.wav", "--offset", "0,nan"], "offset: 'nan' is not a number of seconds; write 0,2.5"),
        (
            ["ep1-rich.wav", "ep1-ada.wav", "--mixdown", "a.txt"],
            "mixdown: 'a.txt' has an unknown suffix; use one of",
        ),
        (["ep1-rich.wav", "ep1-ada.wav", "--mixdown", "ep1-ada.wav"], "mixdown: ep1-ada.wav: is one of the tracks"),
        (["ep1-rich.wav", "ep1-ada.wav", "--mixdown", "copy.wav"], "mixdown: copy.wav: exists already; choose another"),
        (
            ["ep1-rich.wav", "ep1-ada.wav", "--scheduler", "tcp://a:1"],
            "tracks: several files are not sent to a cluster",
        ),
        ([], "--tracks: name the files of one episode, one for each person"),
    ],
)
def test_what_cannot_be_tracks_is_told_in_a_line(run: Run, folder: Path, arguments: list[str], message: str) -> None:
    shutil.copy(folder / "ep1-rich.wav", folder / "copy.wav")
    (folder / "sub").mkdir()
    (folder / "page.wav").write_text("<html>")
    for number in range(9):
        bursts(folder / f"{number}.wav", (1.0, 2.0), hertz=200.0 + number)
    code, out, err = run("run", "--tracks", *arguments)
    assert (code, out) == (2, "")
    assert f"Error: {message}" in err.splitlines()[-1]
    assert not (folder / "transcripts").exists()


@pytest.mark.parametrize("option", ["--offset", "--mixdown"])
def test_options_of_tracks_need_tracks(run: Run, folder: Path, option: str) -> None:
    code, _, err = run("run", "ep1-rich.wav", option, "1")
    assert code == 2
    assert f"{option} is for the files of one episode; add --tracks" in err


def test_events_name_the_files(run: Run, folder: Path) -> None:
    code, _, err = run(*BOTH, "--progress", "json")
    assert code == 0
    rows = [json.loads(line) for line in err.splitlines()]
    assert {row["source"] for row in rows if row["event"] == "ended"} == {"ep1-rich.wav, ep1-ada.wav"}


def test_files_of_different_kinds_and_lengths(run: Run, folder: Path) -> None:
    convert(folder / "ep1-ada.wav", folder / "ep1-ada.mp3", "-ar", "22050", "-t", "7")
    write_wav(folder / "empty.wav", bursts_of_nothing())
    code, _, err = run("run", "--tracks", "ep1-rich.wav", "ep1-ada.mp3", "empty.wav")
    assert code == 0, err
    made = next((folder / "transcripts").glob("*.json"))
    assert Transcript.from_json(made.read_text()).episode.duration == pytest.approx(12.0, abs=0.1)


def bursts_of_nothing():
    import numpy as np

    return np.zeros(1600, "<i2")
