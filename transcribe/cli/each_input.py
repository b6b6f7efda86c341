"""Several inputs of one command: what is wrong with one costs that one, as with the episodes of a run."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import click

from output.errors import OutputError
from transcribe.cli.ending import ending_of
from transcribe.errors import TranscribeError
from transcribe.terminal import for_terminal


@dataclass(slots=True)
class EachInput:
    """What failed of the inputs. If there is only one, its error ends the command, as that of any other."""

    inputs: Sequence[object]
    _codes: list[int] = field(default_factory=list)

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Around what is done with one of several inputs: an error is told, and the others go on."""
        try:
            yield
        except (OutputError, TranscribeError) as error:
            ending = ending_of(error)
            if len(self.inputs) < 2 or ending is None:
                raise
            click.echo(f"Error: {for_terminal(ending.message)}", err=True)
            self._codes.append(ending.exit_code)

    @property
    def exit_code(self) -> int:
        """0 if none failed, 2 if none of them is what the command takes, else 1."""
        if not self._codes:
            return 0
        return 2 if len(self._codes) == len(self.inputs) and set(self._codes) == {2} else 1
