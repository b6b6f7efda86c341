"""The fetcher's figures, beside the numbers asked for: `python benchmarks/fetch.py [--size-mb 2048] [--rounds 9]`.

- bytes that came twice after 20 drops, and whether the file is the original (the server's own count);
- memory (peak resident set of a process of its own) for a file of 2 GB, and for 64 MB beside it;
- throughput beside `curl` on the same file, from the same server on the loopback, taking turns; also beside curl with
  sha256sum and sync behind it, which is what a fetch does;
- seconds and processor seconds to list a feed of 10,000 items.

The server runs in a process of its own. Needs about three times the size in the temporary folder.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from audio.episode import Episode  # noqa: E402
from audio.fetching.fetch import fetch  # noqa: E402
from audio.net.http import Client  # noqa: E402
from audio.sources.feed import episodes_of  # noqa: E402
from tests.support.hostile_server import HostileServer, Resource  # noqa: E402

CHILD = r"""
import json, re, resource, sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from audio.episode import Episode
from audio.fetching.fetch import fetch
from audio.net.http import Client
start = time.perf_counter()
with Client([sys.argv[1]]) as client:
    received = fetch(Episode("bench", audio_url=sys.argv[1]), Path(sys.argv[2]), client=client).received
seconds = time.perf_counter() - start
status = Path("/proc/self/status")
if status.exists():  # getrusage would count the parent's memory, as it was at the fork
    memory = int(re.search(r"VmHWM:\s+(\d+) kB", status.read_text())[1]) * 1024
else:
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
print(json.dumps({"received": received, "seconds": seconds, "memory_mb": memory / 1e6}))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--size-mb", type=int, default=2048)
    parser.add_argument("--rounds", type=int, default=9)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        show("drops", drops(folder))
        show("listing", listing())
        show("memory", memory(folder, given.size_mb))
        show("curl", beside_curl(folder, min(given.size_mb, 512), given.rounds))


def show(name: str, figures: dict[str, Any]) -> None:
    rounded = {key: round(value, 4) if isinstance(value, float) else value for key, value in figures.items()}
    print(json.dumps({name: rounded}), flush=True)


