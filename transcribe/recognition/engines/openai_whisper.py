"""The reference engine: openai-whisper, with the same weights as CTranslate2.

Nothing is downloaded: the named arrays in `model.bin` (`transcribe.recognition.engines.ct2_container`) are converted to
openai-whisper's state dict. Decoding and word times are openai-whisper's own, on the same padded windows with the same
options; only the arithmetic differs from the fast engine (float32 against int8).
"""

from __future__ import annotations

import json
import threading
import warnings
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from audio.decoding.samples import SAMPLE_RATE
from audio.trust import read_regular
from transcribe.errors import EngineError
from transcribe.recognition.engines.ct2_container import Arrays, check_heads, layer_count, read_container
from transcribe.recognition.engines.protocol import LanguageGuess, Reading
from transcribe.recognition.engines.token_words import Piece, words_from_pieces
from transcribe.recognition.models import ModelFiles

if TYPE_CHECKING:
    import torch

    from transcribe.recognition.engines.protocol import Samples

_SEED = 1  # for sampling
_SELF_ATTENTION = ("query", "key", "value"), ("out",)  # the layers fused in each of CTranslate2's matrices, in order
_CROSS_ATTENTION = ("query",), ("key", "value"), ("out",)  # to the audio


class OpenAIWhisper:
    """A `Recognizer`. Threads take turns, a window at a time: decoding registers hooks on the model."""

    def __init__(self, files: ModelFiles, *, device: str = "auto") -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # from numba and torch, about themselves
            try:
                import torch
                import whisper
                from whisper.tokenizer import get_tokenizer

                self._device = "cuda" if device == "cuda" or (device == "auto" and torch.cuda.is_available()) else "cpu"
                arrays = read_container(files.folder / "model.bin")
                stated = json.loads(read_regular(files.folder / "config.json")).get("alignment_heads")
                self._model = whisper.Whisper(whisper.ModelDimensions(**dimensions(arrays)))
                self._model.load_state_dict(
                    {name: torch.from_numpy(np.array(a, np.float32)) for name, a in state_dict(arrays).items()}
                )
                # loaded and cached here, because whisper leaves its open file to the garbage collector
                get_tokenizer(self._model.is_multilingual, num_languages=self._model.num_languages)
            except (ImportError, RuntimeError, KeyError, ValueError, TypeError, AttributeError, OSError) as exc:
                raise EngineError(
                    f"model {files.name}: openai-whisper cannot load {files.folder} ({exc}); use --engine ctranslate2"
                ) from exc
            if stated:
                heads = files.alignment_heads
                check_heads(heads, files.folder / "model.bin")
                mask = torch.zeros(self._model.dims.n_text_layer, self._model.dims.n_text_head, dtype=torch.bool)
                mask[tuple(np.transpose(heads).tolist())] = True
                self._model.register_buffer("alignment_heads", mask.to_sparse(), persistent=False)
            self._model.to(self._device).eval()
            self._lock = threading.Lock()

    @property
    def languages(self) -> frozenset[str]:
        """Codes of the languages the weights know."""
        from whisper.tokenizer import LANGUAGES

        if not self._model.is_multilingual:
            return frozenset({"en"})
        return frozenset(list(LANGUAGES)[: self._model.num_languages])

    def recognize(
        self,
        windows: Iterable[Samples],
        *,
        language: str,
        beam_size: int = 5,
        prompt: str | None = None,
        temperature: float = 0.0,
    ) -> Iterator[Reading]:
        """See `Recognizer.recognize`; one window after the other."""
        language = language if self._model.is_multilingual else "en"
        if language not in self.languages:
            raise EngineError(f"language {language!r}: the model does not know it; use another or auto")
        for window in windows:
            with self._lock:
                reading = self._read(window, language, beam_size=beam_size, prompt=prompt, temperature=temperature)
            yield reading

    def detect_language(self, window: Samples) -> LanguageGuess:
        """See `Recognizer.detect_language`; the first 30 s count."""
        if not self._model.is_multilingual:
            return LanguageGuess({"en": 1.0})
        try:
            with self._lock:
                _, probabilities = self._model.detect_language(self._log_mel(window)[0])
        except RuntimeError as exc:
            raise EngineError(f"openai-whisper cannot detect the language: {exc}") from exc
        return LanguageGuess(probabilities)

    def _read(
        self, window: Samples, language: str, *, beam_size: int, prompt: str | None, temperature: float
    ) -> Reading:
        import torch
        from whisper.decoding import DecodingOptions

        options = DecodingOptions(
            language=language,
            beam_size=beam_size if beam_size > 1 and not temperature else None,
            temperature=temperature,
            without_timestamps=True,
            prompt=prompt or None,
            fp16=self._device == "cuda",
        )
        try:
            mel, frames = self._log_mel(window)
            with torch.random.fork_rng():
                torch.manual_seed(_SEED)
                result = self._model.decode(mel.half() if options.fp16 else mel, options)
            pieces = self._aligned(mel, result.tokens, language, frames)
        except RuntimeError as exc:
            raise EngineError(f"openai-whisper failed while decoding: {exc}; try --engine ctranslate2") from exc
        return Reading(
            words=words_from_pieces(pieces, language=language, duration=len(window) / SAMPLE_RATE),
            avg_logprob=float(result.avg_logprob),
            no_speech_probability=min(1.0, float(np.nan_to_num(result.no_speech_prob))),
        )

    def _aligned(self, mel: torch.Tensor, tokens: list[int], language: str, frames: int) -> list[Piece]:
        from whisper.tokenizer import get_tokenizer

        tokenizer = get_tokenizer(
            self._model.is_multilingual, num_languages=self._model.num_languages, language=language, task="transcribe"
        )
        text = [token for token in tokens if token < tokenizer.eot]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # numba compiles the alignment on its first run
            from whisper.timing import find_alignment

            timed = find_alignment(self._model, tokenizer, text, mel, max(2, frames)) if text else []
        return [Piece(t.word, float(t.start), float(t.end), float(t.probability)) for t in timed]

    def _log_mel(self, window: Samples) -> tuple[torch.Tensor, int]:
        """The (n_mels, 3000) float32 log-mel, padded with its own minimum, and its number of frames before padding."""
        import torch
        from whisper.audio import HOP_LENGTH, N_FRAMES, log_mel_spectrogram

        samples = torch.from_numpy(np.pad(window, (0, max(0, 5 * HOP_LENGTH - len(window)))))
        mel = log_mel_spectrogram(samples, self._model.dims.n_mels)[:, :N_FRAMES]
        padded = torch.full((mel.shape[0], N_FRAMES), float(mel.min()))
        padded[:, : mel.shape[1]] = mel
        return padded.to(self._device), len(window) // HOP_LENGTH


