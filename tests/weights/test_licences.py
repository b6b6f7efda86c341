"""The page on models has the licence of everything the program fetches, and the changelog the version it is of."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

import pytest

import transcribe
from tests.support.paths import ROOT
from transcribe.diarization.networks import SPEAKER_WHEEL, SpeakerModel
from transcribe.recognition.model_sources import WHISPER_WHEELS
from transcribe.recognition.models import PINNED

NAMES = [
    *(f"Whisper `{name}`" for name in PINNED),
    *(f"`{wheel.package}`" for wheels in WHISPER_WHEELS.values() for wheel in wheels),
    f"`{SPEAKER_WHEEL.package}`",
    f"`{PurePosixPath(SpeakerModel.SEGMENTATION.path_in_wheel).parent.name}`",
    f"`{PurePosixPath(SpeakerModel.EMBEDDING.path_in_wheel).stem}`",
    *("Silero VAD", "ffmpeg"),
]


@pytest.mark.parametrize("name", NAMES)
def test_every_weight_has_a_licence(name: str) -> None:
    text = (ROOT / "docs" / "models.md").read_text(encoding="utf-8").partition("## Licences")[2]
    rows = [line for line in text.splitlines() if line.startswith("|") and name in line]
    assert rows, f"no licence of {name} in docs/models.md"
    assert all(re.search(r"\| (MIT|Apache-2\.0|GPL-3\.0)[^|]*\|$", row) for row in rows)


def test_the_newest_heading_of_the_changelog_is_the_version() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## (\S+) (?:— \d{4}-\d\d-\d\d|\(unreleased\))$", text, re.M)
    assert transcribe.__version__ in headings[:2]
    assert len(headings) == text.count("\n## ")