def drops(folder: Path) -> dict[str, Any]:
    """20 cuts in one file of 8 MB, by FIN."""
    body = b"ID3\x04" + random.Random(1).randbytes(8_000_000)
    with HostileServer() as server:
        url = server.put("/a.mp3", Resource(body, drop_after=len(body) // 21, drops=20))
        with Client([url], sleep=lambda _: None) as client:
            done = fetch(Episode("drops", audio_url=url), folder / "drops", client=client)
        sent = server.sent_bytes["/a.mp3"]
        asked = len(server.asked("/a.mp3"))
    same = done.sha256 == hashlib.sha256(body).hexdigest()
    return {"requests": asked, "same_file": same, "twice_fraction": sent / len(body) - 1, "wanted": "< 0.01"}


def listing() -> dict[str, Any]:
    """A feed with all the fields a large podcast's has."""
    item = (
        "<item><title>Episode {0} &amp; more</title><link>https://e.example/{0}</link>"
        '<guid isPermaLink="false">g{0}</guid>'
        "<pubDate>Mon, 05 Oct 2015 13:38:27 +0000</pubDate><description><![CDATA[<p>About {0}: {1}</p>]]></description>"
        "<itunes:duration>00:31:10</itunes:duration><itunes:author>A</itunes:author>"
        '<podcast:person role="guest">Guest {0}</podcast:person>'
        '<podcast:transcript url="https://e.example/{0}.vtt" type="text/vtt"/>'
        '<enclosure url="https://e.example/{0}.mp3" length="123" type="audio/mpeg"/></item>'
    )
    items = "".join(item.format(number, "some words on what is said " * 15) for number in range(10_000))
    feed = (
        '<?xml version="1.0"?><rss version="2.0" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" '
        f'xmlns:podcast="https://podcastindex.org/namespace/1.0"><channel><title>S</title>{items}</channel></rss>'
    ).encode()
    start, work = time.perf_counter(), time.process_time()
    found = episodes_of(feed, url="https://e.example/feed")
    seconds, processor = time.perf_counter() - start, time.process_time() - work
    return {
        "items": len(found),
        "feed_mb": len(feed) / 1e6,
        "seconds": seconds,
        "processor": processor,
        "wanted": "< 3",
    }


def memory(folder: Path, size_mb: int) -> dict[str, Any]:
    """Two sizes, so that what does not grow can be told from what does."""
    figures: dict[str, Any] = {"wanted_mb": "< 120"}
    for megabytes in (64, size_mb):
        source = _file(folder / "source.bin", megabytes)
        told = _with_server(source, lambda url: _child(url, folder / "memory"))
        figures[f"memory_mb_at_{megabytes}_mb"] = told["memory_mb"]
        figures[f"mb_per_second_at_{megabytes}_mb"] = told["received"] / 1e6 / told["seconds"]
        shutil.rmtree(folder / "memory")
    return figures


def beside_curl(folder: Path, size_mb: int, rounds: int) -> dict[str, Any]:
    """Three in turns, each round beginning with another: ours (SHA-256, sync to the disk, index and locks included),
    plain curl (none of these), and curl with sha256sum and sync behind it, which does what ours does."""
    if shutil.which("curl") is None:
        return {"skipped": "there is no curl on this machine"}
    source = _file(folder / "source.bin", size_mb)

    def ours(url: str) -> None:
        with Client([url]) as client:
            fetch(Episode("bench", audio_url=url), folder / "ours", client=client)

    def curl(url: str) -> None:
        subprocess.run(["curl", "-s", "-o", str(folder / "theirs.bin"), url], check=True)

    def curl_and_more(url: str) -> None:
        curl(url)
        subprocess.run(["sha256sum", str(folder / "theirs.bin")], check=True, stdout=subprocess.DEVNULL)
        subprocess.run(["sync", str(folder / "theirs.bin")], check=True)

    def take_turns(url: str) -> dict[str, list[tuple[float, float]]]:
        contenders = [ours, curl, curl_and_more]
        taken: dict[str, list[tuple[float, float]]] = {work.__name__: [] for work in contenders}
        for work in contenders:  # once for nothing: modules, memory, the server's thread
            work(url)
        for _ in range(rounds):
            for work in contenders:
                shutil.rmtree(folder / "ours", ignore_errors=True)
                (folder / "theirs.bin").unlink(missing_ok=True)
                _warm_memory(folder / "warm.bin", size_mb)
                taken[work.__name__].append(_seconds(work, url))
            contenders.append(contenders.pop(0))
        return taken

    taken = _with_server(source, take_turns)
    figures: dict[str, Any] = {"size_mb": size_mb, "rounds": rounds}
    for name, times in taken.items():
        figures[f"{name}_mb_per_second"] = size_mb * 1.048576 / statistics.median(wall for wall, _ in times)
        figures[f"{name}_processor_seconds"] = statistics.median(processor for _, processor in times)
    mine = figures["ours_mb_per_second"]
    return {
        **figures,
        "ratio_of_best": min(taken["curl"])[0] / min(taken["ours"])[0],
        "ratio_of_medians": mine / figures["curl_mb_per_second"],
        "ratio_to_the_same_work": mine / figures["curl_and_more_mb_per_second"],
        "wanted": ">= 0.9",
    }


def _warm_memory(path: Path, megabytes: int) -> None:
    """Fill and free as much of the page cache as the next one needs: a virtual machine's host takes free pages back
    after a second or two, and to get them again costs more than the download."""
    block = bytes(1 << 20)
    with path.open("wb", buffering=0) as file:
        for _ in range(megabytes):
            file.write(block)
    path.unlink()


def _seconds(work: Callable[[str], None], url: str) -> tuple[float, float]:
    """Wall-clock and processor seconds, those of child processes included."""
    start, before = time.perf_counter(), os.times()
    work(url)
    wall, after = time.perf_counter() - start, os.times()
    return wall, sum(after[:4]) - sum(before[:4])


def _child(url: str, folder: Path) -> dict[str, Any]:
    command = [sys.executable, "-c", CHILD, url, str(folder), str(ROOT)]
    told: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return told


def _file(path: Path, megabytes: int) -> Path:
    """A sparse file that begins as an mp3 does."""
    with path.open("wb") as file:
        file.write(b"ID3\x04")
        file.truncate(megabytes << 20)
    return path


def _with_server(source: Path, work: Callable[[str], Any]) -> Any:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(source, theirs), daemon=True)
    process.start()
    try:
        return work(ours.recv())
    finally:
        ours.send("enough")
        process.join(10)


def _serve(source: Path, pipe: Any) -> None:
    with HostileServer() as server:
        pipe.send(server.put("/a.mp3", Resource(source)))
        pipe.recv()


if __name__ == "__main__":
    main()
