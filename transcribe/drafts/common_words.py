"""Which words are common: those the recogniser writes in one piece, so that hearing one says nothing of a name.

Whisper's vocabulary (byte pairs merged by how often they stand together, of GPT-2's kind) comes with the package
`openai-whisper`; it knows the frequent words of the large languages, English above all, and none that is rare.
"""

from __future__ import annotations

import base64
import importlib.metadata
import logging
import re
from functools import cache
from pathlib import Path

_VOCABULARY = "whisper/assets/multilingual.tiktoken"  # a line each: the token's bytes in base64, its rank
_PARTS = re.compile(r"['’-]")
_log = logging.getLogger(__name__)


def is_common(word: str) -> bool:
    """Whether a word, or each part of it round an apostrophe or a hyphen, is a common one, whatever its case.

    >>> is_common("job's"), is_common("GDP"), is_common("Wooler")
    (True, True, False)
    """
    return all(part.casefold() in _vocabulary() for part in _PARTS.split(word))


@cache
def _vocabulary() -> frozenset[str]:
    """The tokens that begin a word and are letters throughout; empty, with a line in the log, where there are none."""
    path = importlib.metadata.distribution("openai-whisper").locate_file(_VOCABULARY)
    try:
        with Path(str(path)).open("rb") as lines:
            tokens = [base64.b64decode(line.split()[0]) for line in lines if line.strip()]
    except OSError as error:
        _log.warning("%s: cannot be read (%s), so that no word is known as common", path, error)
        return frozenset()
    words = (token[1:].decode(errors="replace").casefold() for token in tokens if token.startswith(b" "))
    return frozenset(word for word in words if word.isalpha())
