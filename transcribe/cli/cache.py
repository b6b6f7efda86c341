"""`transcribe cache`: what earlier runs kept, and making room."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click

from transcribe.cli.options import echo_json
from transcribe.terminal import for_terminal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audio.disk import CacheKind
    from transcribe.pipeline.cache import Entry


@click.group()
def cache() -> None:
    """What earlier runs kept so that nothing is done twice: looking at it, making room."""


@cache.command("show")
@click.option("--json", "as_json", is_flag=True, help="The same as JSON, sizes in bytes.")
def cache_show(as_json: bool) -> int:
    """Show what is kept: how much of each kind, and of each recording, the last used first.

    A damaged entry does no harm: it is made again when it is next needed.
    """
    from audio.disk import cache_folder
    from transcribe.pipeline.cache import cache_entries, damaged, recordings
    from transcribe.units import format_size

    entries = cache_entries()
    kinds, rows = _by_kind(entries, damaged(entries)), recordings(entries)
    if as_json:
        told = {
            "folder": str(cache_folder()),
            "kinds": kinds,
            "recordings": [
                {
                    "audio_sha256": row.sha256_beginning,
                    "source": row.source or None,
                    "entries": row.n_entries,
                    "bytes": row.n_bytes,
                    "used": datetime.fromtimestamp(row.used).astimezone().isoformat(timespec="seconds"),
                }
                for row in rows
            ],
        }
        echo_json(told)
        return 0
    click.echo(cache_folder())
    for kind, counts in kinds.items():
        note = f", {counts['damaged']} damaged" if counts["damaged"] else ""
        click.echo(f"{_NAMES[kind]:<40} {counts['entries']:>6} entries {format_size(counts['bytes']):>8}{note}")
    for row in rows:
        day = datetime.fromtimestamp(row.used)
        name = for_terminal(row.source) or f"(sound {row.sha256_beginning[:12]}…)"
        click.echo(f"{day:%Y-%m-%d %H:%M}  {row.n_entries:>5} entries {format_size(row.n_bytes):>8}  {name}")
    return 0


@cache.command("clear")
@click.option("--older-than", metavar="AGE", help="Only what was not used for so long: 12h, 30d, 8w.")
@click.option("--max-size", metavar="SIZE", help="Only so much that no more than SIZE is left: 500MB, 2GB.")
@click.option("--models", is_flag=True, help="The models as well.")
@click.option("-n", "--dry-run", is_flag=True, help="Say what would go, and remove nothing.")
def cache_clear(older_than: str | None, max_size: str | None, models: bool, dry_run: bool) -> int:
    """Remove what can be made again, the least recently used first. The paths of what went are printed.

    Without a bound all of it goes, and the next run does its work anew. Drafts do not lie in the cache; models stay
    unless asked for.

    \b
    Examples:
      transcribe cache clear --max-size 2GB
      transcribe cache clear --older-than 30d --dry-run
    """
    from audio.disk import CacheKind
    from transcribe.pipeline.cache import CLEARED, cache_entries, clear, to_clear
    from transcribe.units import age_seconds, format_size, size_bytes

    kinds = CLEARED | ({CacheKind.MODELS} if models else set())
    entries = cache_entries()
    chosen = to_clear(
        entries,
        kinds=frozenset(kinds),
        older_than=None if older_than is None else age_seconds(older_than),
        max_bytes=None if max_size is None else size_bytes(max_size),
    )
    gone = chosen if dry_run else clear(chosen)
    for entry in gone:
        click.echo(entry.path)
    left = [entry for entry in entries if entry.kind in kinds and entry not in set(gone)]
    size, rest = (format_size(sum(entry.n_bytes for entry in some)) for some in (gone, left))
    verb = "would go" if dry_run else "removed"
    click.echo(f"{len(gone)} entries {verb}, {size}; {len(left)} stay, {rest}", err=True)
    held = set(chosen) - set(gone)
    for entry in held:
        click.echo(f"Error: {entry.path}: cannot be removed; check its permissions", err=True)
    return 1 if held else 0


_NAMES = {
    "stages": "what stages found out",
    "documents": "feeds and pages",
    "scores": "scores of sample clips",
    "models": "models (--models)",
}


def _by_kind(entries: Sequence[Entry], bad: Sequence[Entry]) -> dict[CacheKind, dict[str, int]]:
    from audio.disk import CacheKind

    return {
        kind: {
            "entries": sum(entry.kind is kind for entry in entries),
            "bytes": sum(entry.n_bytes for entry in entries if entry.kind is kind),
            "damaged": sum(entry.kind is kind for entry in bad),
        }
        for kind in CacheKind
    }
