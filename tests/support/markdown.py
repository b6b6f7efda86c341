"""A Hypothesis strategy for drafts: pieces of Markdown that mean something to the parser, and any text."""

from __future__ import annotations

from hypothesis import strategies as st

PIECES = ["**R**: ", "**Rich**: ", "Rich: ", "__Ben__: ", "**R:** ", "R: 0:16", "---\n", "title: x\n", "\n", "\n\n"]
PIECES += [
    "*So long,\nall.*",
    "text",
    "**Break:**",
    "0:00:36.2 **N** ",
    "**E**  0:26  \n",
    "\ufeff",
    "\xa0",
    "\r\n",
    "- ",
]
MARKDOWN = st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=25).map("".join)
