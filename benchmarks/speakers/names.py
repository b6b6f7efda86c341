"""Names: how many people of episodes that are given as text get their name, a placeholder, or somebody else's.

    python benchmarks/speakers/names.py [FILE.jsonl.gz] [-v] [--half 0|1]

A line of the file is an episode: `{"id": …, "turns": [[person, text], …]}`. The words are the reference's, so
nothing is measured but naming. It is done twice: with nothing said, and with the names given as `--speakers` takes
them, the host first. The host is whoever has more episodes of the file, or spoke first. A name is right if it can be
this person's and not the other's: "Ada" for "Ada Lovelace". Names that the settings give ("Rich", "Guest") count as
placeholders.

The rows are both halves of the episodes, split by a digest of the id, and all of them: what is fitted on one half must
hold on the other. -v lists the wrong names with their evidence, twice (-vv) also the placeholders. --half N: one half.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.support.paths import SHARED
from tests.support.transcripts import talk
from transcribe.person_names import NameCertainty
from transcribe.speakers.naming import name_speakers
from transcribe.transcript import Speaker

_FILE = SHARED / "names" / "dev.jsonl.gz"
_HOST, _GUEST = "Rich", "Guest"  # the settings'
_NO_NAME = {NameCertainty.GUESS, NameCertainty.PLACEHOLDER}
_SIMILAR = 0.75  # of the letters


class Verdict(StrEnum):
    RIGHT = "right"
    PLACEHOLDER = "placeholder"
    WRONG = "wrong"


@dataclass(frozen=True)
class Episode:
    """An episode as text: who says what, in order."""

    id: str
    turns: tuple[tuple[str, str], ...]

    @property
    def people(self) -> tuple[str, ...]:
        """Everybody, in order of appearance."""
        return tuple(dict.fromkeys(person for person, _ in self.turns))

    @property
    def half(self) -> int:
        """Which half of the file it belongs to, 0 or 1."""
        return hashlib.sha256(self.id.encode()).digest()[0] % 2


@dataclass(frozen=True)
class Judged:
    """One person of an episode, what they are called, and whether it is right."""

    episode: Episode
    person: str
    speaker: Speaker
    verdict: Verdict


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, nargs="?", default=_FILE, help="default: %(default)s")
    parser.add_argument("-v", "--verbose", action="count", default=0, help="list the wrong ones; -vv: placeholders too")
    parser.add_argument("--half", type=int, choices=(0, 1))
    options = parser.parse_args()
    if not options.file.is_file():
        print(f"{options.file}: no such file, nothing measured; name one")
        sys.exit(0 if options.file == _FILE else 2)
    episodes = [episode for episode in read_episodes(options.file) if options.half in (None, episode.half)]
    hosts = Counter(person for episode in episodes for person in episode.people)
    for title, given in (("nothing said", False), ("names given", True)):
        judged = [row for episode in episodes for row in judge(episode, hosts if given else None)]
        print(
            f"{title:14s} {'people':>8s} {'right':>14s} {'placeholder':>14s} {'wrong':>14s}  episodes with a wrong name"
        )
        for half in (0, 1, None):
            report(half, [row for row in judged if half in (None, row.episode.half)])
        listed = {Verdict.WRONG} if options.verbose else set()
        listed |= {Verdict.PLACEHOLDER} if options.verbose > 1 else set()
        for row in (row for row in judged if row.verdict in listed):
            called = f"{row.speaker.name} ({row.speaker.certainty}: {row.speaker.evidence})"
            print(f"  {row.verdict:11s} {row.episode.id}: {row.person} is {called}")


def report(half: int | None, judged: Sequence[Judged]) -> None:
    verdicts = Counter(row.verdict for row in judged)
    shares = (f"{verdicts[v]:6d} {100 * verdicts[v] / max(1, len(judged)):5.1f} %" for v in Verdict)
    wrong = len({row.episode.id for row in judged if row.verdict is Verdict.WRONG})
    title = "  all" if half is None else f"  half {half}"
    print(f"{title:14s} {len(judged):8d} {' '.join(shares)}  {wrong}")


def read_episodes(path: Path) -> Iterator[Episode]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            yield Episode(row["id"], tuple((person, text) for person, text in row["turns"]))


def judge(episode: Episode, hosts: Counter[str] | None) -> list[Judged]:
    """Everybody of an episode; with `hosts` (person → their episodes) the names are given."""
    people = episode.people
    ids = {person: f"S{number}" for number, person in enumerate(people, start=1)}
    turns = talk(*((ids[person], text) for person, text in episode.turns if text.split()))
    names = sorted(people, key=lambda person: -hosts[person]) if hosts else ()
    naming = name_speakers(turns, names=tuple(names), host=_HOST, guest=_GUEST)
    by_id = {speaker.id: speaker for speaker in naming.speakers}
    return [
        Judged(episode, person, by_id[id], verdict(by_id[id], person, others=set(people) - {person}, given=bool(names)))
        for person, id in ids.items()
        if id in by_id
    ]


def verdict(speaker: Speaker, person: str, *, others: set[str], given: bool) -> Verdict:
    if given and speaker.certainty is not NameCertainty.PLACEHOLDER:
        return Verdict.RIGHT if speaker.name == person else Verdict.WRONG
    if speaker.certainty in _NO_NAME:
        return Verdict.PLACEHOLDER
    own = likeness(speaker.name, person)
    return (
        Verdict.RIGHT
        if own >= _SIMILAR and own > max((likeness(speaker.name, o) for o in others), default=0)
        else Verdict.WRONG
    )


def likeness(name: str, person: str) -> float:
    """How alike two names are, by their most similar words, 0 to 1; initials may stand for a name."""
    ours, theirs = plain(name).split(), plain(person).split()
    initials = "".join(word[0] for word in ours)
    short = any(min(len(a), len(b)) >= 3 and (a.startswith(b) or b.startswith(a)) for a in ours for b in theirs)
    same = [1.0] if short or plain(person) in (initials, "".join(ours)) else []
    return max([*same, *(SequenceMatcher(None, a, b).ratio() for a in ours for b in theirs)], default=0.0)


def plain(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    return "".join(sign for sign in decomposed if sign.isalnum() or sign.isspace())


if __name__ == "__main__":
    main()
