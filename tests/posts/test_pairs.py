"""Which recording is a text's: by front matter, link or name; and that a folder's texts are all accounted for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.command_line import Run
from tests.support.growth import assert_time_in_proportion
from tests.support.scripted_stages import SAID, ScriptedStages, tone
from transcribe.posts.pairs import named_recordings, pairing_of
from transcribe.posts.text import read_post

POST = f"**Ada**: {SAID}\n\n**Grace**: Thank you, Ada.\n"


def write(path: Path, text: str = POST) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def names(folder: Path, posts: str, audio: str | None = None) -> dict[str, str]:
    found = pairing_of(folder / posts, None if audio is None else folder / audio)
    return {pair.post.name: pair.audio.relative_to(folder).as_posix() for pair in found.pairs}


@pytest.mark.parametrize(
    "named",
    [
        "---\naudio: talk one.wav\n---\n\n",
        "---\naudio_url: https://example.org/files/Talk%20One.WAV?download=1\n---\n\n",
        "---\nenclosure:\n  url: /assets/talk%20one.wav\n  length: 100\n---\n\n",
        "---\nEnclosure:\n- ../../secret/talk one.wav\n---\n\n",
        "[Listen](https://example.org/talk%20one.wav) here.\n\n",
        '<audio controls src="/assets/talk%20one.wav"></audio>\n\n',
        "See https://example.org/talk%20one.wav.\n\n",
    ],
)
def test_a_post_names_its_recording(tmp_path: Path, named: str) -> None:
    write(tmp_path / "posts/2016-05-04-talk.md", named + POST)
    tone(write(tmp_path / "audio/talk one.wav"))
    tone(tmp_path / "audio/other.wav")
    assert names(tmp_path, "posts", "audio") == {"2016-05-04-talk.md": "audio/talk one.wav"}
    assert names(tmp_path, "posts/2016-05-04-talk.md", "audio") == {"2016-05-04-talk.md": "audio/talk one.wav"}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-32", "utf-32-le"])
def test_a_post_in_another_encoding_is_read_as_it_is_in_utf8(tmp_path: Path, encoding: str) -> None:
    text = f"---\naudio: Grüße.wav\n---\n\n{POST}"
    plain = write(tmp_path / "posts/plain.md", text)
    other = tmp_path / "posts/other.md"
    other.write_bytes(text.encode(encoding))
    assert replace(read_post(other), path=plain) == read_post(plain)
    tone(write(tmp_path / "audio/Grüße.wav"))
    tone(tmp_path / "audio/other one.wav")
    assert names(tmp_path, "posts", "audio") == dict.fromkeys(("plain.md", "other.md"), "audio/Grüße.wav")


def test_the_same_name_is_enough_and_decides_between_links(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        tone(tmp_path / f"{name}.wav")
    write(tmp_path / "b.md", "[Earlier](a.wav), [now](b.wav), [later](c.wav).\n\n" + POST)
    write(tmp_path / "C.txt", "Ada: Hello.\nGrace: Hello.\n")
    write(tmp_path / "sub/c.ref.txt", "Ada: Hello.\nGrace: Hello.\n")
    assert names(tmp_path, ".") == {"b.md": "b.wav", "C.txt": "c.wav"}
    assert names(tmp_path, "b.md") == {"b.md": "b.wav"}


def test_of_recordings_with_one_name_the_nearest_is_taken(tmp_path: Path) -> None:
    for year in ("2015", "2016"):
        tone(write(tmp_path / f"audio/{year}/1.wav"))
        write(tmp_path / f"posts/{year}.md", f"---\naudio: https://example.org/{year}/1.wav\n---\n\n{POST}")
        tone(write(tmp_path / f"site/{year}/talk.wav"))
        write(tmp_path / f"site/{year}/talk.md")
    assert names(tmp_path, "posts", "audio") == {"2015.md": "audio/2015/1.wav", "2016.md": "audio/2016/1.wav"}
    found = pairing_of(tmp_path / "site", None)
    assert [pair.audio.parent for pair in found.pairs] == [pair.post.parent for pair in found.pairs]


def test_every_text_is_paired_a_failure_or_left_out(tmp_path: Path) -> None:
    tone(tmp_path / "a.wav")
    write(tmp_path / "a.md")
    write(tmp_path / "a.txt")
    write(tmp_path / "a.vtt", "WEBVTT\n")
    write(tmp_path / "gone.md", "---\naudio: gone.mp3\n---\n\n" + POST)
    write(tmp_path / "nowhere.md")
    write(tmp_path / "about.md", "We make a podcast.\n")
    write(tmp_path / ".hidden/a.md")
    found = pairing_of(tmp_path, None)
    assert [pair.post.name for pair in found.pairs] == ["a.md"]
    assert [Path(result.source).name for result in found.failures] == ["gone.md", "nowhere.md"]
    assert "its recording gone.mp3 is not in" in found.failures[0].error
    assert "no recording in" in found.failures[1].error
    assert [Path(left.source).name for left in found.left_out] == ["a.txt", "a.vtt", "about.md"]


@pytest.mark.parametrize("text", ["a.mp3 ", "[", "(a.mp3", "http://[", "http://[a.mp3 ", "%", "<a.mp3"])
def test_looking_for_links_takes_time_in_proportion(text: str) -> None:
    assert_time_in_proportion(lambda source: list(named_recordings(source, {})), lambda n: text * (n // len(text)))


def test_a_folder_is_aligned_in_one_call_and_goes_on(run: Run, tmp_path: Path) -> None:
    for number, name in enumerate(("a", "b", "c")):
        tone(write(tmp_path / f"audio/{name}.wav"), hertz=300 + number)
        write(tmp_path / f"posts/{name}.md")
    write(tmp_path / "posts/b.md", "**Ada**: " + "Nothing of that was ever said by anybody in it. " * 3)
    write(tmp_path / "posts/d.md", "---\naudio: d.mp3\n---\n\n" + POST)
    code, _, err = run("align", "posts", "audio", "-n", stages=ScriptedStages())
    assert code == 1
    assert "posts/a.md: audio/a.wav: to be aligned\n" in err
    assert not list(tmp_path.glob("posts/*.json"))
    first = ScriptedStages()
    code, out, err = run("align", "posts", "audio", "-f", "vtt", stages=first)
    assert (code, out.split()) == (1, ["posts/a.json", "posts/a.vtt", "posts/c.json", "posts/c.vtt"])
    assert err.split("\n")[-4:-1] == [
        "2 written, 2 failed",
        "Error: posts/d.md: its recording d.mp3 is not in audio; fetch it, or give its folder",
        err.split("\n")[-2],
    ]
    assert err.split("\n")[-2].startswith("Error: posts/b.md: audio/b.wav is not the recording of this text: 0 %")
    again = ScriptedStages()
    code, _, err = run("align", "posts", "audio", "-f", "vtt", stages=again)
    assert (code, again.calls, "2 unchanged, 2 failed" in err) == (1, [], True)
    assert "posts/c.md: audio/c.wav: unchanged" in run("align", "posts", "audio", "-n", stages=again)[2]


def test_own_captions_are_no_posts(run: Run, tmp_path: Path) -> None:
    tone(write(tmp_path / "p/a.wav"))
    write(tmp_path / "p/a.md")
    for _ in range(2):
        code, out, err = run("align", "p", "-f", "txt,vtt,srt", "--reference", "p", stages=ScriptedStages())
        assert (code, out.split()) == (0, ["p/a.json", "p/a.txt", "p/a.vtt", "p/a.srt"]), err
    assert err == "left out: p/a.ref.md: is a reference beside p/a.md\n1 unchanged\n"


def test_a_draft_of_a_run_has_its_times(run: Run, tmp_path: Path) -> None:
    tone(write(tmp_path / "p/a.wav"))
    run("run", "p/a.wav", "-o", "p", stages=ScriptedStages())
    code, out, err = run("align", "p", stages=ScriptedStages())
    assert (code, out) == (0, "")
    assert "left out: p/a.md: is of a run, and has its times; `transcribe sync` updates them" in err


def test_texts_that_would_write_the_same_file_are_told(run: Run, tmp_path: Path) -> None:
    for year in ("2015", "2016"):
        tone(write(tmp_path / f"p/{year}/talk.wav"), hertz=int(year))
        write(tmp_path / f"p/{year}/talk.md")
    code, out, err = run("align", "p", "-o", "out", stages=ScriptedStages())
    assert (code, out.split()) == (1, ["out/talk.json"])
    assert "its files would have the names of those of p/2015/talk.md; rename one of the two" in err


def test_a_folder_of_texts_needs_a_folder_of_recordings(run: Run, tmp_path: Path) -> None:
    tone(tmp_path / "a.wav")
    assert run("align", ".", "a.wav", stages=ScriptedStages())[0] == 2
    write(tmp_path / "b.md")
    code, out, err = run("align", "b.md", stages=ScriptedStages())
    assert (code, out) == (1, "")
    assert "Error: b.md: no recording in . has its name, and it names none; give the recording as AUDIO" in err


def test_a_post_that_names_its_recording_again_and_again_is_paired_at_once(tmp_path: Path) -> None:
    write(tmp_path / "post.md", POST + "See talk.mp3\n" * 30_000)
    (tmp_path / "talk.mp3").write_bytes(b"")
    assert names(tmp_path, "post.md") == {"post.md": "talk.mp3"}
