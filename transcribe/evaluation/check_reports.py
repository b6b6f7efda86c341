"""The report of a check in several formats: a table, Markdown, JUnit XML, GitHub annotations, JSON.

Returns text; the command writes it.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from output.text import clock
from transcribe.evaluation.check import ClipResult, Report
from transcribe.evaluation.clip_differences import ClipDifference, CountKind
from transcribe.evaluation.gates import Gate, format_value
from transcribe.evaluation.literal_markdown import markdown as literal
from transcribe.evaluation.literal_markdown import markup
from transcribe.evaluation.word_alignment import Difference
from transcribe.terminal import aligned, aligned_within, annotation, for_terminal, json_for_terminal, wrapped

HEADINGS = {
    "wer": "WER",
    "cpwer": "cpWER",
    "tcpwer": "tcpWER",
    "der": "DER",
    "lost_seconds": "lost",
    "lost_words": "words lost",
    "invented_words": "invented",
    "speakers": "speakers off",
    "misnamed": "misnamed",
    "names": "names wrong",
    "x_realtime": "× real time",
}
_SHOWN = {"error": "ERROR", "failed": "FAIL", "ok": "ok"}
DIFFERENCES_IF_MET = 3  # shown of a clip that meets its gates, and in an annotation


def table(report: Report, *, width: int | None = None) -> str:
    """A row per clip, the worst first, and below the table their failures and differences; for a terminal of `width`
    characters, in lines that are no longer, else a line each."""
    rows = _rows(report)
    lines = aligned(rows) if width is None else aligned_within(rows, width, kept=2)
    for one in _all(report):
        if details := list(_details(one)):
            lines += ["", *_fitted(f"{_plain(one.name)}:", width, indent="  ")]
            lines += [part for line in details for part in _fitted(f"  {_plain(line)}", width, indent="    ")]
    ends = [f"note: {_plain(note)}" for note in report.notes]
    ends.append(f"{report.summary} ({report.scoring_description})")
    lines += ["", *(part for line in ends for part in _fitted(line, width, indent="  "))]
    return "\n".join(lines) + "\n"


def _fitted(line: str, width: int | None, *, indent: str) -> list[str]:
    return [line] if width is None else wrapped(line, width, indent=indent)


def markdown(report: Report) -> str:
    """For the summary page of a job: the same as a table with collapsible details."""
    header, *rows = _rows(report)
    lines = [f"### Sample clips: {report.summary}", "", markdown_row(header), "|" + " --- |" * len(header)]
    lines += [markdown_row(row) for row in rows]
    for one in _all(report):
        if details := list(_details(one)):
            mark = " open" if one.failures or one.error else ""
            lines += ["", f"<details{mark}><summary>{markup(one.name)}</summary>", ""]
            lines += [*(f"- {literal(line)}" for line in details), "", "</details>"]
    lines += ["", *(f"> {literal(note)}" for note in report.notes), "", f"<sub>{report.scoring_description}</sub>"]
    return "\n".join(lines) + "\n"


def markdown_row(cells: Sequence[str]) -> str:
    """A row of a Markdown table whose cells show exactly these texts."""
    return "| " + " | ".join(map(literal, cells)) + " |"


def junit(report: Report, *, now: datetime | None = None) -> str:
    """JUnit XML in Ant's format (the schema of windyroad/JUnit-Schema): a test case for each measure of each clip."""
    cases = [case for one in _all(report) for case in _cases(one)]
    suite = ET.Element(
        "testsuite",
        {
            "name": "transcribe check",
            "package": "turnscript",
            "id": "0",
            "timestamp": (now or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%S"),
            "hostname": "localhost",
            "tests": str(len(cases)),
            "failures": str(sum(case.find("failure") is not None for case in cases)),
            "errors": str(sum(case.find("error") is not None for case in cases)),
            "time": "0",
        },
    )
    ET.SubElement(suite, "properties")
    suite.extend(cases)
    ET.SubElement(suite, "system-out").text = _xml(f"{report.summary} ({report.scoring_description})")
    ET.SubElement(suite, "system-err").text = _xml("\n".join(report.notes))
    root = ET.Element("testsuites")
    root.append(suite)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def github_annotations(report: Report) -> list[str]:
    """GitHub's workflow commands: an `::error` for each clip that fails, and a `::notice` for each note."""
    lines = []
    for one in _all(report):
        if problems := [one.error] if one.error else list(one.failures):
            body = "\n".join([*problems, *_differences(one)[:DIFFERENCES_IF_MET]])
            lines.append(annotation("error", body, title=one.name, file=one.source))
    return lines + [annotation("notice", note, title="transcribe check") for note in report.notes]


def as_json(report: Report, more: Mapping[str, Any] | None = None) -> str:
    """The whole report for other programs: rates as fractions. `more` are further keys."""
    data = {
        "exit_code": report.exit_code,
        "summary": report.summary,
        "clips": [_as_dict(one, report) for one in report.clips],
        "overall": None if report.overall is None else _as_dict(report.overall, report),
        "notes": list(report.notes),
        "scoring": report.scoring.as_dict(),
        **(more or {}),
    }
    return json_for_terminal(data, indent=1) + "\n"


def _all(report: Report) -> tuple[ClipResult, ...]:
    return (*report.clips, report.overall) if report.overall else report.clips


def _rows(report: Report) -> list[list[str]]:
    """Header and rows, without measures that no clip has. A cell: value (limit; value in the baseline)."""
    measures = [m for m in HEADINGS if any(gate.measure == m for one in _all(report) for gate in one.gates)]
    rows = [["clip", "", *(HEADINGS[measure] for measure in measures)]]
    for one in _all(report):
        gates = {gate.measure: gate for gate in one.gates}
        rows.append([one.name, _SHOWN[_state(one, report)], *(_cell(gates.get(measure)) for measure in measures)])
    return rows


def _cell(gate: Gate | None) -> str:
    if gate is None or gate.value is None:
        return "-"
    sign = "≥" if gate.measure == "x_realtime" else "≤"
    extra = [] if gate.limit is None else [f"{sign} {format_value(gate.measure, gate.limit)}"]
    extra += [] if gate.before is None else [f"was {format_value(gate.measure, gate.before)}"]
    mark = "!" if gate.failure else ""
    return f"{format_value(gate.measure, gate.value)}{mark}" + (f" ({'; '.join(extra)})" if extra else "")


def _details(one: ClipResult) -> Iterator[str]:
    if one.error:
        yield one.error
    yield from one.failures
    yield from _differences(one)[: None if one.failures else DIFFERENCES_IF_MET]


def _differences(one: ClipResult) -> list[str]:
    """A line for each difference, first the new ones, marked as new."""
    return [*(f"new: {_line(new)}" for new in one.new_differences), *map(_line, one.other_differences)]


def _line(difference: ClipDifference) -> str:
    if isinstance(difference, Difference):
        time = "" if difference.start is None else f"{clock(difference.start)} "
        return f"{time}{difference.kind}: {difference.one_line}"
    count, of = difference.count, difference.reference_count
    wrong = {
        CountKind.NAME: f"{difference.name}, {count} of {of} mentions wrong",
        CountKind.SPEAKER_NAMES: f"{count} of {of} correct words are under another speaker's name",
        CountKind.SPEAKERS: f"{count} instead of {of}",
    }
    return f"{difference.kind}: {wrong[difference.kind]}"


def _cases(one: ClipResult) -> Iterator[ET.Element]:
    if one.error:
        yield _case(one.name, "run", "error", one.error)
    if one.baseline_failure:
        yield _case(one.name, "baseline", "failure", one.baseline_failure)
    for gate in one.gates:
        yield _case(one.name, gate.measure, "failure", *([gate.failure, *_differences(one)] if gate.failure else ()))


def _case(clip: str, name: str, tag: str, *lines: str) -> ET.Element:
    """A test case with an element `tag` of these lines; without lines, it passes."""
    case = ET.Element("testcase", {"classname": _xml(clip).strip() or "clip", "name": name, "time": "0"})
    if lines:
        problem = ET.SubElement(case, tag, {"message": _xml(lines[0]), "type": "error" if tag == "error" else name})
        problem.text = _xml("\n".join(lines))
    return case


def _state(one: ClipResult, report: Report) -> str:
    """How a clip ended; of all clips together how the check did: no row says "ok" above or below one that fails."""
    if one is report.overall:
        return ("ok", "failed", "error")[report.exit_code]
    return "error" if one.error else "failed" if one.failures else "ok"


def _as_dict(one: ClipResult, report: Report) -> dict[str, Any]:
    row = asdict(one)
    del row["new_differences"], row["other_differences"]
    row["scoring"] = None if one.scoring is None else one.scoring.as_dict()
    return {"state": _state(one, report), "behind": _differences(one), "unmet": row.pop("baseline_failure"), **row}


def _plain(text: str) -> str:
    """On one line, without control characters."""
    return for_terminal(" ".join(text.split()))


def _xml(text: str) -> str:
    """With a replacement character for each character that XML 1.0 does not allow, and bytes of a name as numbers."""
    text = text.encode("utf-8", "backslashreplace").decode().replace("\r\n", "\n").replace("\r", "\n")
    return re.sub("[^\t\n -\ufffd\U00010000-\U0010ffff]", "\ufffd", text)
