"""`transcribe align` on scripted recognition: the files, what is kept, what is listed, and what is refused."""

from __future__ import annotations

import hashlib
import json
import random
import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.command_line import Run
from tests.support.random_talk import random_talk
from tests.support.scripted_stages import ScriptedStages, tone
from transcribe.editor.page_state import page_state
from transcribe.transcript import Transcript

SPOKEN = random_talk(random.Random(11), 60)  # half a second each
ADA, GRACE = " ".join(SPOKEN[:30]), " ".join(SPOKEN[30:])
TEXT = f"---\ntitle: A talk\n---\n\n**Ada Lovelace**: {ADA}\n\n**Grace**: {GRACE}\n"


@pytest.fixture
def audio(tmp_path: Path) -> Path:
    return tone(tmp_path / "talk.wav", seconds=30.0)


def stages(said: list[str] = SPOKEN) -> ScriptedStages:
    return ScriptedStages(said=" ".join(said))


def transcript_of(path: Path) -> Transcript:
    return Transcript.from_json(path.read_text(encoding="utf-8"), source=str(path))


def test_a_post_gets_its_times_and_stays_as_it_is(run: Run, audio: Path, tmp_path: Path) -> None:
    post = tmp_path / "post.md"
    post.write_text(TEXT, encoding="utf-8")
    code, _, err = run("align", "post.md", "talk.wav", "-f", "vtt,,srt", stages=stages())
    assert (code, "format: item 2 of 3 is empty" in err) == (2, True)
    code, out, err = run("align", "post.md", "talk.wav", "-f", "vtt,srt", stages=stages())
    assert (code, out.split()) == (0, ["post.json", "post.vtt", "post.srt"]), err
    assert post.read_text(encoding="utf-8") == TEXT
    timed = transcript_of(tmp_path / "post.json")
    assert [word.text for word in timed.words] == SPOKEN
    assert [word.start for word in timed.words] == [i / 2 for i in range(60)]
    assert [(s.name, s.certainty) for s in timed.speakers] == [("Ada Lovelace", "given"), ("Grace", "given")]
    assert timed.episode.title == "A talk"
    assert timed.made_with.settings["aligned"] == hashlib.sha256(TEXT.encode()).hexdigest()
    assert timed.doubts == timed.warnings == ()
    assert "<v Ada" in (tmp_path / "post.vtt").read_text(encoding="utf-8")


def test_a_second_run_does_and_writes_nothing(run: Run, audio: Path, tmp_path: Path) -> None:
    (tmp_path / "post.md").write_text(TEXT, encoding="utf-8")
    run("align", "post.md", "talk.wav", "-f", "vtt", stages=stages())
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in tmp_path.iterdir() if path.is_file()}
    again = stages()
    code, out, err = run("align", "post.md", "talk.wav", "-f", "vtt", stages=again)
    assert (code, out.split(), err) == (0, ["post.json", "post.vtt"], "1 unchanged\n")
    assert again.calls == []
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in before} == before
    (tmp_path / "post.md").write_text(TEXT.replace("Grace", "Hopper"), encoding="utf-8")
    code, _, err = run("align", "post.md", "talk.wav", stages=again)
    assert (code, again.calls) == (0, [])  # recognised before, aligned again
    assert "also written: post.vtt" in err
    assert {speaker.name for speaker in transcript_of(tmp_path / "post.json").speakers} == {"Ada Lovelace", "Hopper"}


def test_a_text_keeps_its_notes_and_its_footer_is_named(run: Run, audio: Path, tmp_path: Path) -> None:
    lines = [f"{('Ada', 'Bo')[n % 2]}: {' '.join(SPOKEN[10 * n : 10 * n + 10])}" for n in range(6)]
    lines[1] += " [not]"
    text = "\n".join(lines) + "\n\nTranscribed by https://otter.ai\n"
    (tmp_path / "post.txt").write_text(text, encoding="utf-8")
    code, _, err = run("align", "post.txt", "talk.wav", "-f", "vtt", stages=stages())
    assert (code, "left out, as it is no speech (3 words): 'Transcribed by" in err) == (0, True), err
    assert "[not]" in (tmp_path / "post.vtt").read_text(encoding="utf-8")
    assert (tmp_path / "post.txt").read_text(encoding="utf-8") == text


