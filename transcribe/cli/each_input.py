"""Several inputs of one command: what is wrong with one costs that one, as with the episodes of a run."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click

from output.errors import OutputError
from transcribe.cli.ending import ending_of
from transcribe.cli.paths import check_is_file
from transcribe.errors import TranscribeError
from transcribe.terminal import for_terminal


@dataclass(slots=True)
class EachInput:
    """The paths of several inputs, and what failed of them. If there is only one, its error ends the command, as any
    other does. `wanted` is what each has to be, such as "a draft"."""

    inputs: Sequence[Path]
    wanted: str
    _codes: list[int] = field(default_factory=list)

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Around what is done with one of several inputs: an error is told, and the others go on."""
        try:
            yield
        except (OutputError, TranscribeError, click.UsageError) as error:
            ending = ending_of(error)
            if len(self.inputs) < 2 or ending is None:
                raise
            click.echo(f"Error: {for_terminal(ending.message)}", err=True)
            self._codes.append(ending.exit_code)

    def check(self, path: Path) -> None:
        """Raise `UsageError` if no file is at the path of one of the inputs."""
        check_is_file(path, wanted=self.wanted, ctx=click.get_current_context())

    @property
    def exit_code(self) -> int:
        """0 if none failed, 2 if none of them is what the command takes, else 1."""
        if not self._codes:
            return 0
        return 2 if len(self._codes) == len(self.inputs) and set(self._codes) == {2} else 1
