"""Batches with the real models: kills, throughput by jobs, re-runs, a Dask cluster, and a peer on a long file.

    python benchmarks/batch.py [kills] [throughput] [rerun] [dask] [peer]     (all of them where none is named)

The recordings are those of `../shared/corpus`, or of the folder given with `--corpus`; ffmpeg makes clips and a long
file of them in a temporary folder. Every run has a cache of its own, with the models in it, so that all is recognised.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from audio.decoding.ffmpeg import _ffmpeg

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"
_SOUND = {".mp3", ".wav", ".flac", ".opus"}
LANGUAGE = ("--language", "en")


class Desk:
    """A temporary folder, and the command as users run it, over a cache that has nothing but the models."""

    def __init__(self, folder: Path, corpus: Path) -> None:
        self.folder, self.corpus = folder, corpus
        self._models = folder / "models"
        usual = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "turnscript" / "models"
        if usual.is_dir():
            shutil.copytree(usual, self._models)
        else:
            self._models.mkdir()

    def cache(self, name: str) -> Path:
        """A cache of this name; a new one has the models."""
        place = self.folder / name
        if not place.exists():
            shutil.copytree(self._models, place / "turnscript" / "models", copy_function=os.link)
        return place

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

    def run(self, *args: str | Path, cache: str, code: int = 0) -> tuple[float, float, str]:
        """Seconds, seconds of processor time, and what it said; it must end with this exit code."""
        before, start = _cpu(), time.perf_counter()
        process = self.start(*args, cache=cache)
        _, err = process.communicate()
        took = time.perf_counter() - start
        if process.returncode != code:
            sys.exit(f"exit code {process.returncode}: {err}")
        return took, _cpu() - before, err

    def recordings(self, *names: str) -> list[Path]:
        return [next(p for p in self.corpus.glob(f"{name}.*") if p.suffix in _SOUND) for name in names]

    def ffmpeg(self, *args: str | Path | float) -> None:
        subprocess.run([_ffmpeg(), "-v", "error", "-y", "-nostdin", *map(str, args)], check=True)


def kills(desk: Desk, count: int) -> None:
    """`kill -9` at random moments; then a normal run's drafts must be those of an undisturbed one."""
    names = ("dialogue-0059", "dialogue-0062", "dialogue-0102", "dialogue-0186", "dialogue-jane-mark", "jfk")
    batch = desk.folder / "batch"
    batch.mkdir()
    for path in desk.recordings(*names):
        shutil.copy(path, batch)
    took, _, _ = desk.run(batch, "-o", "undisturbed", "--jobs", "2", cache="undisturbed-cache")
    whole = drafts(desk.folder / "undisturbed")
    chance = random.Random(50)
    killed = restarted = lost = 0
    for _ in range(count):
        process = desk.start(batch, "-o", "killed", "--jobs", "2", cache="killed-cache")
        time.sleep(chance.uniform(0.5, 9.0))
        before = kept(desk.folder / "killed-cache")
        if process.poll() is None:
            killed += 1
        process.kill()
        process.communicate()
        now = kept(desk.folder / "killed-cache")
        lost += sum(now.get(name) != content for name, content in before.items())
        if drafts(desk.folder / "killed").keys() == whole.keys():  # all done: begin anew
            restarted += 1
            shutil.rmtree(desk.folder / "killed")
            shutil.rmtree(desk.folder / "killed-cache")
    desk.run(batch, "-o", "killed", "--jobs", "2", cache="killed-cache")
    same = drafts(desk.folder / "killed") == whole
    say(
        f"kills: {killed} of {count} runs killed ({restarted} batches came to an end meanwhile), "
        f"{lost} checkpoints lost or changed, drafts {'the same byte for byte' if same else 'DIFFER'} "
        f"(undisturbed: {took:.0f} s)"
    )
    if not same or lost:
        sys.exit(1)