def test_what_only_one_of_the_two_has_is_listed_with_lines_and_times(run: Run, audio: Path, tmp_path: Path) -> None:
    added, cut = random_talk(random.Random(12), 12), random_talk(random.Random(13), 9)
    heard = SPOKEN[:40] + cut + SPOKEN[40:]
    text = TEXT.replace("**Grace**: ", "**Grace**: " + " ".join(added[:6]) + "\n" + " ".join(added[6:]) + "\n")
    (tmp_path / "post.md").write_text("Before.\n\n" + text.partition("---\n\n")[2], encoding="utf-8")
    code, _, err = run("align", "post.md", "talk.wav", stages=stages(heard))
    assert code == 0
    assert "lines 5 to 6: 12 words are not spoken, and left out (at 0:00:15)" in err
    assert "0:00:20 to 0:00:24: 9 words are not in the text, after line 7" in err
    assert "1 words before the first speaker" not in err
    assert "(1 words): 'Before.'" in err
    lost = {line for line in err.splitlines() if "words" in line}
    code, _, err = run("align", "post.md", "talk.wav", stages=stages(heard))
    assert (code, "1 unchanged" in err) == (0, True)
    assert {line for line in err.splitlines() if "words" in line} == lost
    timed = transcript_of(tmp_path / "post.json")
    assert [word.text for word in timed.words] == SPOKEN
    codes: dict[str, Any] = {warning.code: dict(warning.values) for warning in timed.warnings}
    assert codes["text-not-spoken"] == {"first_line": 5, "last_line": 6, "words": 12, "at": 14.9}
    assert codes["speech-not-written"] == {"start": 20.0, "end": 24.4, "words": 9, "after_line": 7}
    listed = [(doubt.start, doubt.end, doubt.alternative) for doubt in timed.doubts]
    assert listed == [(14.9, 14.9, ""), (20.0, 24.4, " ".join(cut))]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (
            "post.md",
            "**Ada**: " + " ".join(random_talk(random.Random(1), 50)),
            "is not the recording of this text: 0 %",
        ),
        ("post.md", "No speaker says anything here.\n\nNor here.\n", "post.md: "),
        ("post.txt", "no speaker says anything here\nnor here\n", "post.txt: names no speaker"),
        ("post.md", "", "post.md: has no spoken words"),
        ("post.txt", "", "post.txt: has no spoken words"),
        ("post.rttm", "SPEAKER a 1 0.0 1.0 <NA> <NA> Ada <NA> <NA>\n", "post.rttm: has times of speakers"),
        ("post.exe", "MZ", "post.exe: "),
    ],
)
def test_a_text_that_cannot_have_times_is_refused(
    run: Run, audio: Path, tmp_path: Path, *, name: str, text: str, message: str
) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    code, out, err = run("align", name, "talk.wav", stages=stages())
    assert (code, out) == (1, "")
    assert err.startswith("Error: ")
    assert message in err
    assert err.count("\n") == 1
    assert [path.name for path in tmp_path.glob("post*")] == [name]


