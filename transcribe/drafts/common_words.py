"""Which words are common: those the recogniser writes as one token, so that recognising one is no sign of a name.

Whisper's vocabulary (byte-pair encoding, as GPT-2's) comes with the package `openai-whisper`. It holds the frequent
words of the large languages, English above all, and no rare ones.
"""

from __future__ import annotations

import base64
import importlib.metadata
import logging
import re
from functools import cache
from pathlib import Path

_VOCABULARY = "whisper/assets/multilingual.tiktoken"  # per line: the token's bytes in base64, its rank
_PARTS = re.compile(r"['’-]")
_log = logging.getLogger(__name__)


def is_common(word: str) -> bool:
    """Whether a word, or each of its parts between apostrophes and hyphens, is common. Ignores case.

    >>> is_common("job's"), is_common("GDP"), is_common("Wooler")
    (True, True, False)
    """
    return all(part.casefold() in _vocabulary() for part in _PARTS.split(word))


@cache
def _vocabulary() -> frozenset[str]:
    """The tokens that begin a word and consist of letters; empty, with a log line, if the file cannot be read."""
    path = importlib.metadata.distribution("openai-whisper").locate_file(_VOCABULARY)
    try:
        with Path(str(path)).open("rb") as lines:
            tokens = [base64.b64decode(line.split()[0]) for line in lines if line.strip()]
    except OSError as error:
        _log.warning("%s: cannot be read (%s); no word counts as common", path, error)
        return frozenset()
    words = (token[1:].decode(errors="replace").casefold() for token in tokens if token.startswith(b" "))
    return frozenset(word for word in words if word.isalpha())
