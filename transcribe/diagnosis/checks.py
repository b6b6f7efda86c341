"""Every check, in the order of the page, and how they are run: the defect of one costs that one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType, ModuleType

from audio.errors import AudioError, missing_package
from audio.program import installing, program
from audio.shortage import shortage_of
from transcribe.diagnosis.finding import Check, Finding, Level, Surroundings
from transcribe.errors import TranscribeError


def _folders() -> ModuleType:
    from transcribe.diagnosis import folders

    return folders


def _installation() -> ModuleType:
    from transcribe.diagnosis import installation

    return installation


def _machine() -> ModuleType:
    from transcribe.diagnosis import machine

    return machine


def _networks() -> ModuleType:
    from transcribe.diagnosis import networks

    return networks


def _trials() -> ModuleType:
    from transcribe.diagnosis import trials

    return trials


def _weights() -> ModuleType:
    from transcribe.diagnosis import weights

    return weights


def _check(module: Callable[[], ModuleType], function: str) -> Check:
    """A check of a module that is imported when it runs: where a package is missing, that is its finding."""

    def check(surroundings: Surroundings) -> Iterable[Finding]:
        found: Iterable[Finding] = getattr(module(), function)(surroundings)
        return found

    return check


CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        "installation": _check(_installation, "check_installation"),
        "settings": _check(_installation, "check_settings"),
        "ffmpeg": _check(_installation, "check_ffmpeg"),
        "machine": _check(_machine, "check_machine"),
        "GPU": _check(_machine, "check_gpu"),
        "processes": _check(_machine, "check_processes"),
        "cache": _check(_folders, "check_cache"),
        "data": _check(_folders, "check_data"),
        "disk": _check(_folders, "check_space"),
        "models": _check(_weights, "check_models"),
        "network": _check(_networks, "check_networks"),
        "extras": _check(_installation, "check_extras"),
        "engines": _check(_trials, "try_engines"),
        "speakers": _check(_trials, "try_speaker_networks"),
    }
)

_MACHINE = "that is this machine's: make room, or raise the limits that `ulimit -a` and a container's settings show"
_REPORT = "this is a defect of turnscript or of a library it uses: report it with this line"


def diagnose(surroundings: Surroundings, checks: Mapping[str, Check] = CHECKS) -> Iterator[Finding]:
    """What the checks find, as they find it."""
    step = f"do what the message says, and run `{program()} doctor` again"
    told: set[str] = set()  # what several checks stumble over is one fault
    for subject, check in checks.items():
        try:
            yield from check(surroundings)
        except (AudioError, TranscribeError) as error:
            if str(error) not in told:
                yield Finding(Level.WRONG, subject, str(error), step)
            told.add(str(error))
        except OSError as error:
            yield Finding(Level.WRONG, subject, str(error), _MACHINE)
        except Exception as error:  # noqa: BLE001 - a defect, here or in a library, is this check's finding
            if isinstance(error, ModuleNotFoundError) and (package := missing_package(error)):
                if package not in told:
                    yield Finding(Level.WRONG, subject, f"{package} is not installed", installing())
                told.add(package)
                continue
            if shortage := shortage_of(error):
                yield Finding(Level.WRONG, subject, f"{type(error).__name__}: {error}", shortage)
                continue
            yield Finding(Level.WRONG, subject, f"{type(error).__name__}: {error}", _REPORT)
