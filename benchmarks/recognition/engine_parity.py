"""Compare the two engines word by word, on the same weights and the same chunk plan.

    python -m benchmarks.recognition.engine_parity [FILE...] [--seconds S]

Without FILES: the shortest English recordings of `benchmarks.references`, up to S seconds in total (the reference
engine runs at about the speed of speech), and the project's short clip. Agreement is 1 − errors / words of the
reference engine, both texts normalised by openai-whisper. The engines differ in arithmetic only: the reference engine
computes in float32, the fast one in int8.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from benchmarks.references import english_recordings, shortest
from tests.support.paths import CLIPS


@click.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--seconds", default=150.0, show_default=True, help="Of audio in total, without FILES.")
def main(files: Sequence[Path], seconds: float) -> None:
    """Recognise FILES with both engines and print how far their words agree."""
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
    for path in files or [*shortest(english_recordings(), seconds), CLIPS / "short.mp3"]:
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