def test_missing_files_and_silence_are_refused(run: Run, audio: Path, tmp_path: Path) -> None:
    (tmp_path / "post.md").write_text(TEXT, encoding="utf-8")
    for arguments, expected, message in (
        (("post.md", "none.wav"), 2, "none.wav: no such file"),
        (("none.md", "talk.wav"), 2, "none.md: no such file"),
        (("post.md", "post.md"), 2, "post.md"),
    ):
        code, out, err = run("align", *arguments, stages=stages())
        assert (code, out) == (expected, ""), err
        assert f"Error: {message}" in err
    code, _, err = run("align", "post.md", "talk.wav", stages=stages([]))
    assert (code, "no speech was found" in err) == (1, True)
    assert run("align", "post.md", "talk.wav", "-f", "mp3", stages=stages())[0] == 2
    code, _, err = run("align", "post.md", "https://example.org/talk.mp3", stages=stages())
    assert (code, "is an address; fetch the recording first" in err) == (2, True)
    assert run("align", "post.md", "talk.wav", "-l", "xx", stages=stages())[0] == 2


@pytest.mark.parametrize("foreign", ['{"segments": []}', "not JSON"])
def test_files_of_others_are_kept_and_named(run: Run, audio: Path, tmp_path: Path, foreign: str) -> None:
    (tmp_path / "post.md").write_text(TEXT, encoding="utf-8")
    (tmp_path / "post.json").write_text(foreign, encoding="utf-8")
    (tmp_path / "post.vtt").write_text("WEBVTT mine", encoding="utf-8")
    for state in ("written", "unchanged"):
        code, out, err = run("align", "post.md", "talk.wav", "-f", "vtt", stages=stages())
        assert (code, out.split()) == (0, ["post.new.json", "post.new.vtt"])
        assert f"1 {state}" in err
        assert ("post.json was there before, and is kept" in err) == (state == "written")
    assert (tmp_path / "post.json").read_text(encoding="utf-8") == foreign
    assert (tmp_path / "post.vtt").read_text(encoding="utf-8") == "WEBVTT mine"


def test_captions_get_times_of_their_own_beside_the_others(run: Run, audio: Path, tmp_path: Path) -> None:
    vtt = f"WEBVTT\n\n00:00.000 --> 00:09.000\n<v Ada>{' '.join(SPOKEN[:30])}\n\n"
    vtt += f"00:09.000 --> 00:20.000\n<v Bo>{' '.join(SPOKEN[30:])}\n"
    (tmp_path / "post.vtt").write_text(vtt, encoding="utf-8")
    code, out, err = run("align", "post.vtt", "talk.wav", "-f", "vtt,md", stages=stages())
    assert (code, out.split()) == (0, ["post.json", "post.new.vtt", "post.md"]), err
    assert (tmp_path / "post.vtt").read_text(encoding="utf-8") == vtt


def test_a_timed_transcript_of_another_recording_is_kept(run: Run, audio: Path, tmp_path: Path) -> None:
    (tmp_path / "post.md").write_text(TEXT, encoding="utf-8")
    tone(tmp_path / "other.wav", seconds=30.0, hertz=300)
    run("align", "post.md", "talk.wav", stages=stages())
    before = (tmp_path / "post.json").read_bytes()
    code, out, _ = run("align", "post.md", "other.wav", stages=stages())
    assert (code, out.split()) == (0, ["post.new.json"])
    assert (tmp_path / "post.json").read_bytes() == before


def test_another_folder_and_a_reference_for_checks(run: Run, audio: Path, tmp_path: Path) -> None:
    (tmp_path / "post.md").write_text(TEXT, encoding="utf-8")
    code, out, _ = run("align", "post.md", "talk.wav", "-o", "out", "--reference", "refs", stages=stages())
    assert (code, out.split()) == (0, ["out/post.json"])
    assert json.loads((tmp_path / "out/post.json").read_bytes())["episode"]["audio_path"] == "../talk.wav"
    code, out, err = run("score", "refs/talk.ref.md", "out/post.json")
    assert (code, err) == (0, "")
    assert "0.00 %" in out
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["post.md", "talk.wav"]


