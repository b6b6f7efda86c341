"""References and the speaker times next to them, and those that are missing or emptied."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.checked_clip import write_clip
from tests.support.command_line import Run
from tests.support.paths import CLIPS
from tests.support.scripted_stages import tone
from transcribe.evaluation.references import read_reference, with_times
from transcribe.readers.values import SpeakerTranscript, Utterance


def test_reference_takes_the_times_of_the_rttm_file() -> None:
    """The twelve lines of the sample clip match its twelve spans."""
    reference = read_reference(CLIPS / "packaging-notes.ref.txt")
    assert reference.has_times
    assert reference.utterances is not None
    assert (reference.utterances[1].speaker, reference.utterances[1].start, reference.utterances[1].end) == (
        "Nora",
        12.693,
        15.944,
    )
    fewer = with_times(SpeakerTranscript((Utterance("Rich", "Hello."),)), reference)
    assert (fewer.has_times, fewer.spans) == (False, reference.spans)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("old.ref.txt", "Ada: Hello.\n", "old.ref.txt:\n  this reference has no recording of its name beside it"),
        ("old.rttm", "", "old.rttm:\n  this reference has no recording"),
        ("garden.ref.txt", "", "garden.ref.txt: the reference has no words, but speaker times"),
        ("garden.rttm", "", "the reference has no speaker time to score"),
        ("garden.rttm", "speaker x 1 0 2 <NA> <NA> Ada <NA> <NA>\n", "garden.rttm: "),
        ("lonely.wav", None, "lonely.wav: has no reference"),
    ],
)
def test_a_reference_or_recording_that_is_missing_or_emptied_is_an_error(
    check: Run, tmp_path: Path, name: str, content: str | None, message: str
) -> None:
    write_clip(tmp_path / "clips")
    path = tmp_path / "clips" / name
    if content is None:
        tone(path)
    else:
        path.write_text(content)
    code, out, _ = check("clips")
    assert code == 2
    assert message in out
