"""`transcribe doctor`: one page on this machine, for its user and for whoever is asked for help."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from transcribe.cli.options import CHOICES, echo_json, log_to_stderr, settings_in_force
from transcribe.errors import SettingsError
from transcribe.settings import Settings
from transcribe.terminal import for_terminal

if TYPE_CHECKING:
    from transcribe.diagnosis.finding import Finding

_SCHEMA = 1
_WIDTH = 6  # of the levels' column


@click.command()
@click.option("--offline", is_flag=True, help="Do not try whether the package index and the model hub can be reached.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def doctor(offline: bool, as_json: bool) -> int:
    """Check what runs need on this machine: programs, folders, models, settings, and a trial of every engine.

    Each line is `ok`, a `note` or `wrong`, with the next step below it. Nothing is fetched or repaired. The exit
    code is 1 if something is wrong.
    """
    from transcribe.diagnosis.checks import diagnose
    from transcribe.diagnosis.finding import Level, Surroundings

    log_to_stderr(verbose=False, quiet=True)
    surroundings = Surroundings(Path.cwd(), os.environ, _settings(), CHOICES, offline)
    findings = []
    for finding in diagnose(surroundings):
        findings.append(finding)
        if not as_json:
            _show(finding)
    n_wrong = sum(finding.level is Level.WRONG for finding in findings)
    if as_json:
        echo_json({"schema": _SCHEMA, "wrong": n_wrong, "findings": [finding.as_dict() for finding in findings]})
    else:
        click.echo(f"{n_wrong} wrong" if n_wrong else "nothing is wrong", err=True)
    return 1 if n_wrong else 0


def _settings() -> Settings:
    """The settings in force; the defaults if these are not valid, which is a finding of its own."""
    try:
        return settings_in_force({})
    except SettingsError:
        return Settings()


def _show(finding: Finding) -> None:
    click.echo(for_terminal(f"{finding.level:<{_WIDTH}} {finding.subject}: {finding.message}"))
    if finding.next_step:
        click.echo(for_terminal(f"{'':<{_WIDTH}} → {finding.next_step}"))
