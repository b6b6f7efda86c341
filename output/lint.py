"""Find and fix what would confuse a reader or the site's renderer in a draft. The rules are in `output.lint_rules` and
`output.lint_word_rules`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from output import lint_rules, lint_word_rules
from output.lint_registry import RULES, Finding, Rule
from output.parse import parse
from output.shown import shows_the_same

__all__ = ["RULES", "Finding", "Fixed", "Rule", "fix", "lint", "lint_rules", "lint_word_rules"]


def lint(source: str, *, select: Collection[str] | None = None) -> tuple[Finding, ...]:
    """The findings of the rules `select` (codes; default: those that are on) in a draft, by line.

    A draft in which git left a conflict has two texts: nothing but that is found. Raises `ValueError` for a code that
    no rule has.
    """
    draft, rules = parse(source), _selected(select)
    conflicts = [finding for rule in rules if rule.code == lint_rules.CONFLICT for finding in rule.findings(draft)]
    findings = conflicts or [finding for rule in rules for finding in rule.findings(draft)]
    return tuple(sorted(findings, key=lambda finding: (finding.line, finding.rule.code, finding.message)))


@dataclass(frozen=True, slots=True)
class Fixed:
    """A corrected draft, how many findings of each rule (by code) were fixed in it, and whose fix was refused."""

    source: str
    counts: Mapping[str, int]
    refused: tuple[str, ...] = ()


def fix(source: str, *, select: Collection[str] | None = None) -> Fixed:
    """The draft with the findings of the selected rules that have a fix corrected; nothing else changes.

    One fix can reveal another finding (a blank line, the next marker), which is fixed too: the result is stable. A fix
    that would change what a reader sees, beyond a label, is refused (`output.shown`).
    """
    before, counts, refused = None, Counter[str](), dict[str, None]()
    while source != before:
        before = source
        for rule in _selected(select):
            if rule.fix is None or rule.code in refused:
                continue
            lines = {finding.line for finding in rule.findings(parse(source))}
            corrected = rule.fix(source, sorted(lines, reverse=True))
            if corrected == source:
                continue
            if not shows_the_same(source, corrected, labels={turn.label for turn in parse(corrected).turns}):
                refused[rule.code] = None
                continue
            counts[rule.code] += len(lines)
            source = corrected
    return Fixed(source, +counts, tuple(refused))


def _selected(codes: Collection[str] | None) -> list[Rule]:
    if codes is None:
        return [rule for rule in RULES.values() if rule.is_default]
    if unknown := set(codes) - RULES.keys():
        raise ValueError(f"no lint rule is called {', '.join(sorted(unknown))}; there are {', '.join(RULES)}")
    return [rule for rule in RULES.values() if rule.code in codes]
