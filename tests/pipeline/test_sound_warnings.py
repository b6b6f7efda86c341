"""Notes of decoding as warnings: what each says, its values, and that they survive a checkpoint and `STEM.json`."""

from __future__ import annotations

from audio.decoding.notes import Finding, SoundNote
from transcribe.pipeline.codecs import FACTS, AudioFacts
from transcribe.pipeline.sound_warnings import sound_warnings
from transcribe.transcript_warnings import TranscriptWarning, WarningCode, row_of, warnings_of

TRACKS = {"count": 4, "heard": [2], "silent": [1, 3], "copies": [], "dubbed": [4], "unreadable": []}
NOTES = (
    SoundNote(Finding.INVERTED, {"channel": 2, "start": 3.0, "end": 63.5}),
    SoundNote(Finding.INVERTED, {"channel": 2, "start": 3600.0, "end": 3605.0}),
    SoundNote(Finding.LEVELLED, {"gain_db": 57.0, "loudness": -80.0}, 2),
    SoundNote(Finding.LEVELLED, {"gain_db": -33.0, "loudness": 10.0}),
    SoundNote(Finding.CLIPPED, {"percent": 1.5}),
    SoundNote(Finding.NO_NUMBERS, {"channel": 2, "percent": 100.0}),
    SoundNote(Finding.CLOSED_GAP, {"start": 3.2, "seconds": 1_000_000_000}),
    SoundNote(Finding.UNKNOWN_TIMES, {"start": 0.0}),
    SoundNote(Finding.UNKNOWN_TIMES, {"start": 60.0}, 2),
    SoundNote(Finding.TRACKS, {**TRACKS, "count": 39, "beyond": [33, 34, 35, 36, 37, 38, 39]}),
    SoundNote(Finding.TRACKS, TRACKS),
    SoundNote(Finding.TRACKS, {**TRACKS, "dubbed": [], "count": 3}),
)
EARLY = (
    ": this ffmpeg does not say when a file has its sound be heard; install ffmpeg 6 or newer, or run `pip install "
    "imageio-ffmpeg`, and transcribe it again with --fresh"
)
SENTENCES = [
    "channel 2 is the inverse of another from 0:00:03 to 0:01:04, 1:00:00 to 1:00:05 and would cancel it; it was "
    "turned over, so nothing is lost; check its cable",
    "sound track 2: the sound is very quiet (-80.0 LUFS); it was made 57 dB louder to be recognised",
    "the sound is louder than full scale (10.0 LUFS); it was made 33 dB quieter to be recognised",
    "the sound is clipped (1.5 % of it is at full scale); words may be wrong",
    "channel 2 holds no numbers in 100.0 % of its samples; they are left out, as silence; save the recording again "
    "where it was made",
    "the time of the file jumps ahead by 277777:46:40 at 0:00:03; the gap is left out and times count on from there",
    f"times may be early{EARLY}",
    f"sound track 2: times may be early from 0:01:00 on{EARLY}",
    "the file has 39 sound tracks: 2 is heard; 1 and 3 are silent; 4 is left out, as the same is spoken at the same "
    "time (another language?); 33 to 39 are left out, as no more are taken; to transcribe 4, 33, 34, 35, 36, 37, 38 "
    "and 39, copy it to a file of its own",
    "the file has 4 sound tracks: 2 is heard; 1 and 3 are silent; 4 is left out, as the same is spoken at the same "
    "time (another language?); to transcribe 4, copy it to a file of its own",
    "the file has 3 sound tracks: 2 is heard; 1 and 3 are silent",
]


def test_each_finding_has_its_sentence_and_values() -> None:
    warnings = list(sound_warnings(NOTES, duration=7200.0))
    assert [warning.message for warning in warnings] == SENTENCES
    assert warnings[0].values == {"track": 0, "channel": 2, "stretches": [[3.0, 63.5], [3600.0, 3605.0]]}
    assert warnings[-1].code is WarningCode.SOUND_TRACKS
    assert warnings[-2].values == {"track": 0, **TRACKS}


def test_of_a_channel_that_is_turned_over_throughout_no_times_are_given() -> None:
    (warning,) = sound_warnings([SoundNote(Finding.INVERTED, {"channel": 1, "start": 0.0, "end": 9.5})], duration=10.0)
    assert " from " not in warning.message


def test_notes_and_values_survive_their_files() -> None:
    facts = AudioFacts(10.0, (), notes=NOTES, revision=1)
    assert FACTS.decode_or_none(FACTS.encode(facts)) == facts
    warnings = tuple(sound_warnings(NOTES, duration=7200.0))
    rows = [{**row_of(w), "speakers": []} for w in warnings]
    assert tuple(warnings_of({"warnings": [w.message for w in warnings], "warning_codes": rows})) == warnings
    assert row_of(TranscriptWarning(WarningCode.NO_SPEECH, "x")) == {"code": "no-speech", "speakers": ()}
