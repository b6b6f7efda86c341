"""A feed from its address to drafts, over a real server on 127.0.0.1, with scripted stages."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from urllib3.util.retry import Retry

from audio.disk import sha256_of
from audio.episode import Episode
from audio.fetching.companions import Companions
from audio.fetching.library import Library
from tests.support.command_line import Run
from tests.support.scripted_stages import tone
from transcribe.batch.planning import states
from transcribe.settings import Settings

ITEM = """<item><title>{title}</title><guid>{guid}</guid><pubDate>{day} Jan 2026 10:00:00 GMT</pubDate>
<enclosure url="{file}" type="audio/wav" length="1"/></item>"""


class SilentHandler(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def show(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a show with three episodes; the audio of the last one is missing."""
    folder = tmp_path_factory.mktemp("server")
    tone(folder / "one.wav")
    tone(folder / "two.wav", hertz=550)
    items = [("Storage, at last", "g1", 5, "one.wav"), ("Café talk", "g2", 6, "two.wav"), ("Gone", "g3", 7, "gone.wav")]
    body = "".join(ITEM.format(title=t, guid=g, day=d, file=f) for t, g, d, f in items)
    (folder / "feed").write_text(f'<rss version="2.0"><channel><title>A show</title>{body}</channel></rss>')
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(SilentHandler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/feed"
    server.shutdown()
    server.server_close()
    thread.join()


def test_feed_becomes_drafts_despite_one_bad_episode(run: Run, show: str, tmp_path: Path) -> None:
    code, out, err = run("run", show)
    assert code == 1
    assert sorted(out.split()) == [
        f"transcripts/{stem}.{suffix}"
        for stem in ("2026-01-05-storage-at-last", "2026-01-06-cafe-talk")
        for suffix in ("json", "md")
    ]
    assert err.splitlines()[-1].startswith("Error: ")
    assert "gone.wav" in err.splitlines()[-1]
    draft = (tmp_path / "transcripts" / "2026-01-06-cafe-talk.md").read_text()
    assert "title: Café talk\n" in draft or "title: Cafe talk\n" in draft
    assert "date: 2026-01-06 10:00:00 UTC" in draft
    assert f"{show.removesuffix('feed')}two.wav" in draft
    timed = json.loads((tmp_path / "transcripts" / "2026-01-06-cafe-talk.json").read_text())
    assert timed["episode"]["audio_path"] == "2026-01-06-cafe-talk.wav"
    assert timed["episode"]["show"] == "A show"


def test_what_is_downloaded_is_not_among_what_the_run_wrote(run: Run, show: str, tmp_path: Path) -> None:
    """Of the files that changed on disk the report has all others."""
    folder = tmp_path / "transcripts"
    run("run", show)
    told = json.loads((folder / ".turnscript" / "report.json").read_text())["episodes"]
    changed = {f"transcripts/{path.name}" for path in folder.iterdir() if path.is_file()}
    assert {path for path in changed if not path.endswith(".wav")} == {path for one in told for path in one["written"]}
    assert sum(path.endswith(".wav") for path in changed) == 2


def test_second_run_changes_nothing(run: Run, show: str, tmp_path: Path) -> None:
    run("run", show, "--match", "storage")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "transcripts").iterdir() if path.is_file()}
    code, out, err = run("run", show, "--match", "storage")
    assert (code, err) == (0, "1 unchanged\n")
    assert len(out.split()) == 2
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_a_download_replaced_before_it_is_transcribed_is_cached_under_its_own_hash(
    run: Run, show: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = tmp_path / "transcripts" / "2026-01-05-storage-at-last.wav"

    def replace(companions: Companions) -> None:
        tone(tmp_path / "other.wav", hertz=660).replace(recording)

    monkeypatch.setattr(Companions, "transcript", replace)
    assert run("run", show, "--match", "storage")[0] == 0
    assert json.loads(recording.with_suffix(".json").read_text())["made_with"]["audio_sha256"] == sha256_of(recording)


def test_list_shows_the_state_of_each_episode(run: Run, show: str) -> None:
    run("fetch", show, "--episode", "g1")
    run("run", show, "--episode", "g2")
    code, out, _ = run("list", show)
    assert code == 0
    assert [line.split()[2:4] for line in out.splitlines()] == [
        ["fetched", "Storage,"],
        ["transcribed", "Café"],
        ["new", "Gone"],
    ]
    states = {each["guid"]: each["state"] for each in json.loads(run("list", show, "--json")[1])}
    assert states == {"g1": "fetched", "g2": "transcribed", "g3": "new"}
    assert len(run("list", show, "--latest", "1")[1].splitlines()) == 1
    assert len(run("list", show, "--since", "2026-01-06")[1].splitlines()) == 2
    code, out, err = run("list", show, "--match", "no such title")
    assert (code, out) == (0, "")
    assert err == f"{show}: no episode matches --match 'no such title' (3 in all); see transcribe list {show}\n"


def test_list_shows_no_user_name_and_password(run: Run, show: str, tmp_path: Path) -> None:
    typed = show.replace("//", "//me:s3cret@")
    (tmp_path / "page.html").write_text(f"<audio src='{typed.removesuffix('feed')}one.wav'></audio>")
    for source in (f"{typed.removesuffix('feed')}one.wav", typed, "page.html"):
        for options in ([], ["--json"]):
            code, out, err = run("list", source, *options)
            assert code == 0
            assert "s3cret" not in out + err
    assert json.loads(out)[0]["audio_url"] == f"{show.removesuffix('feed')}one.wav"


def test_episode_with_a_reused_guid_is_new(tmp_path: Path) -> None:
    """The feed has dropped Monday and gives its guid to Tuesday, which is new."""
    monday, tuesday = (
        Episode(name, audio_url=f"https://x.example/{name}.mp3", show="S", guid="same")
        for name in ("Monday", "Tuesday")
    )
    library = Library(tmp_path)
    library.claim(monday)
    (tmp_path / "monday.json").touch()
    settings = Settings(output=str(tmp_path))
    assert states([monday], settings) == ["transcribed"]
    assert states([tuesday], settings) == ["new"]


def test_fetch_prints_paths_and_sets_the_exit_code(run: Run, show: str, tmp_path: Path) -> None:
    code, out, err = run("fetch", show, "-o", "audio")
    assert code == 1
    assert sorted(out.split()) == ["audio/2026-01-05-storage-at-last.wav", "audio/2026-01-06-cafe-talk.wav"]
    assert err.startswith("Error: ")
    assert all((tmp_path / path).stat().st_size > 1000 for path in out.split())


def test_dry_run_of_a_feed_downloads_nothing(run: Run, show: str, tmp_path: Path) -> None:
    code, out, err = run("run", show, "-n")
    assert (code, out) == (0, "")
    assert [line for line in err.splitlines() if line.endswith("to be fetched and transcribed")] == err.splitlines()[:3]
    assert "Café talk: to be fetched and transcribed" in err
    assert err.splitlines()[3:] == ["3 recordings, length unknown"]
    assert not (tmp_path / "transcripts").exists()


def test_unreachable_address_is_a_one_line_error(run: Run, show: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """After retries without pauses."""
    monkeypatch.setattr(Retry, "get_backoff_time", lambda self: 0.0)
    for address in (f"{show}-nowhere", "http://127.0.0.1:9/feed", "http://me:s3cret@127.0.0.1:9/feed"):
        code, out, err = run("run", address)
        assert (code, out) == (1, "")
        (line,) = err.splitlines()
        assert line.startswith("Error: ")
        assert "127.0.0.1" in line
        assert "s3cret" not in line


def test_show_without_new_episodes_is_no_error(
    run: Run, show: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "transcribe.toml").write_text(f'[[show]]\nname = "Old"\nfeed = "{show}"\nsince = 2026-02-01\n')
    day = ("--since", "2026-02-01")
    for command in (["run"], ["run", "-n"], ["run", show, *day], ["fetch", show, *day]):
        caplog.clear()
        code, out, err = run(*command)
        assert (code, out, "Error" in err) == (0, "", False), command
        assert caplog.messages == [
            f"{show}: no episode matches --since 2026-02-01 (3 in all); see transcribe list {show}"
        ]
    assert not (tmp_path / "transcripts").exists()
    for selection in (["--match", "no such title"], ["--episode", "g9"]):
        assert run("run", show, *day, *selection)[0] == 1


def test_since_is_an_error_if_no_episode_has_a_date(run: Run, show: str, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(f"<audio src='{show.removesuffix('feed')}one.wav'></audio>")
    code, _, err = run("run", "page.html", "--since", "2026-01-01")
    assert code == 1
    assert "no episode has a publication date" in err


def test_selection_without_matches_is_an_error(run: Run, show: str, tmp_path: Path) -> None:
    for command in ("run", "fetch"):
        code, out, err = run(command, show, "--match", "no such title")
        assert (code, out) == (1, "")
        assert "no episode matches --match 'no such title' (3 in all)" in err
    tone(tmp_path / "a.wav")
    assert run("fetch", "a.wav", "--since", "2026-01-01")[1] == "a.wav\n"
    assert len(run("list", "a.wav", "--since", "2026-01-01")[1].splitlines()) == 1
