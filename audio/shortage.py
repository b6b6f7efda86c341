"""What an error says this machine has too little of, whichever library says it and in whatever words.

Limits on memory, threads or open files (`ulimit`, a container) show as any error: a library that cannot be loaded, a
thread that cannot be started, a network that "cannot run". Its own next step, such as to reinstall, would be wrong.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator

MEMORY = (
    "this machine gives too little memory, or too few threads, for it; close other programs, use fewer --jobs or a "
    "smaller --model, or raise the limit (`ulimit -a` and the container's settings show it)"
)
FILES = "this process may not open more files; raise the limit (`ulimit -n 256`) and run again"

# in the words of glibc, Python, C++, MKL, onnxruntime and ffmpeg
_SAID = re.compile(
    r"[Cc]annot allocate memory|[Ff]ailed to (?:map segment|allocate memory)|[Cc]an't start new thread|bad_alloc|"
    r"Resource temporarily unavailable|[Oo]ut of memory"
)
_OURS = ("audio", "transcribe", "output")


def shortage_of(error: BaseException) -> str:
    """What is too little and what to do; empty if the error and its causes say nothing of it.

    >>> shortage_of(MemoryError()) == MEMORY, shortage_of(OSError(errno.EMFILE, "")) == FILES, shortage_of(OSError())
    (True, True, '')
    """
    for each in _causes(error):
        number = each.errno if isinstance(each, OSError) else None
        if number in (errno.EMFILE, errno.ENFILE):
            return FILES
        if isinstance(each, MemoryError) or number in (errno.ENOMEM, errno.EAGAIN):
            return MEMORY
        # what an error of the system says has a file's name in it; what one of ours says may have one
        if number is None and type(each).__module__.partition(".")[0] not in _OURS and says_shortage(str(each)):
            return MEMORY
    return ""


def room_step(error: OSError, *, elsewhere: str) -> str:
    """What to do about a file that cannot be written: a limit on its size is no full disk, and neither is a right.

    >>> room_step(OSError(errno.ENOSPC, ""), elsewhere="use another folder")
    'free some space, or use another folder'
    >>> room_step(OSError(errno.EACCES, ""), elsewhere="use another folder")
    'use another folder'
    """
    if error.errno == errno.EFBIG:
        return "raise the limit on the size of files (`ulimit -f unlimited`)"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"free some space, or {elsewhere}"
    return elsewhere


def says_shortage(message: str) -> bool:
    """Whether a library's or a program's message says that it got no memory or no thread."""
    return bool(_SAID.search(message))


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what caused it."""
    seen: set[int] = set()
    each: BaseException | None = error
    while each is not None and id(each) not in seen:
        seen.add(id(each))
        yield each
        each = each.__cause__
