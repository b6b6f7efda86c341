"""Batches with the real models: kills, throughput by jobs, re-runs, a Dask cluster, and a peer on a long file.

    python -m benchmarks.batch.batch [kills] [throughput] [rerun] [dask] [peer]     (all sections by default)

The peer is faster-whisper's batched mode with senko, which `make .venv/peer.stamp` installs.

The recordings are those of ../shared/corpus, or of the --corpus folder; ffmpeg makes clips and a long file of them in a
temporary folder. Every run has a cache of its own that holds only the models, so that nothing is reused.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import imageio_ffmpeg

from benchmarks.measure import Elapsed, children_peak_megabytes, timed
from benchmarks.references import AUDIO_SUFFIXES, CORPUS
from tests.support.paths import ROOT, SHARED

LANGUAGE = ("--language", "en")
PEER_PYTHON = Path(sys.prefix) / "peer" / "bin" / "python"  # see the Makefile


class Workspace:
    """A temporary folder in which the command runs as for users, with caches that hold only the models."""

    def __init__(self, folder: Path, corpus: Path) -> None:
        self.folder, self.corpus = folder, corpus
        self._models = folder / "models"
        user_models = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "turnscript" / "models"
        if user_models.is_dir():
            shutil.copytree(user_models, self._models)
        else:
            self._models.mkdir()

    def cache(self, name: str) -> Path:
        """The cache of this name; a new one holds the models."""
        cache = self.folder / name
        if not cache.exists():
            shutil.copytree(self._models, cache / "turnscript" / "models", copy_function=os.link)
        return cache

    def start(self, *args: str | Path, cache: str) -> subprocess.Popen[str]:
        environ = {name: value for name, value in os.environ.items() if not name.startswith("TRANSCRIBE_")}
        return subprocess.Popen(
            [sys.executable, "-m", "transcribe.cli.main", "run", *LANGUAGE, *map(str, args)],
            cwd=self.folder,
            env={**environ, "XDG_CACHE_HOME": str(self.cache(cache)), "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *args: str | Path, cache: str, code: int = 0) -> tuple[Elapsed, str]:
        """The time of a run and its stderr; exits unless it ends with the expected code."""

        def run() -> tuple[int, str]:
            process = self.start(*args, cache=cache)
            err = process.communicate()[1]
            return process.returncode, err

        (returned, err), elapsed = timed(run)
        if returned != code:
            sys.exit(f"exit code {returned}: {err}")
        return elapsed, err

    def report(self, output: str) -> dict[str, Any]:
        """The report of the run that wrote to this folder."""
        report: dict[str, Any] = json.loads((self.folder / output / ".turnscript" / "report.json").read_text())
        return report

    def recordings(self, *names: str) -> list[Path]:
        return [next(p for p in self.corpus.glob(f"{name}.*") if p.suffix in AUDIO_SUFFIXES) for name in names]

    def ffmpeg(self, *args: str | Path | float) -> None:
        subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", "-nostdin", *map(str, args)], check=True)


def kills(workspace: Workspace, count: int) -> None:
    """`kill -9` at random moments; a normal run afterwards must write the drafts of an undisturbed run."""
    names = ("dialogue-0059", "dialogue-0062", "dialogue-0102", "dialogue-0186", "dialogue-jane-mark", "jfk")
    batch = workspace.folder / "batch"
    batch.mkdir()
    for path in workspace.recordings(*names):
        shutil.copy(path, batch)
    undisturbed, _ = workspace.run(batch, "-o", "undisturbed", "--jobs", "2", cache="undisturbed-cache")
    expected = drafts(workspace.folder / "undisturbed")
    chance = random.Random(50)
    killed = restarted = lost = 0
    for _ in range(count):
        process = workspace.start(batch, "-o", "killed", "--jobs", "2", cache="killed-cache")
        time.sleep(chance.uniform(0.5, 9.0))
        before = checkpoints(workspace.folder / "killed-cache")
        if process.poll() is None:
            killed += 1
        process.kill()
        process.communicate()
        after = checkpoints(workspace.folder / "killed-cache")
        lost += sum(after.get(name) != content for name, content in before.items())
        if drafts(workspace.folder / "killed").keys() == expected.keys():  # finished: start again from nothing
            restarted += 1
            shutil.rmtree(workspace.folder / "killed")
            shutil.rmtree(workspace.folder / "killed-cache")
    workspace.run(batch, "-o", "killed", "--jobs", "2", cache="killed-cache")
    same = drafts(workspace.folder / "killed") == expected
    say(
        f"kills: {killed} of {count} runs killed ({restarted} batches finished meanwhile), "
        f"{lost} checkpoints lost or changed, drafts {'identical' if same else 'DIFFER'} "
        f"(undisturbed: {undisturbed.wall:.0f} s)"
    )
    if not same or lost:
        sys.exit(1)


def throughput(workspace: Workspace, rounds: int) -> None:
    """Speed with one job and with two, in turn."""
    names = ("dialogue-0059", "dialogue-0062", "dialogue-0102", "dialogue-0186", "dialogue-0243", "dialogue-0278")
    batch = workspace.recordings(*names)
    best: dict[int, Elapsed] = {}
    audio = 0.0
    for number in range(rounds):
        for jobs in (1, 2):
            name = f"jobs{jobs}-{number}"
            elapsed, _ = workspace.run(*batch, "-o", name, "--jobs", str(jobs), cache=f"{name}-cache")
            audio = workspace.report(name)["audio_seconds"]
            say(f"throughput: --jobs {jobs}: {_speed(audio, elapsed)}")
            best[jobs] = min(best.get(jobs, elapsed), elapsed)
    cores = len(os.sched_getaffinity(0))
    for jobs, elapsed in best.items():
        bound = audio * cores / elapsed.cpu
        speed = audio / elapsed.wall
        say(f"throughput: --jobs {jobs} at best {speed:.1f} × real time; on fully used cores: {bound:.1f} ×")
    say(f"throughput: two jobs are {best[1].wall / best[2].wall:.2f} times as fast as one")


def rerun(workspace: Workspace) -> None:
    """A hundred short clips, ten of them broken: a first run, an unchanged one, one with other labels."""
    clips = workspace.folder / "clips"
    clips.mkdir()
    sources = workspace.recordings("dialogue-0059", "dialogue-0062", "dialogue-0102", "dialogue-0186", "dialogue-0243")
    for i in range(90):
        source = sources[i % len(sources)]
        workspace.ffmpeg("-ss", 4 * (i // len(sources)), "-t", 6, "-i", source, clips / f"clip{i:02}.wav")
    for i in range(10):
        (clips / f"broken{i}.mp3").write_bytes(b"\x00no audio in here\x00" * (i + 1))
    elapsed, err = workspace.run(clips, "-o", "many", cache="many-cache", code=1)
    named = sum(f"broken{i}.mp3" in err for i in range(10))
    written = len(list((workspace.folder / "many").glob("*.md")))
    say(f"rerun: 100 clips: {elapsed.wall:.1f} s, {written} drafts, {named} errors with a file name, exit code 1")
    before = {path: path.stat().st_mtime_ns for path in (workspace.folder / "many").glob("clip*")}
    elapsed, _ = workspace.run(clips, "-o", "many", cache="many-cache", code=1)
    same = before == {path: path.stat().st_mtime_ns for path in (workspace.folder / "many").glob("clip*")}
    say(f"rerun: unchanged: {elapsed.wall:.1f} s, {'nothing rewritten' if same else 'FILES REWRITTEN'}")
    stages = checkpoints(workspace.folder / "many-cache")
    elapsed, _ = workspace.run(clips, "-o", "many", "--labels", "initial", cache="many-cache", code=1)
    recomputed = len(checkpoints(workspace.folder / "many-cache")) - len(stages)
    say(f"rerun: other labels: {elapsed.wall:.1f} s, {recomputed} new checkpoints")
    if not same or recomputed or written != 90 or named != 10:
        sys.exit(1)


def dask_workers(workspace: Workspace) -> None:
    """Two Dask workers on this machine against two local jobs."""
    try:
        from distributed import LocalCluster
    except ImportError:
        say("dask: not measured; needs the extra `cluster`")
        return
    names = ("dialogue-0059", "dialogue-0062", "dialogue-0102", "dialogue-0186", "dialogue-0243", "dialogue-0278")
    batch = workspace.recordings(*names)
    local, _ = workspace.run(*batch, "-o", "local", "--jobs", "2", cache="local-cache")
    os.environ["XDG_CACHE_HOME"] = str(workspace.cache("dask-cache"))
    local_cluster: Any = LocalCluster  # untyped
    with local_cluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        address = cluster.scheduler_address
        dask, _ = workspace.run(*batch, "-o", "dask", "--scheduler", address, cache="dask-cache")
    same = drafts(workspace.folder / "dask") == drafts(workspace.folder / "local")
    ratio = local.wall / dask.wall
    say(f"dask: {dask.wall:.1f} s, local {local.wall:.1f} s: {ratio:.2f}; drafts {'equal' if same else 'DIFFER'}")


def peer(workspace: Workspace, minutes: int, *, python: Path) -> None:
    """The whole pipeline on one long file, start-up included, against the peer's composition, which `python` runs."""
    if not python.exists():
        say(f"peer: not measured, {python} does not exist: `make .venv/peer.stamp`, or --peer-python")
        return
    names = ("dialogue-0059", "dialogue-0062", "dialogue-0102", "dialogue-0186", "dialogue-0243", "dialogue-0278")
    parts = workspace.recordings(*names)
    listing = workspace.folder / "parts.txt"
    listing.write_text("".join(f"file '{path}'\n" for path in parts * 12))
    long = workspace.folder / "long.mp3"
    workspace.ffmpeg("-f", "concat", "-safe", 0, "-i", listing, "-t", 60 * minutes, "-ac", 1, "-ar", 44100, long)
    ours, _ = workspace.run(long, "-o", "ours", cache="ours-cache")
    report = workspace.report("ours")
    audio = report["audio_seconds"]
    say(f"peer: ours: {_speed(audio, ours)}, worker {children_peak_megabytes():.0f} MB")
    say(f"peer: ours by stage, side by side: {report['episodes'][0]['seconds']}")
    cores = len(os.sched_getaffinity(0))
    say(f"peer: ours, on fully used cores: {audio * cores / ours.cpu:.1f} × real time")
    model = workspace.cache("ours-cache") / "turnscript" / "models" / "base"
    (workspace.folder / "bin").mkdir()
    (workspace.folder / "bin" / "ffmpeg").symlink_to(imageio_ffmpeg.get_ffmpeg_exe())  # the peer needs ffmpeg on PATH
    path = f"{workspace.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    command: list[str | Path] = [
        python,
        SHARED / "tools" / "peer_baseline.py",
        model,
        workspace.folder / "peer",
        long,
    ]
    _, theirs = timed(subprocess.run, command, check=True, env={**os.environ, "PATH": path})
    say(f"peer: peer: {_speed(audio, theirs)}")
    say(f"peer: ours is {theirs.wall / ours.wall:.2f} times as fast, in 1/{theirs.cpu / ours.cpu:.2f} of the CPU time")


