"""An explanation for people and for programs, with a command to hear each passage."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from audio.episode import Seconds
from output.text import clock
from transcribe.evaluation.explain import Explanation, Passage, State
from transcribe.evaluation.gates import Gate, format_value
from transcribe.evaluation.listening import PLAYERS, interval_to_hear, shell_line
from transcribe.evaluation.timed_runs import Row
from transcribe.evaluation.word_alignment import SHOWN_WORDS
from transcribe.terminal import for_terminal

SHOWN_STRETCHES = 10  # of one measure, in the text; JSON has all

CommandFor = Callable[[Path, Seconds, Seconds], Sequence[str]]


def text(explanation: Explanation, command_for: CommandFor) -> str:
    """For a terminal: the gates, then a numbered block for each passage."""
    lines = [f"{for_terminal(explanation.clip)} explained: {_summary(explanation)}"]
    lines += [f"  {for_terminal(_gate(gate, explanation))}" for gate in explanation.gates]
    lines += [f"  note: {for_terminal(note)}" for note in explanation.notes]
    shown, left_out = _shown(explanation.passages)
    for number, passage in enumerate(shown, 1):
        lines += ["", *_block(number, passage, explanation, command_for)]
    lines += ["", *left_out] if left_out else []
    if explanation.mentions:
        lines += ["", "Names that are wrong:"]
    for one in explanation.mentions:
        heard = f"“{one.transcript}”" if one.transcript else "nothing"
        lines.append(for_terminal(f"  {exact_clock(one.start):>8}  {one.name}: the transcript has {heard}"))
    return "\n".join(lines) + "\n"


def as_dict(explanation: Explanation, command_for: CommandFor) -> dict[str, Any]:
    """For programs: everything, words and probabilities included."""
    return {
        "clip": explanation.clip,
        "audio": str(explanation.audio),
        "duration": explanation.duration,
        "gates": [gate.measure for gate in explanation.gates],
        "speakers": {"reference": explanation.speakers[0], "transcript": explanation.speakers[1]},
        "passages": [_passage(one, explanation, command_for) for one in explanation.passages],
        "names": [
            {"name": one.name, "start": one.start, "end": one.end, "transcript": one.transcript}
            for one in explanation.mentions
        ],
        "in_baseline": explanation.known,
        "notes": list(explanation.notes),
    }


def exact_clock(seconds: Seconds) -> str:
    """A time in minutes, seconds and hundredths.

    >>> exact_clock(80.904), exact_clock(59.999)
    ('1:20.90', '1:00.00')
    """
    hundredths = round(100 * seconds)
    return f"{clock(hundredths // 100)}.{hundredths % 100:02}"


def _summary(explanation: Explanation) -> str:
    states = [one.state for one in explanation.passages if one.errors]
    counts = [(states.count(state), state) for state in (State.NEW, State.UNCERTAIN, State.OLD)]
    parts = [f"{count} {state}" for count, state in counts if count]
    if plain := states.count(State.UNCOMPARED):
        parts.append(str(plain))
    if explanation.known:
        parts.append(f"{explanation.known} {State.OLD}, not shown")
    return f"differences in the words: {', '.join(parts) or 'none'}"


def _gate(gate: Gate, explanation: Explanation) -> str:
    if gate.measure == "speakers":
        sides = [", ".join(side) or "nobody" for side in explanation.speakers]
        return f"{gate.failure or 'speakers: more are wrong'}; reference: {sides[0]}; transcript: {sides[1]}"
    if gate.failure or gate.value is None or gate.before is None:
        return gate.failure
    value, before = (format_value(gate.measure, number) for number in (gate.value, gate.before))
    return f"{gate.measure}: {value}, up from {before} in the baseline, which is allowed"


def _shown(passages: Sequence[Passage]) -> tuple[list[Passage], list[str]]:
    """All differences in the words, the longest stretches of each measure, and a line about the others."""
    shown, notes = [one for one in passages if one.rows], []
    for measure in ("lost_seconds", "der"):
        stretches = [one for one in passages if not one.rows and measure in one.gates]
        rest = stretches[SHOWN_STRETCHES:]
        shown += stretches[:SHOWN_STRETCHES]
        if rest:
            seconds = sum(one.end - one.start for one in rest)
            notes.append(f"… and {len(rest)} shorter stretches that count against {measure}, {seconds:.1f} s (--json)")
    return shown, notes


def _block(number: int, passage: Passage, explanation: Explanation, command_for: CommandFor) -> Iterator[str]:
    size = f"{passage.end - passage.start:.1f} s"
    if passage.rows:
        size = f"{passage.errors} {'word' if passage.kind == 'other speaker' else 'error'}{'s' * (passage.errors != 1)}"
    state = f"  [{passage.state}]" if passage.state else ""
    against = f"counts against {', '.join(passage.gates)}" if passage.gates else "counts against no gate"
    span = "–".join(dict.fromkeys((clock(passage.start), clock(passage.end))))
    yield for_terminal(f"{number}. {span}  {passage.kind}, {size}; {against}{state}")
    speakers = [for_terminal(name) or "–" for name in passage.speakers]
    if passage.rows:
        yield from (f"   {line}" for line in _columns(passage.rows, speakers))
    else:
        yield f"   reference: {speakers[0]}; transcript: {speakers[1]}"
    yield from (f"   {for_terminal(sentence)}" for sentence in passage.evidence)
    command = _command(passage, explanation, command_for)
    yield f"   {'hear it' if command[0] in PLAYERS else 'cut it to a file'}: {shell_line(command)}"


def _columns(rows: Sequence[Row], speakers: Sequence[str]) -> Iterator[str]:
    """A heading and a line for each word: a mark, both sides, the transcript's time and probability."""
    table = [(" ", f"reference ({speakers[0]})", f"transcript ({speakers[1]})", "start", "probability")]
    half = SHOWN_WORDS // 2
    left_out = len(rows) - 2 * half
    for at, row in enumerate(rows):
        if left_out > 1 and half <= at < half + left_out:
            if at == half:
                table.append((" ", f"… ({left_out} rows, all in --json)", "", "", ""))
            continue
        start = exact_clock(row.word.start) if row.word else ""
        sure = f"{100 * row.word.probability:.0f} %" if row.word else ""
        sides = (for_terminal(row.reference) or "–", for_terminal(row.transcript) or "–")
        table.append(("!" if row.is_wrong else " ", *sides, start, sure))
    widths = [max(len(line[column]) for line in table) for column in range(3)]
    for mark, reference, transcript, start, sure in table:
        cells = (mark, reference.ljust(widths[1]), transcript.ljust(widths[2]), start.rjust(9), sure.rjust(5))
        yield "  ".join(cells).rstrip()


def _command(passage: Passage, explanation: Explanation, command_for: CommandFor) -> tuple[str, ...]:
    start, end = interval_to_hear(passage.start, passage.end, explanation.duration)
    return tuple(command_for(explanation.audio, start, end))


def _passage(passage: Passage, explanation: Explanation, command_for: CommandFor) -> dict[str, Any]:
    command = _command(passage, explanation, command_for)
    return {
        "kind": passage.kind,
        "start": passage.start,
        "end": passage.end,
        "gates": passage.gates,
        "state": passage.state.value,
        "errors": passage.errors,
        "speakers": {"reference": passage.speakers[0], "transcript": passage.speakers[1]},
        "words": [_row(row) for row in passage.rows],
        "evidence": passage.evidence,
        "command": command,
        "shell": shell_line(command),
    }


def _row(row: Row) -> dict[str, Any]:
    word = row.word
    printed = {} if word is None else {"printed": word.text, "start": word.start, "end": word.end}
    sure = {} if word is None else {"probability": word.probability}
    return {"reference": row.reference, "transcript": row.transcript, "wrong": row.is_wrong, **printed, **sure}