def dimensions(arrays: Arrays) -> dict[str, int]:
    """The fields of openai-whisper's `ModelDimensions`, read off the shapes of CTranslate2's arrays."""
    audio_context, audio_state = arrays["encoder/position_encodings/encodings"].shape
    text_context, text_state = arrays["decoder/position_encodings/encodings"].shape
    return {
        "n_mels": arrays["encoder/conv1/weight"].shape[1],
        "n_audio_ctx": audio_context,
        "n_audio_state": audio_state,
        "n_audio_head": int(arrays["encoder/num_heads"]),
        "n_audio_layer": layer_count(arrays, "encoder"),
        "n_vocab": arrays["decoder/embeddings/weight"].shape[0],
        "n_text_ctx": text_context,
        "n_text_state": text_state,
        "n_text_head": int(arrays["decoder/num_heads"]),
        "n_text_layer": layer_count(arrays, "decoder"),
    }


def state_dict(arrays: Arrays) -> Arrays:
    """openai-whisper's parameters by name. CTranslate2 fuses query, key and value of one input into one matrix, with a
    bias of zeros for the keys."""
    parameters = {
        **_linear(arrays, "encoder/conv1", ["encoder.conv1"]),
        **_linear(arrays, "encoder/conv2", ["encoder.conv2"]),
        "encoder.positional_embedding": arrays["encoder/position_encodings/encodings"],
        "decoder.positional_embedding": arrays["decoder/position_encodings/encodings"],
        "decoder.token_embedding.weight": arrays["decoder/embeddings/weight"],
        **_norm(arrays, "encoder/layer_norm", "encoder.ln_post"),
        **_norm(arrays, "decoder/layer_norm", "decoder.ln"),
    }
    for side in ("encoder", "decoder"):
        for layer in range(layer_count(arrays, side)):
            source, target = f"{side}/layer_{layer}", f"{side}.blocks.{layer}"
            parameters |= _attention(arrays, f"{source}/self_attention", f"{target}.attn", _SELF_ATTENTION)
            if side == "decoder":
                parameters |= _attention(arrays, f"{source}/attention", f"{target}.cross_attn", _CROSS_ATTENTION)
            parameters |= _norm(arrays, f"{source}/ffn/layer_norm", f"{target}.mlp_ln")
            parameters |= _linear(arrays, f"{source}/ffn/linear_0", [f"{target}.mlp.0"])
            parameters |= _linear(arrays, f"{source}/ffn/linear_1", [f"{target}.mlp.2"])
    return parameters


def _attention(arrays: Arrays, source: str, target: str, matrices: Sequence[Sequence[str]]) -> Arrays:
    parameters = _norm(arrays, f"{source}/layer_norm", f"{target}_ln")
    for i, fused in enumerate(matrices):
        parameters |= _linear(arrays, f"{source}/linear_{i}", [f"{target}.{part}" for part in fused])
    return parameters


def _linear(arrays: Arrays, source: str, targets: list[str]) -> Arrays:
    """One matrix of CTranslate2, split into the layers `targets` it was fused from; Whisper's keys have no bias."""
    parameters: Arrays = {}
    weights = np.split(arrays[f"{source}/weight"], len(targets))
    biases = np.split(arrays[f"{source}/bias"], len(targets))
    for target, weight, bias in zip(targets, weights, biases, strict=True):
        parameters[f"{target}.weight"] = weight
        if not target.endswith(".key"):
            parameters[f"{target}.bias"] = bias
    return parameters


def _norm(arrays: Arrays, source: str, target: str) -> Arrays:
    return {f"{target}.weight": arrays[f"{source}/gamma"], f"{target}.bias": arrays[f"{source}/beta"]}
