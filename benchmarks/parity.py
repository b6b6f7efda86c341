"""How far the two engines agree: the same weights on the same chunk plan, word by word.

    python benchmarks/parity.py [FILE...] [--seconds S]

Without files: the shortest English recordings `recognition.py` takes, up to S seconds in all (the reference engine is
about as slow as the speech), and the project's short clip. Agreement is 1 − errors / words of the reference engine, in
openai-whisper's normal form. What differs is arithmetic: float32 there, int8 here.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.recognition import default_files, shortest  # noqa: E402


@click.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--seconds", default=150.0, show_default=True, help="Of sound in all, without FILES.")
def main(files: Sequence[Path], seconds: float) -> None:
    """Recognise FILES with both engines and print how many words they share."""
    from meeteval.wer import siso_word_error_rate
    from whisper.normalizers import EnglishTextNormalizer

    from audio.decoding.decode import decode
    from tests.support.recognition import recognize_all
    from transcribe.recognition.engines import load
    from transcribe.recognition.models import find_model
    from transcribe.settings import Settings

    normal = EnglishTextNormalizer()
    engines = {
        name: (load(settings, find_model("base")), settings)
        for name in ("openai", "ctranslate2")
        for settings in [Settings(engine=name, language="en")]
    }
    click.echo("| clip | words (reference) | words (fast) | agreement % |\n|---|---|---|---|")
    together = None
    for path in files or [*shortest(default_files(), seconds), ROOT / "tests" / "clips" / "short.mp3"]:
        with decode(path) as audio:
            reference, fast = (
                normal(" ".join(word.text for word in recognize_all(audio, engine, settings=settings).words))
                for engine, settings in engines.values()
            )
        rate = siso_word_error_rate(reference, fast)
        together = rate if together is None else together + rate
        agreed = 100 * (1 - rate.error_rate)
        click.echo(f"| {path.stem} | {rate.length} | {len(fast.split())} | {agreed:.1f} |")
    if together is not None:
        click.echo(f"| together | {together.length} | – | {100 * (1 - together.error_rate):.1f} |")


if __name__ == "__main__":
    main()
