"""Any text as one line of Markdown that shows exactly this text on GitHub and GitLab, and means nothing else there.

Backslashes stop what Markdown itself would read: emphasis, code, links, tables, HTML, a list. They do not stop what the
site makes of the rendered text afterwards (`@team`, `#1`, `GH-1`, a commit's hash, `:tada:`, `$x$`) nor bare addresses.
An empty comment inside such a text does, since the site looks at each piece of text alone; it shows nothing.
"""

from __future__ import annotations

import html
import re

from transcribe.terminal import printable

_APART = "<!-- -->"
_LINKED = r"""[@$]
    | \#(?=\d)
    | \b[Gg][Hh]-(?=\d)
    | \b[Ww]{3}(?=\.)
    | :(?=//|[\w+-]{1,80}:)               # an address, an emoji
    | \b[0-9a-fA-F]{6}(?=[0-9a-fA-F]{1,58}\b) # a commit
"""
_SITE = re.compile(_LINKED, re.VERBOSE)
_SPECIAL = re.compile(rf"(?P<linked>{_LINKED})|[\\|<>*_`~\[\]&\#]|^[-+=:]|(?P<number>^\d{{1,9}})(?=[.)])", re.VERBOSE)


def markdown(text: str) -> str:
    """The text as Markdown inside a table's cell, a list's item or a quote.

    >>> print(markdown("a|b *c* @team #1"))
    a\\|b \\*c\\* @<!-- -->team \\#<!-- -->1
    """
    return _SPECIAL.sub(_escaped, one_line(text))


def markup(text: str) -> str:
    """The text as HTML inside an element on one line of Markdown.

    >>> print(markup("a<b @team"))
    a&lt;b @<!-- -->team
    """
    return html.escape(_SITE.sub(lambda found: f"{found[0]}\0", one_line(text)), quote=False).replace("\0", _APART)


def one_line(text: str) -> str:
    """The words of the text, printable, with a blank between two of them."""
    return " ".join(printable(text).split())


def _escaped(found: re.Match[str]) -> str:
    if found["number"]:
        return f"{found[0]}\\"
    sign = f"\\{found[0]}" if found[0] in ("#", "$") or not found["linked"] else found[0]
    return sign + (_APART if found["linked"] else "")
