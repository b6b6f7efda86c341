"""What holds for every dialogue: each voice has a name of its own, and certainty and warnings agree."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.episode import Person
from tests.support.naming import codes, name
from tests.support.transcripts import talk
from transcribe import transcript_warnings
from transcribe.person_names import NameCertainty
from transcribe.speakers.name_certainty import is_guess, open_warnings
from transcribe.speakers.naming import Naming, name_speakers
from transcribe.speakers.voiceprints import VoiceMatch
from transcribe.transcript import Speaker
from transcribe.transcript_warnings import WarningCode

SAID = st.sampled_from(
    ["I'm Ada.", "Thank you, Rich.", "How so?", "My name is Rich Bowen.", "Hm.", "Hello, Guest.", "I'm here with Bo."]
)
LINES = st.lists(st.tuples(st.sampled_from(["S1", "S2", "S3"]), SAID), max_size=12)


@given(LINES, st.lists(st.sampled_from(["Rich", "Ada", "Bo Li", "Rich Roe", "Guest"]), max_size=4, unique=True))
def test_every_voice_gets_one_name_of_its_own(lines: list[tuple[str, str]], names: list[str]) -> None:
    speakers = name(talk(*lines), *names).speakers
    assert {speaker.id for speaker in speakers} == {who for who, _ in lines}
    assert len({speaker.id for speaker in speakers}) == len(speakers)
    assert len({speaker.name.casefold() for speaker in speakers}) == len(speakers)
    assert len({speaker.label.casefold() for speaker in speakers}) == len(speakers)
    assert all(speaker.evidence for speaker in speakers)
    if names and speakers:
        assert set(names) <= {speaker.name for speaker in speakers} or len(names) > len(speakers)


NAMES = st.sampled_from(["Rich", "Ada", "Bo Li", "Rich Roe", "Guest"])
PEOPLE = st.lists(st.builds(Person, NAMES, st.sampled_from(["host", "guest"])), max_size=3).map(tuple)
MATCHES = st.dictionaries(
    st.sampled_from(["S1", "S2", "S3"]), st.builds(VoiceMatch, NAMES, st.just(0.9)), max_size=2
).filter(lambda matches: len({match.name for match in matches.values()}) == len(matches))
ABOUT_A_GUESS = {
    *(WarningCode.HOST_UNCLEAR, WarningCode.HOST_ASSUMED, WarningCode.NAME_BY_ORDER, WarningCode.NAME_CONTRADICTED)
}


@given(LINES, st.lists(NAMES, max_size=3, unique=True), PEOPLE, MATCHES)
def test_certainties_agree_with_warnings_and_no_decision_depends_on_a_sentence(
    lines: list[tuple[str, str]], names: list[str], people: tuple[Person, ...], matches: dict[str, VoiceMatch]
) -> None:
    def decisions() -> tuple[Naming, list[bool], list[tuple[WarningCode, ...]]]:
        naming = name_speakers(talk(*lines), names=names, host="Rich", guest="Guest", people=people, enrolled=matches)
        guesses = [is_guess(replace(speaker, evidence=""), naming.warnings) for speaker in naming.speakers]
        remaining = []
        for speaker in naming.speakers:
            others = [other for other in naming.speakers if other != speaker]
            after = [*others, Speaker(speaker.id, "Xavier", certainty=NameCertainty.EDITED)]
            remaining.append(open_warnings(naming.warnings, before=naming.speakers, after=after))
        return naming, guesses, [tuple(warning.code for warning in warnings) for warnings in remaining]

    naming, guesses, remaining = decisions()
    assert {speaker.certainty for speaker in naming.speakers}.isdisjoint({NameCertainty.UNKNOWN, NameCertainty.EDITED})
    assert {id for warning in naming.warnings for id in warning.speakers} <= {speaker.id for speaker in naming.speakers}
    doubted = {id for warning in naming.warnings if warning.code in ABOUT_A_GUESS for id in warning.speakers}
    guessed = {speaker.id for speaker in naming.speakers if speaker.certainty is NameCertainty.GUESS}
    assert doubted <= guessed
    if guessed - doubted:  # the only name, or the only voice, in order of appearance
        assert {WarningCode.NAMES_WITHOUT_VOICE, WarningCode.VOICES_WITHOUT_NAME} & set(codes(naming))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transcript_warnings, "_MESSAGES", dict.fromkeys(WarningCode, "reworded"))
        reworded, guesses_reworded, remaining_reworded = decisions()
    assert [replace(warning, message="reworded") for warning in naming.warnings] == list(reworded.warnings)
    assert (reworded.speakers, guesses_reworded, remaining_reworded) == (naming.speakers, guesses, remaining)
