"""Find and fix what would confuse a reader or the site's renderer in a draft. The rules are in `output.lint_rules` and
`output.lint_word_rules`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from output import lint_rules, lint_word_rules
from output.lint_registry import RULES, Finding, Rule
from output.parse import parse
from output.shown import shows_the_same

_MOST_TRIES = 64  # of one rule, each of which renders the draft: for about ten findings that are left among thousands

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
    """A corrected draft, how many findings of each rule (by code) were fixed in it, and which have others that may not
    be fixed."""

    source: str
    counts: Mapping[str, int]
    refused: tuple[str, ...] = ()


def fix(source: str, *, select: Collection[str] | None = None) -> Fixed:
    """The draft with the findings of the selected rules that have a fix corrected; nothing else changes.

    One fix can reveal another finding (a blank line, the next marker), which is fixed too. A finding whose fix would
    change what a reader sees, beyond a label, is left (`output.shown`).

    The law: a draft that is fixed stays as it is, and what becomes of one depends on the rules that are selected, not
    on the order in which they stand: after each change all are asked again, in the order of docs/lint.md, also about
    what was left before.
    """
    rules = sorted((rule for rule in _selected(select) if rule.fix), key=_place)
    counts = Counter[str]()
    while True:
        draft, refused = parse(source), list[str]()
        for rule in rules:
            step = _step(source, rule, sorted({finding.line for finding in rule.findings(draft)}, reverse=True))
            if step.count:
                source = step.source
                counts[rule.code] += step.count
                break
            refused += [rule.code] if step.has_refused else []
        else:
            return Fixed(source, counts, tuple(refused))


def _place(rule: Rule) -> tuple[str, int]:
    """By which rules are sorted as in docs/lint.md: T2 is before T10."""
    return rule.code[0], int(rule.code[1:])


@dataclass(frozen=True, slots=True)
class _Step:
    """A draft after the fixes of one rule, how many of its findings they are, and whether others may not be fixed."""

    source: str
    count: int
    has_refused: bool


def _step(source: str, rule: Rule, lines: Sequence[int]) -> _Step:
    """Fix the findings in these lines, the last first, but for those whose fix shows: they are found by halves."""
    assert rule.fix is not None
    count, has_refused, groups = 0, False, [lines]
    for _ in range(_MOST_TRIES):
        if not groups:
            break
        group = groups.pop()
        if (corrected := rule.fix(source, group)) == source:
            continue
        if shows_the_same(source, corrected, labels={turn.label for turn in parse(corrected).turns}):
            source, count = corrected, count + len(group)
        elif len(group) > 1:
            half = len(group) // 2
            groups += [group[half:], group[:half]]
        else:
            has_refused = True
    return _Step(source, count, has_refused or bool(groups))


def _selected(codes: Collection[str] | None) -> list[Rule]:
    if codes is None:
        return [rule for rule in RULES.values() if rule.is_default]
    if unknown := set(codes) - RULES.keys():
        raise ValueError(f"no lint rule is called {', '.join(sorted(unknown))}; there are {', '.join(RULES)}")
    return [rule for rule in RULES.values() if rule.code in codes]