def throughput(desk: Desk, rounds: int) -> None:
    """Minutes of audio a minute, with one job and with two, in turn."""
    names = ("dialogue-0059", "dialogue-0062", "dialogue-0102", "dialogue-0186", "dialogue-0243", "dialogue-0278")
    batch = desk.recordings(*names)
    best: dict[int, tuple[float, float]] = {}
    audio = 0.0
    for number in range(rounds):
        for jobs in (1, 2):
            name = f"jobs{jobs}-{number}"
            took, cpu, _ = desk.run(*batch, "-o", name, "--jobs", str(jobs), cache=f"{name}-cache")
            audio = json.loads((desk.folder / name / ".turnscript" / "report.json").read_text())["audio_seconds"]
            say(f"throughput: --jobs {jobs}: {audio / took:.1f} × real time ({took:.1f} s, {cpu / took:.2f} cores)")
            best[jobs] = min(best.get(jobs, (took, cpu)), (took, cpu))
    cores = len(os.sched_getaffinity(0))
    for jobs, (took, cpu) in best.items():
        bound = audio / (cpu / cores)
        say(f"throughput: --jobs {jobs} at best {audio / took:.1f} × real time; its work on full cores: {bound:.1f} ×")
    say(f"throughput: two jobs do {best[1][0] / best[2][0]:.2f} × the audio of one")


