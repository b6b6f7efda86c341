"""Whether the package index and the model hub answer. Weights come from there once; runs need neither."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from functools import partial

from audio.episode import Seconds
from audio.errors import FetchError
from audio.net.addresses import redacted
from audio.net.http import Client, Limits
from audio.program import program
from transcribe.diagnosis.finding import Finding, Level, Surroundings
from transcribe.diagnosis.weights import missing_models
from transcribe.diarization.networks import SPEAKER_WHEEL, SPEAKERS
from transcribe.errors import UnreachableError
from transcribe.recognition.model_sources import WHISPER_WHEELS
from transcribe.weights.index import not_offered

_INDEX_NAME, _HUB_NAME = "package index", "model hub"
_TIMEOUT = 4.0  # seconds for each server, the look-up of its name included
_PIP_TIMEOUT = 15.0  # seconds; pip itself takes one or two to start
_HUB, _MODEL = "https://huggingface.co", "api/models/Systran/faster-whisper-base"  # a small answer


def check_networks(surroundings: Surroundings) -> Iterator[Finding]:
    """What pip finds, as it is configured here, and one request to the hub; nothing is downloaded."""
    if surroundings.offline:
        yield Finding(Level.OK, "network", "not tried, because of --offline")
        return
    environ, missing = surroundings.environ, missing_models(surroundings)
    hub = f"{(environ.get('HF_ENDPOINT') or _HUB).rstrip('/')}/{_MODEL}"
    probes = {
        _INDEX_NAME: _Probe(partial(_problem_of_index, environ), _PIP_TIMEOUT + 1),
        _HUB_NAME: _Probe(partial(_problem_of, hub), _TIMEOUT),
    }
    found = {_INDEX_NAME: f"pip finds {SPEAKER_WHEEL.requirement}", _HUB_NAME: f"{redacted(hub)} answers"}
    answers = {name: probe.answer() for name, probe in probes.items()}
    lost = [model for model in missing if all(answers[name] for name in _sources_of(model))]
    for name, problem in answers.items():
        needed = [model for model in lost if name in _sources_of(model)]
        if not problem:
            yield Finding(Level.OK, name, found[name])
        elif needed:
            settings = "pip's settings (`pip config list`)" if name == _INDEX_NAME else "HF_ENDPOINT"
            step = f"check connection, proxy and {settings}, then run `{program()} models get {' '.join(needed)}`"
            yield Finding(Level.WRONG, name, f"{problem}; not on this machine: {', '.join(needed)}", step)
        else:
            yield Finding(Level.NOTE, name, f"{problem}; no run needs it now")


def _sources_of(model: str) -> tuple[str, ...]:
    """The servers that have a model: any of them will do."""
    if model == SPEAKERS:
        return (_INDEX_NAME,)
    return (_INDEX_NAME, _HUB_NAME) if model in WHISPER_WHEELS else (_HUB_NAME,)


class _Probe:
    """A question in a thread of its own: the look-up of a name knows no time-out, and the page must not wait for it."""

    def __init__(self, ask: Callable[[], str], timeout: Seconds) -> None:
        self._ask, self._timeout = ask, timeout
        self._problem = f"no answer within {timeout:.0f} s"
        self._thread = threading.Thread(target=self._run, daemon=True, name="probe")
        self._thread.start()

    def answer(self) -> str:
        """Why the server cannot be used; empty if it answers."""
        self._thread.join(self._timeout)
        return self._problem

    def _run(self) -> None:
        self._problem = self._ask()


def _problem_of_index(environ: Mapping[str, str]) -> str:
    """Why pip gets no weights; empty if it does."""
    try:
        problem = not_offered(SPEAKER_WHEEL, environ=environ, timeout=_PIP_TIMEOUT)
    except UnreachableError as error:
        return str(error)
    return problem and f"pip finds no {SPEAKER_WHEEL.requirement}: {problem}"


def _problem_of(url: str) -> str:
    """Why a server cannot be used; empty if it answers."""
    limits = Limits(connect_timeout=_TIMEOUT, read_timeout=_TIMEOUT, head_timeout=_TIMEOUT)
    try:
        with Client([url], limits=limits) as client, client.get(url, headers={}):
            return ""
    except FetchError as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 - an address nobody can ask
        return f"{redacted(url)}: {type(error).__name__}"
