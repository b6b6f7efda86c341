"""The fast engine: CTranslate2 on faster-whisper's tokenizer and features; int8 on a CPU, float16 on a GPU.

faster-whisper's own pipelines are not used: its batched one pads log-mels with 0.0, far above a window's own silence,
and the decoder then ends the text after a phrase. Here a window is padded with its own minimum.

On a CPU each job has one thread: two such workers on two cores ran 2.5 times as fast as two threads on one window (26
against 10 times real time, `base`, beam 5, word times). A job's windows are encoded one by one (four together took a
third longer), each by whichever thread is free, and decoded together, because every step reads all weights: four take a
fifth less than two, and in onnxruntime six an eighth less than four. There, too, the text is searched in every second
frame (`encoder_states`). Where onnxruntime is faster it encodes (`encoders`), and it searches what has no prompt and is
not sampled, with the word times (`decoders`). What CTranslate2 searches it aligns afterwards, on a CPU one by one:
together with a longer text a word moved by 20 ms. A window is padded to the same length whatever windows it is decoded
with, so its reading does not depend on them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

from audio.decoding.samples import SAMPLE_RATE
from audio.program import program
from transcribe.errors import EngineError, ModelError
from transcribe.recognition.engines.ct2_container import check_heads
from transcribe.recognition.engines.decoders import load_decoder
from transcribe.recognition.engines.encoders import Encoded, Encoder, load_encoder_network
from transcribe.recognition.engines.log_mel import FRAME_SAMPLES
from transcribe.recognition.engines.protocol import LanguageGuess, Reading
from transcribe.recognition.engines.text_searches import (
    TEXT_TOKENS,
    CTranslate2Search,
    NetworkSearch,
    Query,
    TextSearch,
    aligned,
)
from transcribe.recognition.engines.token_times import pieces
from transcribe.recognition.engines.token_words import words_from_pieces, words_of_known_text
from transcribe.recognition.engines.window_batches import Task, batches, worker_layout
from transcribe.recognition.model_sources import WEIGHTS
from transcribe.recognition.models import ModelFiles

if TYPE_CHECKING:
    from transcribe.recognition.engines.protocol import Samples
    from transcribe.transcript import Word

_GPU_BATCH, _CPU_BATCH, _NETWORK_BATCH = 16, 4, 6
_SEED = 1  # for sampling


class CTranslate2:
    """A `Recognizer` and an `Aligner`, with its own threads.

    Up to `batch` windows are decoded at a time; 0 chooses the number by the device.
    """

    def __init__(self, files: ModelFiles, *, device: str = "auto", threads: int = 0, batch: int = 0) -> None:
        files.check()
        check_heads(files.alignment_heads, files.folder / WEIGHTS)
        try:
            import ctranslate2
            from faster_whisper import WhisperModel
            from scipy.sparse import csr_array

            on_gpu = device == "cuda" or (device == "auto" and ctranslate2.get_cuda_device_count() > 0)
            self._together = on_gpu
            self._workers, threads_each = (1, 0) if on_gpu else worker_layout(threads)
            self._files, self._folder = files, str(files.folder)
            self._placement = {"device": "cuda" if on_gpu else "cpu", "compute_type": "float16" if on_gpu else "int8"}
            network = None if on_gpu else load_encoder_network(files.folder / WEIGHTS)
            self._model = WhisperModel(
                self._folder, **self._placement, cpu_threads=threads_each, num_workers=self._workers
            )
            self._encoder = Encoder(self._model, network=network)
            decoder = None if on_gpu else load_decoder(files.folder, self._model.hf_tokenizer)
            self._network_search = NetworkSearch(decoder) if decoder else None
            self._batch = batch or (_GPU_BATCH if on_gpu else _NETWORK_BATCH if decoder else _CPU_BATCH)
            # The network has one thread for each call.
            n_threads = self._workers * threads_each if network else self._workers
            self._pool = ThreadPoolExecutor(n_threads, thread_name_prefix="recognize")
            # One copy of the weights at a time.
            self._sampling_pool = ThreadPoolExecutor(1, thread_name_prefix="sample")
            extractor = self._model.feature_extractor
            # BLAS computes dense products; their last digits, and with them words, depend on its number of threads.
            extractor.mel_filters = csr_array(extractor.mel_filters)
        except (ImportError, RuntimeError, ValueError, OSError) as exc:
            raise EngineError(
                f"model {files.name}: ctranslate2 cannot load {files.folder} ({exc}); "
                f"check it with `{program()} models verify`, or use another device"
            ) from exc
        except Exception as exc:  # of tokenizers, which has no other class; and of sums
            raise ModelError(
                f"model {files.name}: the tokenizer or the settings in {files.folder} are not a Whisper model's "
                f"({exc}); get the model again"
            ) from exc

    @property
    def languages(self) -> frozenset[str]:
        """Codes of the languages the weights know."""
        return self._files.languages  # faster-whisper names `yue` for every model

    def recognize(
        self,
        windows: Iterable[Samples],
        *,
        language: str,
        beam_size: int = 5,
        prompt: str | None = None,
        temperature: float = 0.0,
    ) -> Iterator[Reading]:
        """See `Recognizer.recognize`. Two jobs for each worker are submitted ahead, and the next windows consumed."""
        is_sampled = temperature > 0
        options = _Options(language, beam_size, prompt, temperature)
        sampler = self._sampling_model if is_sampled else None
        search: TextSearch = CTranslate2Search(self._model.model, together=self._together, sampler=sampler)
        if self._network_search and not is_sampled:
            search = self._network_search
        decoding = _Decoding(self._model, options, encoder=self._encoder, search=search, together=self._together)
        workers, batch = (1, 1) if is_sampled else (self._workers, self._batch)
        pool = self._sampling_pool if is_sampled else self._pool
        ahead: deque[_Job] = deque()
        try:
            for job in batches(windows, workers=workers, batch=batch):
                ahead.append(decoding.submit(job, pool))
                if len(ahead) >= 2 * workers:
                    yield from _readings(ahead.popleft())
            while ahead:
                yield from _readings(ahead.popleft())
        finally:
            for task in ahead:
                task.cancel()

    def _sampling_model(self) -> Any:
        """A new copy of the model with one worker. CTranslate2 seeds a worker's random numbers when it is created, so
        only a new one for every window samples the same tokens whatever was read before it."""
        import ctranslate2

        ctranslate2.set_random_seed(_SEED)
        try:
            return ctranslate2.models.Whisper(self._folder, **self._placement)
        except (RuntimeError, ValueError) as exc:
            raise EngineError(f"ctranslate2 cannot load {self._folder} again ({exc}); free some memory") from exc

    def align(self, window: Samples, text: str, *, language: str) -> tuple[Word, ...]:
        """See `Aligner.align`; the decoder's cross-attention to the text, forced along a path (`find_alignment`)."""
        search = CTranslate2Search(self._model.model, together=self._together)
        decoding = _Decoding(self._model, _Options(language), encoder=self._encoder, search=search)
        try:
            return decoding.align(window, text)
        except (RuntimeError, ValueError) as exc:
            raise EngineError(f"ctranslate2 failed while aligning: {exc}; leave out --realign-audio") from exc

    def detect_language(self, window: Samples) -> LanguageGuess:
        """See `Recognizer.detect_language`; the first 30 s count."""
        if not self._model.model.is_multilingual:
            return LanguageGuess({"en": 1.0})
        try:
            guesses = self._model.model.detect_language(self._encoder.states(window))[0]
        except (RuntimeError, ValueError) as exc:
            raise EngineError(f"ctranslate2 cannot detect the language: {exc}") from exc
        return LanguageGuess.of_tokens(guesses)


