"""GitHub's workflow commands: lines on stderr that its runner shows as annotations.

https://docs.github.com/actions/reference/workflow-commands-for-github-actions. The runner ends a command at the line's
end, its properties at `::`, splits them at `,` and the first `=`, and then decodes `%0D`, `%0A`, `%3A`, `%2C`, `%25`.
"""

from __future__ import annotations

import os

from transcribe.terminal import printable


def wanted() -> bool:
    """Whether this process is a step of a GitHub workflow."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def annotation(level: str, body: str, *, title: str, file: str = "", line: int | None = None) -> str:
    """A command that shows `body`, of any text. `level` is `error`, `warning` or `notice`.

    The title and each line of the body are printable. A file name with control characters cannot be written exactly, so
    it is left out, and the annotation belongs to the whole run.

    >>> annotation("error", "2,5 % is over 1 %\\na: b", title="a: b", file="a,b.md", line=3)
    '::error file=a%2Cb.md,line=3,title=a%3A b::2,5 %25 is over 1 %25%0Aa: b'
    """
    place = [f"file={_property(file)}"] if file and file.isprintable() else []
    if place and line is not None:
        place.append(f"line={line}")
    properties = ",".join([*place, f"title={_property(printable(title))}"])
    return f"::{level} {properties}::" + _data("\n".join(map(printable, body.split("\n"))))


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
