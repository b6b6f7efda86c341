"""`transcribe export` as a user calls it."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from tests.support.command_line import Run
from tests.support.scripted_stages import tone


def test_export_writes_what_the_draft_says_now(run: Run, tmp_path: Path) -> None:
    tone(tmp_path / "a.wav")
    run("run", "a.wav", "-f", "md,vtt")
    draft = tmp_path / "transcripts" / "a.md"
    draft.write_text(draft.read_text().replace("I am Grace", "I am Grace Hopper"))
    code, out, _ = run("export", "transcripts/a.md", "-f", "vtt,srt,docx")
    assert code == 0
    assert out.split() == [f"transcripts/a.{suffix}" for suffix in ("vtt", "srt", "docx")]
    for suffix in ("vtt", "srt"):
        assert "Hopper" in (tmp_path / "transcripts" / f"a.{suffix}").read_text()
    assert "Hopper" in (tmp_path / "transcripts" / "a.json").read_text()
    assert run("run", "a.wav")[2] == "1 unchanged\n"
    assert "Hopper" in draft.read_text()
    assert run("export", "transcripts/b.md", "-f", "vtt")[0] == 2
    (tmp_path / "b.md").write_text("**A**: hello")
    code, _, err = run("export", "b.md", "-f", "vtt")
    assert code == 1
    assert "transcribe run" in err


def test_a_format_asked_for_after_an_edit_says_what_the_draft_says_and_goes_on_following_it(
    run: Run, tmp_path: Path
) -> None:
    tone(tmp_path / "a.wav")
    run("run", "a.wav", "-f", "md,json,vtt")
    draft, folder = tmp_path / "transcripts" / "a.md", tmp_path / "transcripts"
    machine = folder.joinpath("a.vtt").read_text()
    draft.write_text(draft.read_text().replace("I am Grace", "I am Hopper"))
    run("sync", "transcripts/a.md")
    code, _, err = run("run", "a.wav", "-f", "md,json,vtt,srt,txt,html")
    assert code == 0
    assert "lacks your latest edits" not in err, "as sync has them"
    for word in ("Hopper", "Murray"):
        for suffix in ("vtt", "srt", "txt", "html"):
            assert word in folder.joinpath(f"a.{suffix}").read_text()
        draft.write_text(draft.read_text().replace("I am Hopper", "I am Murray"))
        code, _, err = run("sync", "transcripts/a.md")
        assert (code, "by hand" in err) == (0, False)
    draft.write_text(draft.read_text().replace("I am Murray", "I am Grace"))
    assert run("export", "transcripts/a.md", "-f", "vtt,srt")[0] == 0
    assert folder.joinpath("a.vtt").read_text() == machine


def test_one_asked_for_before_the_sync_follows_with_it(run: Run, tmp_path: Path) -> None:
    tone(tmp_path / "a.wav")
    run("run", "a.wav")
    draft = tmp_path / "transcripts" / "a.md"
    draft.write_text(draft.read_text().replace("I am Grace", "I am Hopper"))
    run("run", "a.wav", "-f", "md,json,srt")
    assert "Hopper" not in draft.with_suffix(".srt").read_text()
    run("sync", "transcripts/a.md")
    assert "Hopper" in draft.with_suffix(".srt").read_text()


def times_in(path: Path) -> tuple[int, int]:
    """How many turns of a Word document begin with a time, and how many comments it has."""
    docx = import_module("docx")
    document = docx.Document(str(path))
    return sum(part.text[:1].isdigit() for part in document.paragraphs), len(list(document.comments))


def test_export_makes_a_document_anew_in_the_style_asked_for(run: Run, tmp_path: Path) -> None:
    tone(tmp_path / "a.wav")
    run("run", "a.wav")
    export, path = ("export", "transcripts/a.md", "-f", "docx"), tmp_path / "transcripts" / "a.docx"
    run(*export)
    turns = times_in(path)[0]
    assert turns > 1
    for option, expected in (
        ("comments", (0, turns)),
        ("none", (0, 0)),
        ("text", (turns, 0)),
        ("comments", (0, turns)),
    ):
        code, _, err = run(*export, "--docx-times", option)
        assert (code, err) == (0, "")
        assert times_in(path) == expected
    draft = tmp_path / "transcripts" / "a.md"
    draft.write_text(draft.read_text().replace("I am Grace", "I am Grace Hopper"))
    run(*export)
    assert times_in(path) == (0, turns), "nothing was asked, and it stays as it looks"
    (tmp_path / "transcribe.toml").write_text('docx-times = "none"\n')
    run(*export)
    assert times_in(path) == (0, 0)


def test_export_writes_into_a_folder_and_over_nothing_but_its_own(run: Run, tmp_path: Path) -> None:
    tone(tmp_path / "a.wav")
    run("run", "a.wav", "-f", "md,json,vtt")
    draft, site = tmp_path / "transcripts" / "a.md", tmp_path / "site" / "texts"
    export = ("export", "transcripts/a.md", "-f", "md,vtt,docx,podcast-json", "-o", "site/texts")
    beside = {path.name for path in draft.parent.iterdir()}
    draft.write_text(draft.read_text().replace("I am Grace", "I   am Hopper"))
    code, out, err = run(*export)
    assert (code, out.split()) == (0, [f"site/texts/a.{name}" for name in ("md", "vtt", "docx", "podcast.json")])
    assert (site / "a.md").read_bytes() == draft.read_bytes()
    assert "Hopper" in (site / "a.vtt").read_text()
    assert "Hopper" in (draft.parent / "a.vtt").read_text(), "synced"
    assert {path.name for path in draft.parent.iterdir()} == beside
    for word in ("Murray", "Borg"):  # synced in between, as by the page
        draft.write_text(draft.read_text().replace("Hopper", word).replace("Murray", word))
        run("sync", "transcripts/a.md")
        code, _, err = run(*export)
        assert (code, err, word in (site / "a.vtt").read_text()) == (0, "", True)
    (site / "a.vtt").write_text("WEBVTT\n\nby hand\n")
    draft.write_text(draft.read_text().replace("Borg", "Liskov"))
    code, out, err = run(*export)
    assert (code, (site / "a.vtt").read_text()) == (1, "WEBVTT\n\nby hand\n")
    assert out.split() == [f"site/texts/a.{name}" for name in ("md", "docx", "podcast.json")]
    assert "site/texts/a.vtt: is not as an export left it and is kept" in err
    assert "Liskov" in (site / "a.podcast.json").read_text()
    assert run("export", "transcripts/a.md", "-f", "vtt", "-o", "transcripts")[1:] == ("transcripts/a.vtt\n", "")
    (tmp_path / "file").write_text("")
    assert "is a file, not a folder" in run("export", "transcripts/a.md", "-f", "vtt", "-o", "file")[2]


def test_export_leaves_a_document_edited_by_hand_and_says_so(run: Run, tmp_path: Path) -> None:
    docx = import_module("docx")
    tone(tmp_path / "a.wav")
    run("run", "a.wav")
    export, path = ("export", "transcripts/a.md", "-f", "docx"), tmp_path / "transcripts" / "a.docx"
    run(*export)
    document = docx.Document(str(path))
    document.paragraphs[1].add_run(" Hand-made.")
    document.save(str(path))
    before = path.read_bytes()
    code, out, err = run(*export, "--docx-times", "comments")
    assert (code, out, path.read_bytes()) == (1, "", before)
    assert err.count("a.docx: was edited by hand and is not updated") == 1


def test_the_paths_export_and_sync_print_are_those_of_what_the_draft_says(run: Run, tmp_path: Path) -> None:
    """What somebody edited stays: an error for who asked for it, of no interest for who asked for other formats."""
    tone(tmp_path / "a.wav")
    run("run", "a.wav", "-f", "md,json,srt")
    draft, captions = tmp_path / "transcripts" / "a.md", tmp_path / "transcripts" / "a.srt"
    captions.write_text("mine\n")
    draft.write_text(draft.read_text().replace("I am Grace", "I am Hopper"))
    told = "Warning: transcripts/a.srt: was edited by hand and is not updated; to have it written again, delete it\n"
    code, out, err = run("export", "transcripts/a.md", "-f", "srt,vtt")
    assert (code, out, told in err) == (1, "transcripts/a.vtt\n", True)
    assert run("export", "transcripts/a.md", "-f", "vtt") == (0, "transcripts/a.vtt\n", "")
    assert run("export", "transcripts/a.md", "-f", "vtt", "-o", "site") == (0, "site/a.vtt\n", "")
    assert run("export", "transcripts/a.md", "-f", "srt", "-o", "site") == (0, "site/a.srt\n", "")
    code, out, err = run("sync", "transcripts/a.md")
    assert (code, out.split(), told in err) == (0, ["transcripts/a.json", "transcripts/a.vtt"], True)
    assert captions.read_text() == "mine\n"


def test_export_gives_the_podcast_lines_other_addresses(run: Run, tmp_path: Path) -> None:
    tone(tmp_path / "a.wav")
    run("run", "a.wav")
    export, path = ("export", "transcripts/a.md", "-f", "podcast"), tmp_path / "transcripts" / "a.podcast.xml"
    run(*export)
    assert 'url="a.vtt"' in path.read_text()
    for folder in ("https://x.example/t/", "https://y.example/?q=a&b=/"):
        code, _, err = run(*export, "--transcript-url", folder)
        left_out = "left out of transcripts/a.podcast.xml: 11 words, as the format has none"
        assert (code, err.splitlines()) == (0, [left_out])
        assert f'url="{folder.replace("&", "&amp;")}a.vtt"' in path.read_text()
    run(*export)
    assert "https://y.example" in path.read_text(), "nothing was asked, and it stays as it looks"
    path.write_text(path.read_text().replace("text/vtt", "text/mine"))
    before = path.read_bytes()
    code, _, err = run(*export, "--transcript-url", "https://x.example/t/")
    assert (code, path.read_bytes()) == (1, before)
    assert "a.podcast.xml: was edited by hand and is not updated; to have it written again, delete it" in err