@dataclass(frozen=True, slots=True)
class _Options:
    language: str
    beam_size: int = 1
    prompt: str | None = None
    temperature: float = 0.0


_Job = Task[list[Encoded], list[Reading]]


class _Decoding:
    """Decodes batches of windows with one set of options. May be called from several threads at the same time."""

    def __init__(
        self,
        model: Any,
        options: _Options,
        *,
        encoder: Encoder,
        search: TextSearch,
        together: bool = False,
    ) -> None:
        from faster_whisper.tokenizer import Tokenizer

        multilingual = model.model.is_multilingual
        self._model = model
        self._encoder = encoder
        self._search = search
        self._together = together
        self._language = options.language if multilingual else "en"
        try:
            self._tokenizer = Tokenizer(model.hf_tokenizer, multilingual, task="transcribe", language=self._language)
        except ValueError as exc:
            raise EngineError(f"language {self._language!r}: the model does not know it; use another or auto") from exc
        self._prompt = [*self._tokenizer.sot_sequence, self._tokenizer.no_timestamps]
        if options.prompt:
            prompt_tokens = self._tokenizer.encode(" " + options.prompt.strip())[-(TEXT_TOKENS // 2 - 1) :]
            self._prompt = [self._tokenizer.sot_prev, *prompt_tokens, *self._prompt]
        is_first = multilingual and options.prompt is None and options.temperature == 0
        self._query = Query(
            self._prompt,
            self._tokenizer.sot_sequence,
            self._tokenizer.eot,
            self._language,
            beam_size=options.beam_size,
            temperature=options.temperature,
            is_first=is_first,
        )

    def submit(self, windows: Sequence[Samples], pool: ThreadPoolExecutor) -> _Job:
        """A reading for each window; those padded to one length are decoded together."""
        everything = range(len(windows))
        shares = [everything] if self._together else [range(i, i + 1) for i in everything]
        parts = [partial(self._encoder.encode, windows, share) for share in shares]
        return Task(pool, parts, join=partial(self._decode, windows))

    def _decode(self, windows: Sequence[Samples], parts: Iterable[Iterable[Encoded]]) -> list[Reading]:
        groups: dict[int, list[Encoded]] = {}
        for encoded in chain.from_iterable(parts):
            groups.setdefault(encoded.states.shape[1], []).append(encoded)
        readings: dict[int, Reading] = {}
        for group in groups.values():
            indices = [i for encoded in group for i in encoded.windows]
            states = [encoded.states for encoded in group]
            readings |= zip(indices, self._decode_group(states, [windows[i] for i in indices]), strict=True)
        return [readings[i] for i in range(len(windows))]

    def _decode_group(self, encoded: Sequence[Any], windows: Sequence[Samples]) -> list[Reading]:
        found = self._search(encoded, [_n_frames(window) for window in windows], self._query)
        return [
            Reading(
                words=words_from_pieces(
                    pieces(texts.tokens[0], texts.times, self._tokenizer),
                    language=self._language,
                    duration=len(window) / SAMPLE_RATE,
                ),
                avg_logprob=texts.avg_logprob,
                no_speech_probability=texts.no_speech_probability,
                alternatives=self._alternatives(texts.tokens),
                spoken=texts.spoken,
            )
            for window, texts in zip(windows, found, strict=True)
        ]

    def _alternatives(self, sequences: Sequence[Sequence[int]]) -> tuple[str, ...]:
        """The texts of the hypotheses that are not the best one's."""
        best, *others = (self._tokenizer.decode(list(sequence)).strip() for sequence in sequences)
        return tuple(dict.fromkeys(text for text in others if text != best))

    def align(self, window: Samples, text: str) -> tuple[Word, ...]:
        parts = text.split()
        tokens = self._tokenizer.encode(" " + " ".join(parts))
        if not parts or len(tokens) > TEXT_TOKENS - len(self._prompt) - 1:
            return ()
        (times,) = aligned(
            self._model.model,
            [self._encoder.states(window)],
            [tokens],
            lengths=[_n_frames(window)],
            start=self._query.start,
        )
        return words_of_known_text(pieces(tokens, times, self._tokenizer), parts, duration=len(window) / SAMPLE_RATE)


def _n_frames(window: Samples) -> int:
    """Of the encoder's states, 20 ms each, those with sound."""
    return max(1, len(window) // FRAME_SAMPLES // 2)


def _readings(job: _Job) -> list[Reading]:
    try:
        return job.result()
    except (RuntimeError, ValueError, MemoryError) as exc:
        raise EngineError(f"ctranslate2 failed while decoding: {exc}; try --engine openai, or --device cpu") from exc