def test_a_reference_of_a_text_that_has_its_times_is_named(run: Run, audio: Path, tmp_path: Path) -> None:
    (tmp_path / "post.md").write_text(TEXT, encoding="utf-8")
    run("align", "post.md", "talk.wav", stages=stages())
    code, _, err = run("align", "post.md", "talk.wav", "--reference", "refs", stages=stages())
    assert (code, "also written: refs/talk.ref.md" in err, "1 written" in err) == (0, True, True), err
    assert run("align", "post.md", "talk.wav", "--reference", "refs", stages=stages())[2] == "1 unchanged\n"


def test_documents_keep_what_the_post_has_as_exports_do(run: Run, audio: Path, tmp_path: Path) -> None:
    words = GRACE.split()
    structured = f"[{words[0]}](https://a.b) {' '.join(words[1:])}\n\n![A box](box.png)\n\n## Part two\n\n- a link"
    (tmp_path / "post.md").write_text(TEXT.replace(GRACE, structured), encoding="utf-8")
    code, _, err = run("align", "post.md", "talk.wav", "-f", "vtt,txt,html", stages=stages())
    assert (code, "left out of post.vtt: 1 address of a link" in err) == (0, True), err
    written = {name: (tmp_path / name).read_bytes() for name in ("post.txt", "post.html", "post.vtt", "post.json")}
    assert all(part in written["post.txt"].decode() for part in ("(https://a.b)", "A box", "## Part two", "- a link"))
    code, _, err = run("sync", "post.md")
    assert (code, "nothing changed" in err) == (0, True), err
    assert {name: (tmp_path / name).read_bytes() for name in written} == written


def test_exports_and_sync_go_on_from_it(run: Run, audio: Path, tmp_path: Path) -> None:
    (tmp_path / "post.md").write_text(TEXT, encoding="utf-8")
    run("align", "post.md", "talk.wav", stages=stages())
    assert run("sync", "post.md")[0] == 0
    code, out, err = run("export", "post.md", "-f", "srt,docx")
    assert (code, out.split()) == (0, ["post.srt", "post.docx"]), err
    assert (tmp_path / "post.md").read_text(encoding="utf-8") == TEXT


def test_notes_and_what_is_below_a_heading_are_accounted_for(run: Run, audio: Path, tmp_path: Path) -> None:
    note = "[a long note of eight words or so]"
    text = TEXT.replace(GRACE, f"{note} {GRACE} _laughs_") + "\n## Links\n\nSome links of ours.\n"
    (tmp_path / "post.md").write_text(text, encoding="utf-8")
    code, _, err = run("align", "post.md", "talk.wav", stages=stages())
    assert (code, "lines 9 to 11: 5 words are not spoken" in err) == (0, True), err
    timed = transcript_of(tmp_path / "post.json")
    assert " ".join(word.text for word in timed.turns[1].words) == f"{note} {GRACE} [laughs]"
    assert [word.start for word in timed.words if word.text in SPOKEN] == [i / 2 for i in range(60)]


def test_progress_is_for_programs_too(run: Run, audio: Path, tmp_path: Path) -> None:
    (tmp_path / "post.md").write_text(TEXT, encoding="utf-8")
    code, out, err = run("align", "post.md", "talk.wav", "--progress", "json", stages=stages())
    events = [json.loads(line) for line in err.splitlines()]
    assert (code, out.split()) == (0, ["post.json"])
    ended = next(event for event in events if event["event"] == "ended")
    assert (ended["source"], ended["state"], ended["words"]) == ("post.md", "written", 60)
    assert events[-1]["event"] == "report"


def test_a_failed_recognition_costs_its_text(run: Run, audio: Path, tmp_path: Path) -> None:
    (tmp_path / "post.md").write_text(TEXT, encoding="utf-8")
    broken = ScriptedStages(said=" ".join(SPOKEN), broken=frozenset({"recognize"}))
    code, out, err = run("align", "post.md", "talk.wav", stages=broken)
    assert (code, out, err) == (1, "", "Error: post.md: recognize broke, as told\n")


