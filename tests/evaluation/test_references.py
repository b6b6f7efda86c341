"""References and the speaker times next to them."""

from __future__ import annotations

from tests.support.paths import CLIPS
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
