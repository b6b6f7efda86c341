"""What a lint rule is, what it finds, and the registry of all rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from output.parse import Draft

Check = Callable[[Draft], Iterable[tuple[int, str]]]
"""Draft → line (from 1) and message of each finding."""
Fix = Callable[[str, Sequence[int]], str]
"""Source of a draft and the lines of the rule's findings, last first → corrected source."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `title` says what it finds; `is_default`: it is on unless other rules are selected."""

    code: str
    title: str
    check: Check
    fix: Fix | None = None
    is_default: bool = True

    def findings(self, draft: Draft) -> set[Finding]:
        """What the rule finds in the draft."""
        return {Finding(line, self, message) for line, message in self.check(draft)}


@dataclass(frozen=True, slots=True)
class Finding:
    """A place to look at. `line` counts from 1."""

    line: int
    rule: Rule
    message: str

    def at(self, path: object) -> str:
        """The finding as editors and CI read it.

        >>> Finding(3, Rule("T1", "", lambda draft: ()), "no blank line before the turn").at("talk.md")
        'talk.md:3: T1 no blank line before the turn'
        """
        return f"{path}:{self.line}: {self.rule.code} {self.message}"


RULES: dict[str, Rule] = {}
"""Code → rule, in the order of docs/lint.md."""


def rule(code: str, title: str, *, fix: Fix | None = None, is_default: bool = True) -> Callable[[Check], Check]:
    """Register the decorated check as a rule. Raises `ValueError` for a code that is taken."""

    def register(check: Check) -> Check:
        if code in RULES:
            raise ValueError(f"two lint rules have the code {code}")
        RULES[code] = Rule(code, title, check, fix, is_default)
        return check

    return register
