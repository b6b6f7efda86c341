"""Downloads, with targets: `python -m benchmarks.audio.fetch [--size-mb 2048] [--rounds 9]`.

- bytes sent twice after 20 dropped connections, and whether the file is intact (counted by the server);
- peak memory of a process of its own for a file of 64 MB and one of 2 GB;
- throughput against `curl` on the same file from the same server on the loopback, in turn; also against curl followed
  by sha256sum and sync, which a fetch includes;
- seconds on the clock and of the processor to list a feed of 10,000 items.

The server runs in a process of its own. Needs about three times the size in the temporary folder.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import shutil
import statistics
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from audio.episode import Episode
from audio.fetching.fetch import fetch
from audio.net.http import Client
from audio.sources.feed import episodes_of
from benchmarks.measure import Elapsed, in_child, peak_megabytes, timed
from tests.support.hostile_server import HostileServer, Resource


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--size-mb", type=int, default=2048)
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print_figures("drops", drops(folder))
        print_figures("listing", listing())
        print_figures("memory", memory(folder, options.size_mb))
        print_figures("curl", compare_with_curl(folder, min(options.size_mb, 512), options.rounds))


def print_figures(name: str, figures: dict[str, Any]) -> None:
    rounded = {key: round(value, 4) if isinstance(value, float) else value for key, value in figures.items()}
    print(json.dumps({name: rounded}), flush=True)


def drops(folder: Path) -> dict[str, Any]:
    """20 cuts in one file of 8 MB, by FIN."""
    body = b"ID3\x04" + random.Random(1).randbytes(8_000_000)
    with HostileServer() as server:
        url = server.put("/a.mp3", Resource(body, drop_after=len(body) // 21, drops=20))
        with Client([url], sleep=lambda _: None) as client:
            fetched = fetch(Episode("drops", audio_url=url), folder / "drops", client=client)
        sent = server.sent_bytes["/a.mp3"]
        requests = len(server.asked("/a.mp3"))
    same = fetched.episode.path is not None and fetched.episode.path.read_bytes() == body
    return {"requests": requests, "same_file": same, "twice_fraction": sent / len(body) - 1, "target": "< 0.01"}


def listing() -> dict[str, Any]:
    """List a feed whose items have all the fields of a large podcast's."""
    item = (
        "<item><title>Episode {0} &amp; more</title><link>https://e.example/{0}</link>"
        '<guid isPermaLink="false">g{0}</guid>'
        "<pubDate>Mon, 05 Oct 2015 13:38:27 +0000</pubDate><description><![CDATA[<p>About {0}: {1}</p>]]></description>"
        "<itunes:duration>00:31:10</itunes:duration><itunes:author>A</itunes:author>"
        '<podcast:person role="guest">Guest {0}</podcast:person>'
        '<podcast:transcript url="https://e.example/{0}.vtt" type="text/vtt"/>'
        '<enclosure url="https://e.example/{0}.mp3" length="123" type="audio/mpeg"/></item>'
    )
    items = "".join(item.format(number, "some words about the episode " * 15) for number in range(10_000))
    feed = (
        '<?xml version="1.0"?><rss version="2.0" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" '
        f'xmlns:podcast="https://podcastindex.org/namespace/1.0"><channel><title>S</title>{items}</channel></rss>'
    ).encode()
    episodes, elapsed = timed(episodes_of, feed, url="https://e.example/feed")
    return {
        "items": len(episodes),
        "feed_mb": len(feed) / 1e6,
        "seconds": elapsed.wall,
        "processor": elapsed.cpu,
        "target": "< 3",
    }


def memory(folder: Path, size_mb: int) -> dict[str, Any]:
    """Two sizes, to see whether memory grows with the file."""
    figures: dict[str, Any] = {"target_mb": "< 120"}
    for megabytes in (64, size_mb):
        source = _file(folder / "source.bin", megabytes)
        peak, speed = _with_server(source, lambda url: in_child(measure_fetch, url, folder / "memory"))
        figures[f"memory_mb_at_{megabytes}_mb"] = peak
        figures[f"mb_per_second_at_{megabytes}_mb"] = speed
        shutil.rmtree(folder / "memory")
    return figures


def measure_fetch(url: str, folder: Path) -> tuple[float, float]:
    """Fetch in this process: peak memory in megabytes, megabytes per second."""
    with Client([url]) as client:
        fetched, elapsed = timed(fetch, Episode("bench", audio_url=url), folder, client=client)
    return peak_megabytes(), fetched.received / 1e6 / elapsed.wall


def compare_with_curl(folder: Path, size_mb: int, rounds: int) -> dict[str, Any]:
    """Three contenders in turn, each round starting with another one: ours (with SHA-256, sync to the disk, index and
    locks), plain curl (without these), and curl followed by sha256sum and sync, which does the same work as ours."""
    if shutil.which("curl") is None:
        return {"skipped": "needs curl"}
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

    def take_turns(url: str) -> dict[str, list[Elapsed]]:
        contenders = [ours, curl, curl_and_more]
        times: dict[str, list[Elapsed]] = {work.__name__: [] for work in contenders}
        for work in contenders:  # warm up: modules, memory, the server's thread
            work(url)
        for _ in range(rounds):
            for work in contenders:
                shutil.rmtree(folder / "ours", ignore_errors=True)
                (folder / "theirs.bin").unlink(missing_ok=True)
                _warm_memory(folder / "warm.bin", size_mb)
                times[work.__name__].append(timed(work, url)[1])
            contenders.append(contenders.pop(0))
        return times

    times = _with_server(source, take_turns)
    figures: dict[str, Any] = {"size_mb": size_mb, "rounds": rounds}
    for name, rounds_of in times.items():
        figures[f"{name}_mb_per_second"] = size_mb * 1.048576 / statistics.median(one.wall for one in rounds_of)
        figures[f"{name}_processor_seconds"] = statistics.median(one.cpu for one in rounds_of)
    speed = figures["ours_mb_per_second"]
    return {
        **figures,
        "ratio_of_best": min(times["curl"]).wall / min(times["ours"]).wall,
        "ratio_of_medians": speed / figures["curl_mb_per_second"],
        "ratio_to_the_same_work": speed / figures["curl_and_more_mb_per_second"],
        "target": ">= 0.9",
    }


def _warm_memory(path: Path, megabytes: int) -> None:
    """Fill and free as much page cache as the next download needs: the host of a virtual machine reclaims free pages
    after a second or two, and getting them back costs more than the download."""
    block = bytes(1 << 20)
    with path.open("wb", buffering=0) as file:
        for _ in range(megabytes):
            file.write(block)
    path.unlink()


def _file(path: Path, megabytes: int) -> Path:
    """A sparse file that begins like an mp3."""
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
        ours.send("stop")
        process.join(10)


def _serve(source: Path, pipe: Any) -> None:
    with HostileServer() as server:
        pipe.send(server.put("/a.mp3", Resource(source)))
        pipe.recv()


if __name__ == "__main__":
    main()