UNSAID = random_talk(random.Random(12), 18)
NEVER = f"{' '.join(UNSAID[:9])}, [then as now] *{' '.join(UNSAID[9:])}*."


@pytest.mark.parametrize(
    ("text", "n_unsaid"),
    [
        (TEXT.replace(ADA, f"{NEVER} {ADA}"), 18),
        (TEXT.replace(ADA, f"{ADA} {NEVER}"), 18),
        (TEXT.replace(GRACE, f"{' '.join(SPOKEN[30:40])} [laughs] {NEVER}\n\n{' '.join(SPOKEN[40:])}"), 18),
        (TEXT.replace("**Grace**: ", f"**Bea**: {' '.join(UNSAID)}\n\n**Grace**: "), 18),
        (TEXT.replace("**Grace**: ", f"{' '.join(UNSAID[:9])}\n\n**Grace**: {' '.join(UNSAID[9:])} "), 18),
        (TEXT + " ".join(SPOKEN[:20]), 20),  # a quotation of what was said before
    ],
)
def test_what_nobody_says_stays_left_out(run: Run, audio: Path, tmp_path: Path, text: str, n_unsaid: int) -> None:
    (tmp_path / "post.md").write_text(text, encoding="utf-8")
    code, _, err = run("align", "post.md", "talk.wav", "-f", "vtt,srt,docx", stages=stages())
    assert (code, "not spoken, and left out" in err) == (0, True), err
    written = {name: (tmp_path / name).read_bytes() for name in ("post.json", "post.vtt", "post.srt", "post.docx")}
    timed = transcript_of(tmp_path / "post.json")
    assert sum(len(re.findall(r"[^\W_]+", one.text)) for one in timed.unspoken) == n_unsaid
    for command in (("sync", "post.md"), ("export", "post.md", "-f", "vtt,txt"), ("sync", "post.md")):
        code, _, err = run(*command)
        assert (code, "changed in" in err) == (0, False), err
        assert {name: (tmp_path / name).read_bytes() for name in written} == written
    times = [at for turn in page_state("post", text.encode(), timed)["turns"] for at in turn["times"]]
    assert sum(at >= 0 for at in times) == 2 * len(SPOKEN)


def test_what_nobody_says_stays_left_out_after_edits(run: Run, audio: Path, tmp_path: Path) -> None:
    first, second = [*SPOKEN[:40]], [*SPOKEN[40:]]
    unsaid, post = [*UNSAID], tmp_path / "post.md"

    def text() -> str:
        return f"**Ada**: {' '.join(first[:30])}\n\n**Grace**: {' '.join((*first[30:], *unsaid, *second))}\n"

    post.write_text(text(), encoding="utf-8")
    run("align", "post.md", "talk.wav", "-f", "vtt", stages=stages())
    before = transcript_of(tmp_path / "post.json")
    for words, at, new, report in (
        (first, 5, ["never"], "1 word changed in 1 turn"),
        (second, 10, ["another"], "1 word changed in 1 turn"),
        (unsaid, 4, ["unsaid", "newly"], "the text around the words changed"),
        (first, 39, [first[39], "quite"], "1 word changed in 1 turn"),
    ):
        words[at : at + 1] = new
        post.write_text(text(), encoding="utf-8")
        code, _, err = run("sync", "post.md")
        assert (code, report in err) == (0, True), err
        timed = transcript_of(tmp_path / "post.json")
        assert [word.text for word in timed.words] == [*first, *second]
        assert [one.text.split() for one in timed.unspoken] == [unsaid]
    unsaid.clear()
    post.write_text(text(), encoding="utf-8")
    run("sync", "post.md")
    after = transcript_of(tmp_path / "post.json")
    assert (after.unspoken, [word.text for word in after.words]) == ((), [*first, *second])
    old = {(word.start, word.text) for word in before.words}
    assert len(old - {(word.start, word.text) for word in after.words}) == 2  # the two that were replaced
