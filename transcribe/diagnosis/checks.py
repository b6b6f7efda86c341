"""Every check, in the order of the page, and how they are run: the defect of one costs that one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from audio.errors import AudioError
from audio.shortage import shortage_of
from transcribe.diagnosis.finding import Check, Finding, Level, Surroundings
from transcribe.diagnosis.folders import check_cache, check_data, check_space
from transcribe.diagnosis.installation import check_extras, check_ffmpeg, check_installation, check_settings
from transcribe.diagnosis.machine import check_gpu, check_machine, check_processes
from transcribe.diagnosis.networks import check_networks
from transcribe.diagnosis.trials import try_engines, try_speaker_networks
from transcribe.diagnosis.weights import check_models
from transcribe.errors import TranscribeError

CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        "installation": check_installation,
        "settings": check_settings,
        "ffmpeg": check_ffmpeg,
        "machine": check_machine,
        "GPU": check_gpu,
        "processes": check_processes,
        "cache": check_cache,
        "data": check_data,
        "disk": check_space,
        "models": check_models,
        "network": check_networks,
        "extras": check_extras,
        "engines": try_engines,
        "speakers": try_speaker_networks,
    }
)

_AGAIN = "do what the message says, and run `transcribe doctor` again"
_MACHINE = "that is this machine's: make room, or raise the limits that `ulimit -a` and a container's settings show"
_REPORT = "this is a defect of turnscript or of a library it uses: report it with this line"


def diagnose(surroundings: Surroundings, checks: Mapping[str, Check] = CHECKS) -> Iterator[Finding]:
    """What the checks find, as they find it."""
    told: set[str] = set()  # what several checks stumble over is one fault
    for subject, check in checks.items():
        try:
            yield from check(surroundings)
        except (AudioError, TranscribeError) as error:
            if str(error) not in told:
                yield Finding(Level.WRONG, subject, str(error), _AGAIN)
            told.add(str(error))
        except OSError as error:
            yield Finding(Level.WRONG, subject, str(error), _MACHINE)
        except Exception as error:  # noqa: BLE001 - a defect, here or in a library, is this check's finding
            if shortage := shortage_of(error):
                yield Finding(Level.WRONG, subject, f"{type(error).__name__}: {error}", shortage)
                continue
            yield Finding(Level.WRONG, subject, f"{type(error).__name__}: {error}", _REPORT)