def rerun(desk: Desk) -> None:
    """A hundred short clips, ten of them broken: the first run, an unchanged one, one with other labels."""
    clips = desk.folder / "clips"
    clips.mkdir()
    sources = desk.recordings("dialogue-0059", "dialogue-0062", "dialogue-0102", "dialogue-0186", "dialogue-0243")
    for i in range(90):
        source = sources[i % len(sources)]
        desk.ffmpeg("-ss", 4 * (i // len(sources)), "-t", 6, "-i", source, clips / f"clip{i:02}.wav")
    for i in range(10):
        (clips / f"broken{i}.mp3").write_bytes(b"\x00no sound in here\x00" * (i + 1))
    took, _, err = desk.run(clips, "-o", "many", cache="many-cache", code=1)
    named = sum(f"broken{i}.mp3" in err for i in range(10))
    written = len(list((desk.folder / "many").glob("*.md")))
    say(f"rerun: 100 clips: {took:.1f} s, {written} drafts, {named} named errors, exit code 1")
    before = {path: path.stat().st_mtime_ns for path in (desk.folder / "many").glob("clip*")}
    took, _, _ = desk.run(clips, "-o", "many", cache="many-cache", code=1)
    same = before == {path: path.stat().st_mtime_ns for path in (desk.folder / "many").glob("clip*")}
    say(f"rerun: unchanged: {took:.1f} s, {'nothing rewritten' if same else 'FILES REWRITTEN'}")
    stages = kept(desk.folder / "many-cache")
    took, _, _ = desk.run(clips, "-o", "many", "--labels", "initial", cache="many-cache", code=1)
    recognised = len(kept(desk.folder / "many-cache")) - len(stages)
    say(f"rerun: other labels: {took:.1f} s, {recognised} new checkpoints")
    if not same or recognised or written != 90 or named != 10:
        sys.exit(1)


def dask(desk: Desk) -> None:
    """Two local Dask workers against two local jobs."""
    try:
        from distributed import LocalCluster
    except ImportError:
        say("dask: not measured, the extra `cluster` is not installed")
        return
    names = ("dialogue-0059", "dialogue-0062", "dialogue-0102", "dialogue-0186", "dialogue-0243", "dialogue-0278")
    batch = desk.recordings(*names)
    local, _, _ = desk.run(*batch, "-o", "local", "--jobs", "2", cache="local-cache")
    os.environ["XDG_CACHE_HOME"] = str(desk.cache("dask-cache"))
    local_cluster: Any = LocalCluster  # untyped
    with local_cluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        address = cluster.scheduler_address
        took, _, _ = desk.run(*batch, "-o", "dask", "--scheduler", address, cache="dask-cache")
    same = drafts(desk.folder / "dask") == drafts(desk.folder / "local")
    say(f"dask: {took:.1f} s, two local jobs {local:.1f} s: {local / took:.2f}; drafts {'equal' if same else 'DIFFER'}")


def peer(desk: Desk, minutes: int) -> None:
    """The whole way of one long file, start-up counted, against the peer's composition."""
    names = ("dialogue-0059", "dialogue-0062", "dialogue-0102", "dialogue-0186", "dialogue-0243", "dialogue-0278")
    parts = desk.recordings(*names)
    listing = desk.folder / "parts.txt"
    listing.write_text("".join(f"file '{path}'\n" for path in parts * 12))
    long = desk.folder / "long.mp3"
    desk.ffmpeg("-f", "concat", "-safe", 0, "-i", listing, "-t", 60 * minutes, "-ac", 1, "-ar", 44100, long)
    took, cpu, _ = desk.run(long, "-o", "ours", cache="ours-cache")
    report = json.loads((desk.folder / "ours" / ".turnscript" / "report.json").read_text())
    audio = report["audio_seconds"]
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    say(f"peer: ours: {audio / took:.1f} × real time ({took:.1f} s, {cpu / took:.2f} cores, worker {peak:.0f} MB)")
    say(f"peer: ours by stage, side by side: {report['episodes'][0]['seconds']}")
    cores = len(os.sched_getaffinity(0))
    say(f"peer: ours, its work on cores that are always full: {audio * cores / cpu:.1f} × real time")
    model = desk.cache("ours-cache") / "turnscript" / "models" / "base"
    (desk.folder / "bin").mkdir()
    (desk.folder / "bin" / "ffmpeg").symlink_to(_ffmpeg())  # it asks for one on PATH
    path = f"{desk.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    before, start = _cpu(), time.perf_counter()
    command: list[str | Path] = [
        sys.executable,
        SHARED / "tools" / "peer_baseline.py",
        model,
        desk.folder / "peer",
        long,
    ]
    subprocess.run(command, check=True, env={**os.environ, "PATH": path})
    theirs, their_cpu = time.perf_counter() - start, _cpu() - before
    say(f"peer: peer: {audio / theirs:.1f} × real time ({theirs:.1f} s, {their_cpu / theirs:.2f} cores)")
    say(f"peer: ours is {theirs / took:.2f} times as fast, with {their_cpu / cpu:.2f} times less processor time")


def drafts(folder: Path) -> dict[str, bytes]:
    """Every file of a drafts' folder but the report, which tells times."""
    files = (path for path in folder.glob("*") if path.is_file() and path.suffix != ".tmp")
    return {path.name: path.read_bytes() for path in files if path.name != "report.json"}


def kept(cache: Path) -> dict[str, bytes]:
    """Every whole checkpoint of a cache."""
    return {str(path): path.read_bytes() for path in cache.glob("turnscript/stages/*/[!.]*.json")}


def say(line: str) -> None:
    print(line, flush=True)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@contextlib.contextmanager
def desk_of(corpus: Path) -> Iterator[Desk]:
    with tempfile.TemporaryDirectory(prefix="batch-") as folder:
        yield Desk(Path(folder), corpus)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sections", nargs="*", metavar="SECTION")
    parser.add_argument("--corpus", type=Path, default=SHARED / "corpus")
    parser.add_argument("--kills", type=int, default=50, help="how many")
    parser.add_argument("--rounds", type=int, default=2, help="of throughput")
    parser.add_argument("--minutes", type=int, default=30, help="of the file of peer")
    options = parser.parse_args()
    if not options.corpus.is_dir():
        say(f"{options.corpus}: no such folder, nothing measured; name one with --corpus")
        sys.exit(0 if options.corpus == SHARED / "corpus" else 2)
    sections: dict[str, Callable[[Desk], None]] = {
        "kills": lambda desk: kills(desk, options.kills),
        "throughput": lambda desk: throughput(desk, options.rounds),
        "rerun": rerun,
        "dask": dask,
        "peer": lambda desk: peer(desk, options.minutes),
    }
    for name in options.sections or sections:
        with desk_of(options.corpus.resolve()) as desk:
            sections[name](desk)


if __name__ == "__main__":
    main()
