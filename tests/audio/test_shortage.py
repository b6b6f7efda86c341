"""What libraries say when a machine gives them too little is understood as that, however it is wrapped."""

from __future__ import annotations

import errno

import pytest

from audio.errors import DecodeError
from audio.shortage import FILES, MEMORY, shortage_of
from transcribe.cli.ending import Ending, ending_of
from transcribe.errors import EngineError
from transcribe.workers.task import failure_of

TOO_LITTLE = [
    MemoryError(),
    OSError(errno.ENOMEM, "Cannot allocate memory"),
    BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable"),  # of fork
    ImportError("libctranslate2-a7a60d30.so.4.8.5: failed to map segment from shared object"),
    RuntimeError("mkl_malloc: failed to allocate memory"),
    RuntimeError("can't start new thread"),
    RuntimeError("std::bad_alloc"),
    RuntimeError("CUDA failed with error out of memory"),
]


def wrapped(error: Exception) -> EngineError:
    """As our engines do; its own next step would be wrong here."""
    try:
        raise EngineError(f"model base: cannot load it ({error}); use another device") from error
    except EngineError as outer:
        return outer


@pytest.mark.parametrize("error", TOO_LITTLE, ids=repr)
def test_too_little_memory_is_told_as_that(error: Exception) -> None:
    for each in (error, wrapped(error)):
        assert shortage_of(each) == MEMORY
        assert failure_of(each).message == MEMORY
        assert ending_of(each) == Ending(1, MEMORY)


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE])
def test_too_many_open_files(number: int) -> None:
    error = wrapped(OSError(number, "Too many open files"))
    assert failure_of(error).message == FILES
    assert ending_of(error) == Ending(1, FILES)


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("no memory of it"),
        FileNotFoundError(errno.ENOENT, "No such file", "out of memory.mp3"),  # a name of the user's
        DecodeError("is not audio (Cannot allocate memory)", about="out of memory.mp3"),  # our sentence, a file's name
        KeyboardInterrupt(),
    ],
    ids=repr,
)
def test_nothing_else_is(error: BaseException) -> None:
    assert shortage_of(error) == ""


@pytest.mark.parametrize(
    ("number", "step"),
    [
        (errno.ENOSPC, "free some space, or use another folder"),
        (errno.EDQUOT, "free some space, or use another folder"),
        (errno.EFBIG, "raise the limit on the size of files (`ulimit -f unlimited`)"),
        (errno.EROFS, "use another folder"),
    ],
)
def test_a_file_that_has_no_room_is_named(number: int, step: str) -> None:
    ending = ending_of(OSError(number, "no room", "drafts/a.md"))
    assert ending is not None
    assert ending.message.startswith("drafts/a.md: cannot be written (no room); ")
    assert ending.message.endswith(f"; {step}, and run again")