def drafts(folder: Path) -> dict[str, bytes]:
    """Every file of an output folder except the report, which has times."""
    files = (path for path in folder.glob("*") if path.is_file() and path.suffix != ".tmp")
    return {path.name: path.read_bytes() for path in files if path.name != "report.json"}


def checkpoints(cache: Path) -> dict[str, bytes]:
    """Every complete checkpoint of a cache."""
    return {str(path): path.read_bytes() for path in cache.glob("turnscript/stages/*/[!.]*.json")}


def say(line: str) -> None:
    print(line, flush=True)


def _speed(audio: float, elapsed: Elapsed) -> str:
    wall, cpu = elapsed
    return f"{audio / wall:.1f} × real time ({wall:.1f} s, {cpu / wall:.2f} cores)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sections", nargs="*", metavar="SECTION")
    parser.add_argument("--corpus", type=Path, default=CORPUS)
    parser.add_argument("--kills", type=int, default=50, help="number of kills")
    parser.add_argument("--rounds", type=int, default=2, help="rounds of throughput")
    parser.add_argument("--minutes", type=int, default=30, help="length of the file of peer")
    parser.add_argument("--peer-python", type=Path, default=PEER_PYTHON, help="a Python that imports the peer")
    options = parser.parse_args()
    if not options.corpus.is_dir():
        say(f"{options.corpus}: no such folder, nothing measured; pass one with --corpus")
        sys.exit(0 if options.corpus == CORPUS else 2)
    sections: dict[str, Callable[[Workspace], None]] = {
        "kills": lambda workspace: kills(workspace, options.kills),
        "throughput": lambda workspace: throughput(workspace, options.rounds),
        "rerun": rerun,
        "dask": dask_workers,
        "peer": lambda workspace: peer(workspace, options.minutes, python=options.peer_python),
    }
    for name in options.sections or sections:
        with tempfile.TemporaryDirectory(prefix="batch-") as folder:
            sections[name](Workspace(Path(folder), options.corpus.resolve()))


if __name__ == "__main__":
    main()
