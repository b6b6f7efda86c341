"""A small random Whisper decoder, named as in a container of CTranslate2."""

from __future__ import annotations

import numpy as np

from tests.support.whisper_encoder import HEADS, LAYERS, WIDTH, Arrays

TOKENS, POSITIONS = 40, 12


def random_decoder(seed: int = 0) -> Arrays:
    """Its arrays, in half precision."""
    rng = np.random.default_rng(seed)

    def layer(name: str, n_out: int, n_in: int) -> Arrays:
        weight = rng.normal(size=(n_out, n_in)) / np.sqrt(n_in)
        return {f"{name}/weight": weight, f"{name}/bias": rng.normal(size=n_out) / 10}

    def norm(name: str) -> Arrays:
        return {f"{name}/gamma": rng.normal(1, 0.1, WIDTH), f"{name}/beta": rng.normal(0, 0.1, WIDTH)}

    arrays = norm("layer_norm") | {"embeddings/weight": rng.normal(size=(TOKENS, WIDTH)) / np.sqrt(WIDTH)}
    arrays["position_encodings/encodings"] = rng.normal(size=(POSITIONS, WIDTH)) / 10
    for i in range(LAYERS):
        text, audio, ffn = (f"layer_{i}/{part}" for part in ("self_attention", "attention", "ffn"))
        arrays |= norm(f"{text}/layer_norm") | norm(f"{audio}/layer_norm") | norm(f"{ffn}/layer_norm")
        arrays |= layer(f"{text}/linear_0", 3 * WIDTH, WIDTH) | layer(f"{text}/linear_1", WIDTH, WIDTH)
        arrays |= layer(f"{audio}/linear_0", WIDTH, WIDTH) | layer(f"{audio}/linear_1", 2 * WIDTH, WIDTH)
        arrays |= layer(f"{audio}/linear_2", WIDTH, WIDTH)
        arrays |= layer(f"{ffn}/linear_0", 4 * WIDTH, WIDTH) | layer(f"{ffn}/linear_1", WIDTH, 4 * WIDTH)
    halves = {f"decoder/{name}": array.astype(np.float16) for name, array in arrays.items()}
    halves["decoder/projection/weight"] = halves["decoder/embeddings/weight"]
    return halves | {"decoder/num_heads": np.array(HEADS, np.int16)}
