"""The history of a baseline in git: its numbers, what is missing from it, and that a checkout's programs do not run."""

from __future__ import annotations

import json
import os
import shutil
import struct
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.checked_clip import Telling, write_clip
from tests.support.command_line import Run
from transcribe.evaluation.baseline import Baseline, BaselineClip
from transcribe.evaluation.clip import Clips
from transcribe.evaluation.git_versions import versions_of
from transcribe.evaluation.history import History, Point, history_of
from transcribe.evaluation.history_plot import MOST_CLIPS, figure_of, plot
from transcribe.evaluation.history_report import as_dict, markdown, text
from transcribe.evaluation.limits import Limits

NO_CLIPS = Clips((), Limits())


class Repository:
    """A git repository of one file, as a user would make it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments: str, day: int = 1) -> str:
        date = f"2026-01-{day:02} 12:00:00 +0000"
        environ = {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date, "GIT_CONFIG_GLOBAL": os.devnull}
        who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
        command = ["git", *who, "-C", str(self.folder), *arguments]
        result = subprocess.run(command, env=os.environ | environ, capture_output=True, text=True, check=True)
        return result.stdout.strip()

    def commit(self, content: str | Baseline, *, day: int, name: str = "baseline.json") -> str:
        if isinstance(content, Baseline):
            content.save(self.folder / name)
        else:
            (self.folder / name).write_text(content)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", f"day {day}", day=day)
        return self.git("rev-parse", "--short=7", "HEAD")


def baseline(errors: float, *, clips: tuple[str, ...] = ("opening",), reference: str = "r") -> Baseline:
    """`errors` wrong words of a hundred in each clip."""
    rows = {"wer": ((errors, 100.0),), "cpwer": ((2 * errors, 100.0),)}
    return Baseline({name: BaselineClip(reference, {m: rows[m][0][0] / 100 for m in rows}, rows) for name in clips})


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository")


@pytest.fixture
def four(repository: Repository) -> tuple[Repository, list[str]]:
    """Four versions, the third renamed, the fourth by a merge."""
    commits = [repository.commit(baseline(8), day=1), repository.commit(baseline(4), day=2)]
    repository.git("mv", "baseline.json", "record.json")
    commits.append(repository.commit(baseline(5), day=3, name="record.json"))
    repository.git("checkout", "--quiet", "-b", "branch")
    repository.commit(baseline(7), day=4, name="record.json")
    repository.commit(baseline(6), day=5, name="record.json")
    repository.git("checkout", "--quiet", "main")
    repository.git("merge", "--quiet", "--no-ff", "--message", "merged", "branch", day=6)
    return repository, [*commits, repository.git("rev-parse", "--short=7", "HEAD")]


@pytest.mark.processes
def test_four_versions_through_a_rename_and_a_merge(four: tuple[Repository, list[str]]) -> None:
    repository, commits = four
    history = history_of(repository.folder / "record.json", NO_CLIPS, baseline(3))
    assert history.notes == ()
    assert [point.label for point in history.points] == [*commits, "this run"]
    assert [point.date for point in history.points] == ["2026-01-01", "2026-01-02", "2026-01-03", "2026-01-06", ""]
    assert history.series("wer") == (0.08, 0.04, 0.05, 0.06, 0.03)
    assert history.series("cpwer", "opening") == (0.16, 0.08, 0.10, 0.12, 0.06)
    rows = [line.split() for line in text(history).splitlines()]
    assert [commits[1], "2026-01-02", "4.0", "%", "8.0", "%", "1"] in rows
    summary = markdown(history, png="history.png").replace("<!-- -->", "").replace("\\.", ".")  # hashes are no links
    assert f"| {commits[3]} | 2026-01-06 | 6.0 % | 12.0 % | 1 |" in summary
    assert "| opening | █▅▅▆▄ 8.0 % → 3.0 % |" in summary
    assert "history.png" in summary


@pytest.mark.processes
def test_the_plot_has_the_numbers_the_limits_and_the_right_size(four: tuple[Repository, list[str]]) -> None:
    repository, commits = four
    found = history_of(repository.folder / "record.json", NO_CLIPS, baseline(3))
    history = History(found.points, found.notes, Limits(wer=0.2, cpwer=None), {"opening": Limits()})
    figure = figure_of(history)
    whole, clip = [axes for axes in figure.axes if axes.get_visible()]
    for axes, limits in ((whole, {20.0}), (clip, {15.0, 20.0})):
        lines: dict[str, list[float]] = {str(line.get_gid()): list(line.get_ydata()) for line in axes.lines}
        assert {k.split()[0]: v for k, v in lines.items() if "limit" not in k} == {
            "wer": pytest.approx([8, 4, 5, 6, 3]),
            "cpwer": pytest.approx([16, 8, 10, 12, 6]),
        }
        assert {round(rows[0], 6) for k, rows in lines.items() if "limit" in k} == limits
        assert axes.get_ylim()[0] == 0
    labels = [tick.get_text() for tick in whole.get_xticklabels()]
    assert labels == [*map("\n".join, zip(commits, [p.date for p in history.points], strict=False)), "this run"]
    png = plot(history)
    width, height = struct.unpack(">II", png[16:24])
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert (width, height) == tuple((figure.get_size_inches() * figure.get_dpi()).astype(int))
    assert png == plot(history), "the same bytes"
    assert b"tEXt" not in png
    assert b"tIME" not in png


@pytest.mark.processes
def test_broken_versions_are_counted_and_named(repository: Repository) -> None:
    good = repository.commit(baseline(8), day=1)
    broken = repository.commit('{"schema": 1, "clips": {"x": 3}}', day=2)
    newer = repository.commit('{"schema": 99, "clips": {"x": {}}}', day=3)
    (repository.folder / "baseline.json").unlink()
    repository.git("commit", "--quiet", "--all", "--message", "deleted", day=4)
    old = json.loads(Path.read_text(_saved(baseline(4), repository.folder)))
    for row in old["clips"].values():  # as an earlier version wrote it
        row["behind"] = row.pop("differences") or ["a sentence"]
    last = repository.commit(json.dumps(old), day=5)
    history = history_of(repository.folder / "baseline.json", NO_CLIPS, Baseline({}))
    assert [point.label for point in history.points] == [good, last]
    assert history.series("wer") == (0.08, 0.04)
    (note,) = history.notes
    assert note.startswith(f"2 of 4 versions could not be read ({broken}, {newer})")


def _saved(content: Baseline, folder: Path) -> Path:
    path = folder / "kept.json"
    content.save(path)
    return path


@pytest.mark.processes
def test_only_the_newest_versions_are_read(repository: Repository) -> None:
    for day in range(1, 8):
        repository.commit(baseline(day), day=day)
    history = history_of(repository.folder / "baseline.json", NO_CLIPS, Baseline({}), newest=3)
    assert history.series("wer") == (0.05, 0.06, 0.07)


@pytest.mark.processes
def test_changes_that_are_not_committed_are_a_point_of_their_own(repository: Repository) -> None:
    first = repository.commit(baseline(8), day=1)
    baseline(5).save(repository.folder / "baseline.json")
    history = history_of(repository.folder / "baseline.json", NO_CLIPS, baseline(3))
    assert [point.label for point in history.points] == [first, "not committed", "this run"]
    assert history.notes == (f"{repository.folder / 'baseline.json'}: has changes that are not committed",)


@pytest.mark.processes
@pytest.mark.parametrize("state", ["no commits", "not added", "no repository", "damaged"])
def test_no_history_is_a_note(repository: Repository, state: str) -> None:
    if state in ("not added", "damaged"):
        repository.commit("x", day=1, name="other")
    if state == "no repository":
        shutil.rmtree(repository.folder / ".git")
    if state == "damaged":
        (repository.folder / ".git" / "HEAD").write_text("nonsense")
    baseline(5).save(repository.folder / "baseline.json")
    history = history_of(repository.folder / "baseline.json", NO_CLIPS, baseline(3))
    assert history.series("wer") == (0.05, 0.03)
    (note,) = history.notes
    expected = {
        "no commits": "has no commits yet",
        "not added": "is not committed",
        "no repository": "is not in a git repository",
        "damaged": "git refuses its repository",
    }
    assert expected[state] in note


def test_without_git_there_is_a_note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "git is not installed" in versions_of(tmp_path / "baseline.json").notes[0]


@pytest.mark.processes
def test_a_shallow_clone_says_that_versions_are_missing(four: tuple[Repository, list[str]], tmp_path: Path) -> None:
    repository, commits = four
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", "--depth=1", f"file://{repository.folder}", str(clone)], check=True)
    history = history_of(clone / "record.json", NO_CLIPS, Baseline({}))
    assert [point.label for point in history.points] == commits[-1:]
    assert "the clone is shallow" in history.notes[0]


@pytest.mark.processes
def test_names_with_magic_are_names(repository: Repository) -> None:
    name = ":(glob)*\n--x.json"
    repository.commit(baseline(4), day=1, name=name)
    repository.commit(baseline(9), day=2, name="other.json")
    assert history_of(repository.folder / name, NO_CLIPS, Baseline({})).series("wer") == (0.04,)


def sign(repository: Repository, folder: Path) -> str:
    """Replace the last commit by one with a signature, which git checks by a program of the repository's choice."""
    plain = repository.git("cat-file", "commit", "HEAD")
    (folder / "signed").write_text(plain.replace("\n\n", "\ngpgsig -----BEGIN PGP SIGNATURE-----\n\n", 1) + "\n")
    commit = repository.git("hash-object", "-t", "commit", "-w", str(folder / "signed"))
    repository.git("update-ref", "refs/heads/main", commit)
    return commit[:7]


