"""`transcribe cache`: show and clear the results of earlier runs."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click

from transcribe.cli.options import echo_json, echo_path
from transcribe.terminal import for_terminal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audio.disk import CacheKind
    from transcribe.pipeline.cache import Entry


@click.group()
def cache() -> None:
    """Show and clear the cached results of earlier runs."""


@cache.command("show")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with sizes in bytes.")
def cache_show(as_json: bool) -> int:
    """Show the size of the cache by kind and by recording, the last used first.

    A damaged entry does no harm: it is computed again when it is next needed.
    """
    from audio.disk import cache_folder
    from transcribe.pipeline.cache import cache_entries, damaged, recordings
    from transcribe.units import format_size

    entries = cache_entries()
    kinds, rows = _by_kind(entries, damaged(entries)), recordings(entries)
    if as_json:
        contents = {
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
        echo_json(contents)
        return 0
    click.echo(for_terminal(str(cache_folder())))
    for kind, counts in kinds.items():
        note = f", {counts['damaged']} damaged" if counts["damaged"] else ""
        click.echo(f"{_NAMES[kind]:<40} {counts['entries']:>6} entries {format_size(counts['bytes']):>8}{note}")
    for row in rows:
        day = datetime.fromtimestamp(row.used)
        name = for_terminal(row.source) or f"(audio {row.sha256_beginning[:12]}…)"
        click.echo(f"{day:%Y-%m-%d %H:%M}  {row.n_entries:>5} entries {format_size(row.n_bytes):>8}  {name}")
    return 0


@cache.command("clear")
@click.option("--older-than", metavar="AGE", help="Only entries that were not used for this long: 12h, 30d, 8w.")
@click.option("--max-size", metavar="SIZE", help="Only until at most SIZE is left: 500MB, 2GB.")
@click.option("--models", is_flag=True, help="Remove the models too.")
@click.option("-n", "--dry-run", is_flag=True, help="Print what would be removed, and remove nothing.")
def cache_clear(older_than: str | None, max_size: str | None, models: bool, dry_run: bool) -> int:
    """Remove cached results, the least recently used first, and print their paths.

    Without a limit everything is removed, and the next run computes it again. Drafts are not in the cache; models are
    removed only with --models.

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
    removed = chosen if dry_run else clear(chosen)
    for entry in removed:
        echo_path(entry.path)
    left = [entry for entry in entries if entry.kind in kinds and entry not in set(removed)]
    size, rest = (format_size(sum(entry.n_bytes for entry in some)) for some in (removed, left))
    verb = "would be removed" if dry_run else "removed"
    click.echo(f"{len(removed)} entries {verb}, {size}; {len(left)} remain, {rest}", err=True)
    failed = set(chosen) - set(removed)
    for entry in failed:
        click.echo(f"Error: {for_terminal(str(entry.path))}: cannot be removed; check its permissions", err=True)
    return 1 if failed else 0


_NAMES = {
    "stages": "results of stages",
    "documents": "feeds and pages",
    "scores": "scores of sample clips",
    "mixes": "mixes of tracks",
    "models": "models (--models)",
}


def _by_kind(entries: Sequence[Entry], damaged: Sequence[Entry]) -> dict[CacheKind, dict[str, int]]:
    from audio.disk import CacheKind

    return {
        kind: {
            "entries": sum(entry.kind is kind for entry in entries),
            "bytes": sum(entry.n_bytes for entry in entries if entry.kind is kind),
            "damaged": sum(entry.kind is kind for entry in damaged),
        }
        for kind in CacheKind
    }
