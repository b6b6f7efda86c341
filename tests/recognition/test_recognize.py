"""From a recording to its words: with scripted recognisers; with the real weights (marked) end to end."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from audio.decoding.decode import Audio, decode
from tests.support.paths import CLIPS, SHARED
from tests.support.recognition import recognize_all
from tests.support.scripted_recognizer import ScriptedRecognizer
from tests.support.weights import needs_base
from tests.support.words import said, text
from transcribe.errors import EngineError, SettingsError
from transcribe.recognition.engines import load
from transcribe.recognition.engines.protocol import Reading
from transcribe.recognition.models import find_model
from transcribe.recognition.recognize import read_chunks
from transcribe.recognition.spoken_language import UNDETERMINED
from transcribe.recognition.vad import Chunk, ChunkPlan, Region, chunk_audio
from transcribe.settings import Settings
from transcribe.transcript import Word
from transcribe.transcript_warnings import DoubtReason

Samples = NDArray[np.float32]


@pytest.fixture(scope="module")
def audio() -> Audio:
    return decode(CLIPS / "short.mp3")


@pytest.fixture(scope="module")
def plan(audio: Audio) -> ChunkPlan:
    return chunk_audio(audio)


def spoken_over(chunk: Chunk) -> Reading:
    """A reading of the whole `chunk`: three numbered words for every second of speech."""
    regions = [r for r in chunk.regions if r.duration > 0.2]
    words = []
    for region in regions:
        for i in range(max(1, round(3 * region.duration))):
            at = region.start - chunk.start + i / 3
            words.append(Word(f"word{len(words)}", at, min(at + 0.3, chunk.end - chunk.start)))
    return Reading(tuple(words), -0.2, 0.01)


def answering(*readings: Reading) -> Callable[[Samples], Reading]:
    rest = iter(readings)
    return lambda _: next(rest)


class TestWithAScriptedRecognizer:
    def test_words_have_absolute_times(self, audio: Audio, plan: ChunkPlan) -> None:
        (chunk,) = plan.chunks
        reading = spoken_over(chunk)
        shares: list[float] = []
        found = recognize_all(
            audio, ScriptedRecognizer(answering(reading)), settings=Settings(), progress=shares.append
        )
        assert [w.text for w in found.words] == [w.text for w in reading.words]
        assert found.words[0].start == pytest.approx(reading.words[0].start + chunk.start, abs=0.001)
        assert (found.language, found.doubts) == ("en", ())
        assert [e.passes for e in found.evidence] == [1]
        assert found.evidence[0].uncovered == 0
        assert shares == sorted(shares)
        assert shares[-1] == 1.0

    def test_a_lost_passage_is_read_again_and_inserted(self, audio: Audio, plan: ChunkPlan) -> None:
        (chunk,) = plan.chunks
        whole = spoken_over(chunk)
        first = Reading(tuple(w for w in whole.words if w.start < 2.0), -0.2, 0.01)

        def answer(window: Samples) -> Reading:
            if len(recognizer.window_lengths) == 1:
                return first
            shift = chunk.duration - len(window) / 16_000  # the gap extends to the end of the chunk
            return Reading(
                tuple(Word(w.text, w.start - shift, w.end - shift) for w in whole.words if w.start >= shift), -0.3, 0.01
            )

        recognizer = ScriptedRecognizer(answer)
        found = recognize_all(audio, recognizer, settings=Settings())
        assert len(recognizer.window_lengths) == 2
        missing = {w.text for w in whole.words} - {w.text for w in found.words}
        assert len(missing) <= 1  # one may be on the edge of the gap
        assert found.evidence[0].passes == 2
        assert found.doubts == ()
        assert all(a.end <= b.start for a, b in pairwise(found.words))

    def test_what_else_was_heard_is_known_with_its_place(self, audio: Audio, plan: ChunkPlan) -> None:
        first = spoken_over(plan.chunks[0])
        others = first.text.replace("word1 ", "world "), first.text.replace("word2 ", "uh, word2 "), first.text.upper()
        reading = replace(first, alternatives=others)
        found = recognize_all(audio, ScriptedRecognizer(lambda _: reading), settings=Settings())
        assert [(other.replaced, other.text) for other in found.others] == [("word1", "world")]
        assert (found.others[0].start, found.others[0].end) == (found.words[1].start, found.words[1].end)
        verbatim = recognize_all(audio, ScriptedRecognizer(lambda _: reading), settings=Settings(verbatim=True))
        assert verbatim.others[1].text == "word1 uh,"

    def test_a_reading_that_a_second_pass_refuses_is_another_reading(self, audio: Audio, plan: ChunkPlan) -> None:
        first = replace(spoken_over(plan.chunks[0]), avg_logprob=-1.2)
        words = tuple(replace(word, text=word.text.replace("word4", "ward4")) for word in first.words)
        unsure = replace(first, words=words, avg_logprob=-0.95)  # too unsure to be used, and sure enough to be told
        recognizer = ScriptedRecognizer(lambda window: first if len(recognizer.window_lengths) == 1 else unsure)
        found = recognize_all(audio, recognizer, settings=Settings())
        assert [word.text for word in found.words] == [word.text for word in first.words]
        assert ("word4", "ward4") in [(other.replaced, other.text) for other in found.others]

    def test_speech_that_is_not_transcribed_becomes_a_doubt(self, audio: Audio, plan: ChunkPlan) -> None:
        (chunk,) = plan.chunks
        found = recognize_all(audio, ScriptedRecognizer(lambda _: Reading((), -0.5, 0.1)), settings=Settings())
        assert found.words == ()
        assert [d.reason for d in found.doubts] == ["speech, not transcribed"]
        assert found.evidence[0].uncovered == pytest.approx(chunk.voiced, abs=0.01)

    def test_a_loop_that_no_cut_ends_is_sampled(self, audio: Audio, plan: ChunkPlan) -> None:
        (chunk,) = plan.chunks
        loop = Reading(said("and then he " * 13, step=0.02), -0.2, 0.01)
        recognizer = ScriptedRecognizer(lambda _: loop, sampled=lambda _: spoken_over(chunk))
        found = recognize_all(audio, recognizer, settings=Settings())
        assert [word.text for word in found.words] == [word.text for word in spoken_over(chunk).words]
        assert recognizer.temperatures == [0.2]
        assert found.doubts == ()

    def test_an_unsure_chunk_without_a_loop_is_not_sampled(self, audio: Audio, plan: ChunkPlan) -> None:
        """Sampling is never more confident than the beam."""
        (chunk,) = plan.chunks
        recognizer = ScriptedRecognizer(lambda _: replace(spoken_over(chunk), avg_logprob=-1.5))
        found = recognize_all(audio, recognizer, settings=Settings())
        assert recognizer.temperatures == []
        assert "low confidence" in {doubt.reason for doubt in found.doubts}

    def test_fillers_stay_in_a_verbatim_transcript(self, audio: Audio, plan: ChunkPlan) -> None:
        reading = spoken_over(plan.chunks[0])
        um = replace(reading, words=(replace(reading.words[0], text="Um,"), *reading.words[1:]))
        verbatim = recognize_all(audio, ScriptedRecognizer(lambda _: um), settings=Settings(verbatim=True))
        default = recognize_all(audio, ScriptedRecognizer(lambda _: um), settings=Settings())
        assert [word.text for word in verbatim.words][:2] == ["Um,", "word1"]
        assert default.words[0].text == "Word1"

    def test_a_removed_loop_becomes_a_doubt(self, audio: Audio) -> None:
        loop = Reading((*said("and then he", start=0.5), *said("and then he " * 13, start=1.4, step=0.02)), -0.2, 0.01)
        found = recognize_all(audio, ScriptedRecognizer(lambda _: loop), settings=Settings())
        assert text(found.words) == "and then he"
        assert "repeated phrase removed" in {doubt.reason for doubt in found.doubts}

    def test_what_a_decoder_repeats_besides_a_removed_loop_is_a_doubt(self, audio: Audio) -> None:
        """Five times on the speech, then at one moment: the five may be said, or be the loop as well."""
        spoken = said("and then he " * 5, start=0.5, step=0.3)
        loop = Reading((*spoken, *said("and then he " * 13, start=5.1, step=0.02)), -0.2, 0.01)
        found = recognize_all(audio, ScriptedRecognizer(lambda _: loop), settings=Settings())
        assert text(found.words[:15]) == ("and then he " * 5).strip()
        (unclear,) = (doubt for doubt in found.doubts if doubt.reason is DoubtReason.UNCLEAR)
        assert all(unclear.start <= word.start < word.end <= unclear.end for word in found.words[:15])

    def test_a_phrase_that_another_cut_repeats_too_stays(self, audio: Audio) -> None:
        repeated = "and then he " * 13

        def answer(window: Samples) -> Reading:
            return Reading(said(repeated, step=len(window) / 16_000 / 41), -0.2, 0.01)

        found = recognize_all(audio, ScriptedRecognizer(answer), settings=Settings())
        assert text(found.words) == repeated.strip()
        assert found.doubts == ()

    def test_words_with_a_high_no_speech_probability_are_dropped(self, audio: Audio) -> None:
        invented = Reading(said("Thanks for watching!", step=0.5), -0.2, 0.8)
        found = recognize_all(audio, ScriptedRecognizer(lambda _: invented), settings=Settings())
        assert found.words == ()
        assert [(d.reason, d.alternative) for d in found.doubts] == [
            ("possible speech, not transcribed", "Thanks for watching!")
        ]

    def test_unsure_words_far_from_speech_are_told(self) -> None:
        """One in a chunk whose speech is elsewhere; a most improbable one is not worth asking."""
        sound = Audio.from_samples(np.zeros(20 * 16_000, np.float32))
        chunk = Chunk(0.0, 20.0, (Region(1.0, 2.0), Region(18.0, 19.0)))
        words = (*said("here we are", start=1.0), Word("Hello?", 8.0, 8.4, 0.4), Word("uh", 12.0, 12.2, 0.1))
        recognizer = ScriptedRecognizer(lambda _: Reading((*words, *said("and there", start=18.0)), -0.2, 0.01))
        found = read_chunks(sound, recognizer, [chunk], language="en", beam_size=5)
        assert text(found.words) == "here we are and there"
        assert [(d.start, d.reason, d.alternative) for d in found.doubts] == [
            (8.0, "possible speech, not transcribed", "Hello?")
        ]

    def test_silence_is_not_read(self) -> None:
        recognizer = ScriptedRecognizer(answering())
        quiet = Audio.from_samples(np.zeros(48_000, np.float32))
        found = recognize_all(quiet, recognizer, settings=Settings())
        assert (found.words, found.doubts, found.evidence) == ((), (), ())
        assert found.language == UNDETERMINED
        assert recognizer.window_lengths == []
        assert recognize_all(quiet, recognizer, settings=Settings(language="nl")).language == "nl"

    def test_the_language_is_given_or_detected(self, audio: Audio, plan: ChunkPlan) -> None:
        reading = spoken_over(plan.chunks[0])
        for settings, language in ((Settings(), "nl"), (Settings(language="en"), "en")):
            found = recognize_all(audio, ScriptedRecognizer(answering(reading), spoken="nl"), settings=settings)
            assert found.language == language

    def test_a_language_the_model_does_not_know_is_a_settings_error(self, audio: Audio) -> None:
        only_english = ScriptedRecognizer(answering(), languages=("en",))
        with pytest.raises(SettingsError, match="language: the model base does not know 'nl'; it is for English only"):
            recognize_all(audio, only_english, settings=Settings(language="nl"))


class TestSecondPassAlongsideTheFirst:
    chunks = tuple(Chunk(i * 10.0, i * 10.0 + 9.0, (Region(i * 10.0, i * 10.0 + 9.0),)) for i in range(3))
    sound = Audio.from_samples(np.repeat(np.float32([0.1, 0.2, 0.3]), 160_000))  # identifies the chunk of a window

    def chunk_of(self, window: Samples) -> int:
        return round(float(window[len(window) // 2]) * 10) - 1

    def test_a_chunk_is_read_again_while_others_are_read_first(self) -> None:
        reading_again = threading.Event()

        def answer(window: Samples) -> Reading:
            number = self.chunk_of(window)
            if number == 0 and len(window) < 9 * 16_000:  # the first chunk again, in two parts
                reading_again.set()
            if number == 2 and len(window) == 9 * 16_000:
                assert reading_again.wait(10)
            logprob = -1.5 if number == 0 else -0.2
            return Reading(said(f"chunk {number} " * 3, start=0.2, step=0.5), logprob, 0.01)

        found = read_chunks(self.sound, ScriptedRecognizer(answer), self.chunks, language="en", beam_size=5)
        assert reading_again.is_set()
        assert [word.text for word in found.words if word.text.isdigit()] == [*"000", *"111", *"222"]
        assert [word.start for word in found.words] == sorted(word.start for word in found.words)

    def test_an_error_in_a_second_pass_is_raised(self) -> None:
        def answer(window: Samples) -> Reading:
            if len(window) < 9 * 16_000:
                raise EngineError("out of memory")
            return Reading(said("all of this", start=0.2), -1.5, 0.01)

        with pytest.raises(EngineError, match="out of memory"):
            read_chunks(self.sound, ScriptedRecognizer(answer), self.chunks, language="en", beam_size=5)

    def test_running_second_passes_end_when_the_run_is_stopped(self) -> None:
        """As on Ctrl-C, which `progress` raises: readings in progress are completed, no others are started."""
        stopped, reading_again = threading.Event(), threading.Event()
        read_after = []

        def answer(window: Samples) -> Reading:
            if stopped.is_set():
                read_after.append(len(window))
            number = self.chunk_of(window)
            if number == 0 and len(window) < 9 * 16_000:
                reading_again.set()
                assert stopped.wait(10)
            return Reading(said("all of this", start=0.2), -0.2 if number else -1.5, 0.01)

        def progress(share: float) -> None:
            if share > 0.6:
                assert reading_again.wait(10)
                threading.Timer(0.2, stopped.set).start()
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            read_chunks(
                self.sound, ScriptedRecognizer(answer), self.chunks, language="en", beam_size=5, progress=progress
            )
        assert stopped.is_set()
        assert read_after == []


@needs_base
@pytest.mark.models
class TestRealWeights:
    def test_the_sample_clip_is_read_without_doubts(self, audio: Audio) -> None:
        files = find_model("base")
        settings = Settings(beam_size=1)
        found = recognize_all(audio, load(settings, files), settings=settings)
        script = re.sub(r"(?m)^\w+:", "", (CLIPS / "short.ref.txt").read_text(encoding="utf-8"))
        expected = re.findall(r"[a-z']+", script.lower())
        heard = re.findall(r"[a-z']+", text(found.words).lower())
        assert len(set(expected) - set(heard)) <= 2
        assert abs(len(heard) - len(expected)) <= 2
        assert found.language == "en"
        assert found.doubts == ()
        assert recognize_all(audio, load(settings, files), settings=settings) == found

    @pytest.mark.skipif(not (SHARED / "corpus").is_dir(), reason="../shared/corpus is not here")
    def test_a_real_dialogue_within_three_errors_in_a_hundred(self) -> None:
        from whisper.normalizers import EnglishTextNormalizer

        normal = EnglishTextNormalizer()
        found = recognize_all(
            decode(SHARED / "corpus" / "dialogue-jane-mark.mp3"),
            load(Settings(), find_model("base")),
            settings=Settings(),
        )
        reference = re.sub(r"(?m)^[^:\n]{1,40}:", "", (SHARED / "corpus" / "dialogue-jane-mark.ref.txt").read_text())
        assert _error_rate(normal(reference).split(), normal(text(found.words)).split()) <= 0.03


def _error_rate(reference: list[str], found: list[str]) -> float:
    """Levenshtein's distance over words, per word of the reference."""
    row = list(range(len(found) + 1))
    for i, expected in enumerate(reference, 1):
        previous, row[0] = row[0], i
        for j, word in enumerate(found, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (expected != word))
    return row[-1] / len(reference)