def promise(repository: Repository, blob: str, program: Path) -> None:
    """Delete a blob, so that git fetches it by a program from the remote that promises it."""
    (repository.folder / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    settings = {
        "core.repositoryFormatVersion": "1",
        "extensions.partialClone": "origin",
        "remote.origin.promisor": "true",
        "remote.origin.url": f"ext::{program} %S",
        "protocol.ext.allow": "always",
        "protocol.allow": "always",
    }
    for key, value in settings.items():
        repository.git("config", key, value)


@pytest.mark.processes
def test_programs_named_by_the_repository_do_not_run(four: tuple[Repository, list[str]], tmp_path: Path) -> None:
    """The traps work: git by itself springs them."""
    repository, commits = four
    trap, sprung = tmp_path / "trap.sh", tmp_path / "sprung"
    trap.write_text(f'#!/bin/sh\necho "$@" >> "{sprung}"\ncat "$1" 2>/dev/null\nexit 0\n')
    trap.chmod(0o755)
    commits[-1] = sign(repository, tmp_path)
    blob = repository.git("rev-parse", f"{commits[1]}:baseline.json")
    for key in (
        *("core.fsmonitor", "core.pager", "core.sshCommand", "core.editor", "core.askPass", "diff.external"),
        *("diff.trap.textconv", "diff.trap.command", "filter.trap.clean", "filter.trap.smudge", "filter.trap.process"),
        *("gpg.program", "pager.log", "pager.cat-file", "core.alternateRefsCommand", "credential.helper"),
    ):
        repository.git("config", key, str(trap))
    repository.git("config", "log.showSignature", "true")
    repository.git("config", "core.hooksPath", str(tmp_path))
    (repository.folder / ".gitattributes").write_text("* diff=trap filter=trap\n")
    whole = history_of(repository.folder / "record.json", NO_CLIPS, Baseline({}))
    assert [point.label for point in whole.points] == commits
    assert not sprung.exists()
    promise(repository, blob, trap)
    for command in (["log", "-1"], ["status"], ["cat-file", "-p", blob]):
        subprocess.run(["git", "-C", str(repository.folder), *command], capture_output=True, check=False)
    assert "--verify" in sprung.read_text(), "the signature"
    assert "upload-pack" in sprung.read_text(), "the missing object"
    sprung.unlink()
    history = history_of(repository.folder / "record.json", NO_CLIPS, Baseline({}))
    assert "git log failed" in history.notes[0], "it needs the missing version to follow renames"
    assert not sprung.exists()


def test_lines_join_only_runs_that_can_be_compared() -> None:
    runs = [
        *(baseline(8), baseline(4), baseline(4, reference="corrected")),
        *(baseline(3, reference="corrected"), baseline(3, reference="corrected", clips=("opening", "phone"))),
    ]
    history = History(tuple(Point(str(at), run) for at, run in enumerate(runs)))
    assert list(history.comparable("wer")) == [(0, 1), (2, 3), (4,)]
    assert list(history.comparable("wer", "opening")) == [(0, 1), (2, 3, 4)]
    assert list(history.comparable("wer", "phone")) == [(4,)]
    assert history.series("wer", "phone") == (None, None, None, None, 0.03)
    assert history.measures == ("wer", "cpwer")


@pytest.mark.parametrize("count", [0, 1, MOST_CLIPS + 3])
def test_a_plot_of_any_number_of_clips(count: int) -> None:
    """Names are text, not mathematics; what is not drawn is said."""
    names = tuple(f"$\\frac{{{at}" + "x" * at + "\x1b\udce9日" for at in range(count))
    history = History((Point("1", baseline(5, clips=names)), Point("2", baseline(6, clips=names))) if count else ())
    assert plot(history).startswith(b"\x89PNG")
    drawn = [axes for axes in figure_of(history).axes if axes.get_visible()]
    assert len(drawn) == 1 + min(count, MOST_CLIPS)


@pytest.mark.processes
def test_the_command_prints_the_table_or_writes_the_plot(check: Run, tmp_path: Path) -> None:
    repository = Repository(tmp_path)
    write_clip(tmp_path / "clips")
    assert check("clips", "--baseline", "clips/baseline.json", "--update-baseline")[0] == 0
    repository.git("add", "clips")
    repository.git("commit", "--quiet", "--message", "baseline", day=1)
    commit = repository.git("rev-parse", "--short=7", "HEAD")
    code, out, _ = check("clips", "--history")
    assert code == 0
    assert [commit, "2026-01-01", *["0.0", "%"] * 4, "1"] in [line.split() for line in out.splitlines()]
    code, out, err = check("clips", "--history", "plot.png", "--markdown", "summary.md", stages=Telling())
    assert (code, "history:" in out) == (0, False)
    assert "plot.png: written" in err
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")
    summary = (tmp_path / "summary.md").read_text().replace("<!-- -->", "").replace("\\.", ".")
    assert f"| {commit} | 2026-01-01 | 0.0 % |" in summary
    assert "plot.png" in summary
    data: Any = json.loads(check("clips", "--json", "--history")[1])["history"]
    assert [run["label"] for run in data["runs"]] == [commit, "this run"]
    assert data["runs"][0]["clips"]["garden"] == {"wer": 0.0, "cpwer": 0.0, "tcpwer": 0.0, "der": 0.0}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--history", "clips"), "'clips' does not end in .png; put --history after CLIPS"),
        (("clips", "--history"), "--history needs the --baseline FILE whose versions it shows"),
    ],
)
def test_usage_errors_come_before_transcribing(
    check: Run, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    write_clip(tmp_path / "clips")
    stages = Telling()
    code, _, err = check(*arguments, stages=stages)
    assert (code, stages.calls) == (2, [])
    assert message in err


@pytest.mark.parametrize(
    ("changed", "breaks"),
    [({}, set()), ({"reference": "other"}, {2}), ({"clips": ("opening", "second")}, {2})],
)
def test_text_marks_where_the_reference_or_the_clips_changed(changed: dict[str, Any], breaks: set[int]) -> None:
    """In the table of runs, in the course of each clip, in Markdown and in JSON, as the plot interrupts its line."""
    runs = [baseline(8), baseline(4), baseline(5, **changed), baseline(6, **changed)]
    history = History(tuple(Point(f"run{at}", one) for at, one in enumerate(runs)))
    assert history.breaks("wer") == breaks
    assert [bool(run["not_comparable"]) for run in as_dict(history)["runs"]] == [at in breaks for at in range(4)]
    of_clip = history.breaks("wer", "opening")
    for page in (text(history), markdown(history).replace("\\|", "|")):
        lines = page.splitlines()
        assert ("do not compare across it" in page) == bool(breaks)
        for at in range(4):
            (row,) = [line for line in lines if f"run{at}" in line]
            assert ("| 5.0 %" in row.replace("| | ", "| ")) == (at in breaks) or "| run" in row
        course = next(line for line in lines if "█" in line)
        assert ("█▅|▅▆" in course, "8.0 % | 6.0 %" in course) == (bool(of_clip), bool(of_clip))
        assert ("█▅▅▆" in course, "8.0 % → 6.0 %" in course) == (not of_clip, not of_clip)
