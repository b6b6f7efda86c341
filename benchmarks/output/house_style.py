"""How closely rendering follows the published posts: `python -m benchmarks.output.house_style [SHARED]` (../shared).

For each post: whether parsing and rendering returns its bytes, the number of turns, how many paragraphs without links
are filled line for line like the editor's (with a marker, and continuations), and how many hidden paragraph breaks are
found. A post without line breaks inside paragraphs is compared with `wrap=0`. The last rows leave out paragraphs of one
line. The posts have no times, so breaks cannot use pauses; benchmarks/output/paragraphs.py compares with chance and
holds posts out. Exit code 1 if a byte is lost; the rest is printed only.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, fields
from pathlib import Path

from output.paragraphs import paragraphs
from output.parse import Draft, DraftTurn, read_draft
from output.text import fill_lines
from tests.support.paths import SHARED
from transcribe.transcript import Word

WRAP = 70


@dataclass(frozen=True, slots=True)
class Counts:
    """Counts of one post, or the sum of several."""

    turns: int = 0
    marked: int = 0
    marked_alike: int = 0
    marked_long: int = 0  # of more than one line: a single line has no breaks to compare
    marked_long_alike: int = 0
    continued: int = 0
    continued_alike: int = 0
    continued_long: int = 0
    continued_long_alike: int = 0
    breaks: int = 0
    breaks_made: int = 0
    breaks_found: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(Counts)))


def main(shared: Path) -> int:
    total, lost = Counts(), 0
    print(f"{'post':36} bytes turns  marker fill  other fill  breaks (hit/made/true)")
    for path in sorted([*shared.glob("markdown/house/*"), *shared.glob("seeds/*.md")]):
        draft = read_draft(path)
        same = draft.encoded() == path.read_bytes()
        counts = counts_of(draft)
        print(row(path.stem, counts, "same" if same else "LOST"))
        total, lost = total + counts, lost + (not same)
    print(row("all house posts", total, "same" if not lost else "LOST"))
    print(
        f"{'of more than one line':49}  {share(total.marked_long_alike, total.marked_long):11}  "
        f"{share(total.continued_long_alike, total.continued_long)}"
    )
    for path in sorted(shared.glob("markdown/other/*")):
        draft = read_draft(path)
        same = draft.encoded() == path.read_bytes()
        print(f"{path.stem[:36]:36} {'same' if same else 'LOST'} {len(draft.turns):5}")
        lost += not same
    return 1 if lost else 0


def counts_of(draft: Draft) -> Counts:
    total = Counts()
    wrap = WRAP if any(re.search(r"\S\n\S", turn.text) for turn in draft.turns) else 0
    for turn in draft.turns:
        total += fill_of(turn, wrap) + breaks_of(turn) + Counts(turns=1)
    return total


def fill_of(turn: DraftTurn, wrap: int) -> Counts:
    """Paragraphs without links, joined to one line and filled again."""
    counts = Counts()
    for i, source in enumerate(re.split(r"\n\s*\n", turn.text)):
        if not source or re.search(r"\]\(|^\s*[<(*]", source):
            continue
        text = "\n".join(" ".join(line.split()) for line in source.split("\n"))
        alike = fill_lines(" ".join(text.split()), width=wrap, label=turn.label if i == 0 else "") == text
        kind, long = "marked" if i == 0 else "continued", "\n" in text
        added = {kind: 1, f"{kind}_alike": alike, f"{kind}_long": long, f"{kind}_long_alike": long and alike}
        counts += Counts(**added)
    return counts


def breaks_of(turn: DraftTurn) -> Counts:
    """Paragraph breaks of the turn against those computed from its words, by the index of the word they precede."""
    lengths = [len(part.split()) for part in re.split(r"\n\s*\n", turn.text)]
    true = {sum(lengths[:i]) for i in range(1, len(lengths))}
    words = [Word(token, i * 0.4, i * 0.4 + 0.4) for i, token in enumerate(turn.text.split())]
    if not words:
        return Counts()
    computed_lengths = [len(part) for part in paragraphs(words)]
    computed = {sum(computed_lengths[:i]) for i in range(1, len(computed_lengths))}
    return Counts(breaks=len(true), breaks_made=len(computed), breaks_found=len(true & computed))


def row(name: str, counts: Counts, same: str) -> str:
    return (
        f"{name[:36]:36} {same:5} {counts.turns:5}  "
        f"{share(counts.marked_alike, counts.marked):11}  {share(counts.continued_alike, counts.continued):10}  "
        f"{counts.breaks_found}/{counts.breaks_made}/{counts.breaks}"
    )


def share(part: int, whole: int) -> str:
    return f"{part}/{whole} {100 * part / whole:.0f}%" if whole else "-"


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else SHARED
    if not (folder / "markdown").is_dir():
        print(f"{folder}: has no posts, nothing measured")
        raise SystemExit(0 if folder == SHARED else 1)
    raise SystemExit(main(folder))
