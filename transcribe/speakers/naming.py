"""Who is who: voices to names, by evidence, the host first. Pure, knows no audio.

Names come from the user, the voices on file, the feed or the speech itself (`transcribe.speakers.name_clues`).
Evidence, strongest first: a voice on file, what people call themselves, how they are introduced and addressed, who
opens and asks the questions. Every decision carries its evidence; one that rests on little is a warning.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, count
from types import MappingProxyType

from audio.episode import Person
from transcribe.person_names import are_same, likeness, may_be, unlike
from transcribe.speakers.name_certainty import BY_ORDER, GIVEN, LEFT, NAMED_BY, THAT_SPEAKS, WHO_IS
from transcribe.speakers.name_clues import Clue, find_calls, find_clues, questions, welcomes
from transcribe.transcript import Speaker, Turn, first_name, untitled

_ENOUGH = 3.0  # points from which a name nobody gave is believed: one introduction, or two forms of address
_ENOUGH_FOR_KNOWN = 1.5  # … one that the feed or the settings name
_CLEAR_HOST = 0.5  # points between the likeliest host and the next below which it is a guess


@dataclass(frozen=True, slots=True)
class Naming:
    """The speakers of a transcript, host first, and what an editor should be told about the choice."""

    speakers: tuple[Speaker, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Voice:
    """What is known of a voice before it has a name."""

    id: str
    host_points: float
    conduct: str  # what it does that hosts do, in words


def name_speakers(
    turns: Sequence[Turn],
    *,
    names: Sequence[str],
    host: str,
    guest: str,
    people: Sequence[Person] = (),
    on_file: Mapping[str, tuple[str, str]] = MappingProxyType({}),
) -> Naming:
    """Give every speaker of `turns` a name. No turns, no speakers.

    `names` are the user's, host first, and are all given out while voices last; `host` and `guest` name those of whom
    nothing is known, a second guest being "Guest 2". `people` are the feed's and used only where something ties
    them to a voice, or where there is but one of a role. `on_file` gives name and evidence of the speakers whose voice
    is known (`transcribe.speakers.voiceprints`); where the user gives names, it counts for those.
    """
    voices = _voices(turns)
    if not voices:
        return Naming(())
    known = names or [person.name for person in people]
    clues = (*find_clues(turns), *find_calls(turns, known))
    if names:
        named, warnings = _by_given_names(voices, clues, names=names, on_file=on_file)
    else:
        named, warnings = _by_speech(voices, clues, host=host, people=people, on_file=on_file)
    return Naming(_speakers(voices, named, guest=guest, order=names), tuple(warnings))


def with_wordless(speakers: Sequence[Speaker], heard: Iterable[str], *, guest: str) -> tuple[Speaker, ...]:
    """The speakers, then whoever else is among the ids `heard`: their words were given to others they spoke over.

    Where nobody has words there is nobody to tell them from, and none is added.
    """
    if not speakers:
        return ()
    taken = {speaker.name.casefold() for speaker in speakers}
    names = chain([guest], (f"{guest} {number}" for number in count(2)))
    free = (name for name in names if name.casefold() not in taken)
    others = sorted(set(heard) - {speaker.id for speaker in speakers})
    named = zip(others, free, strict=False)
    return (*speakers, *(Speaker(id, name, name, "heard, but no words are theirs") for id, name in named))


def _voices(turns: Sequence[Turn]) -> list[_Voice]:
    """Every speaker in the order of appearance, with what speaks for being the host."""
    asked: dict[str, int] = dict.fromkeys((turn.speaker for turn in turns), 0)
    greets = dict.fromkeys(asked, False)
    for turn in turns:
        asked[turn.speaker] += questions(turn)
        greets[turn.speaker] |= welcomes(turn)
    total = sum(asked.values())
    voices = []
    for number, speaker in enumerate(asked):
        share = asked[speaker] / total if total >= 2 else 0.0
        points = (number == 0) * 0.4 + 2.0 * share + greets[speaker] * 1.0
        conduct = ["opens"] * (number == 0) + ["welcomes or thanks"] * greets[speaker]
        conduct += [f"asks {asked[speaker]} of {total} questions"] * (asked[speaker] > 0)
        voices.append(_Voice(speaker, points, ", ".join(conduct)))
    return voices


def _by_given_names(
    voices: Sequence[_Voice], clues: Sequence[Clue], *, names: Sequence[str], on_file: Mapping[str, tuple[str, str]]
) -> tuple[dict[str, tuple[str, str]], list[str]]:
    """(voice id → name and evidence, warnings) where the user says who speaks; the first name is the host's."""
    named, warnings = _on_file_by(names, voices, on_file=on_file)
    open_names = [name for name in names if name not in {name for name, _ in named.values()}]
    rest = [voice for voice in voices if voice.id not in named]
    named |= _strongest_first(rest, _gather(clues, open_names), least=_ENOUGH_FOR_KNOWN)
    rest = [voice for voice in voices if voice.id not in named]
    open_names = [name for name in names if name not in {name for name, _ in named.values()}]
    if names[0] in open_names and rest:
        ranked = sorted(rest, key=lambda voice: -voice.host_points)
        if not _is_clear(ranked):
            warnings.append(
                f"{WHO_IS.format(names[0])}: nobody says so and no voice is clearly the host; check the first turns"
            )
        evidence = _host_evidence(ranked[0], rest=len(rest), total=len(voices))
        named[ranked[0].id] = (open_names.pop(0), evidence)
        rest.remove(ranked[0])
    for voice, name in zip(rest, list(open_names), strict=False):
        sole = len(rest) == 1 and len(open_names) == 1
        if not sole and len(rest) > 1 and len(open_names) > 1:
            warnings.append(f"{GIVEN.format(name)} {BY_ORDER} only; check the names")
        named[voice.id] = (name, f"the only voice and name {LEFT}" if sole else BY_ORDER)
    found = "1 voice was" if len(voices) == 1 else f"{len(voices)} voices were"
    found += " found for 1 name" if len(names) == 1 else f" found for {len(names)} names"
    if unheard := open_names[len(rest) :]:
        warnings.append(f"{found}; not heard: {', '.join(unheard)}")
    if len(voices) > len(names):
        warnings.append(f"{found}; {len(voices) - len(names)} left as guest")
    return named, warnings + _strangers(named, clues, names=names)


def _by_speech(
    voices: Sequence[_Voice],
    clues: Sequence[Clue],
    *,
    host: str,
    people: Sequence[Person],
    on_file: Mapping[str, tuple[str, str]],
) -> tuple[dict[str, tuple[str, str]], list[str]]:
    """(voice id → name and evidence, warnings) where nobody said who speaks."""
    named = {voice.id: on_file[voice.id] for voice in voices if voice.id in on_file}
    known = unlike([*dict.fromkeys(person.name for person in people)], [name for name, _ in named.values()])
    rest = [voice for voice in voices if voice.id not in named]
    named |= _strongest_first(rest, _gather(clues, known), least=_ENOUGH_FOR_KNOWN)
    heard = _heard_names(clues, taken=[name for name, _ in named.values()])
    rest = [voice for voice in voices if voice.id not in named]
    named |= _strongest_first(rest, _gather(clues, heard), least=_ENOUGH)
    warnings = _contradictions(named, clues, on_file=on_file)
    ranked = sorted(voices, key=lambda voice: -voice.host_points)
    if ranked[0].id not in named:
        chosen, doubts = _host_by_conduct(ranked, named, host=host, people=people)
        named |= chosen
        warnings += doubts
    rest = [voice for voice in voices if voice.id not in named]
    guests = unlike([p.name for p in people if p.role == "guest"], [name for name, _ in named.values()])
    if len(rest) == 1 and len(guests) == 1:
        named[rest[0].id] = (guests[0], f"named as guest by the feed; the only voice {LEFT}")
    return named, warnings


def _host_by_conduct(
    ranked: Sequence[_Voice], named: Mapping[str, tuple[str, str]], *, host: str, people: Sequence[Person]
) -> tuple[dict[str, tuple[str, str]], list[str]]:
    """(voice id → name and evidence, warnings) of the likeliest host, whom nothing said ties to a name.

    The feed's host is believed of a voice that is clearly the host. The name from the settings says who hosts such
    shows, not who speaks in this one: it is a guess, and said to be one.
    """
    taken = [name for name, _ in named.values()]
    said_to_host = [person.name for person in people if person.role == "host"]
    hosts = unlike(said_to_host, taken)
    from_feed = len(hosts) == 1
    name = hosts[0] if from_feed else host
    if any(are_same(name, other) for other in taken) or (said_to_host and not hosts):
        return {}, []  # the host is another voice
    evidence = _host_evidence(ranked[0], rest=len(ranked) - len(named), total=len(ranked))
    evidence = f"named as host by the feed; {evidence}" if from_feed else evidence
    warnings = []
    if not from_feed:
        warnings.append(f"{THAT_SPEAKS.format(name)}: nobody says so ({evidence}); give the names with --speakers")
    elif not _is_clear([voice for voice in ranked if voice.id not in named]):
        warnings.append(f"{WHO_IS.format(name)}: no voice is clearly the host; give the names with --speakers")
    return {ranked[0].id: (name, evidence)}, warnings


def _is_clear(ranked: Sequence[_Voice]) -> bool:
    """Whether the first of the voices that come into question, likeliest host first, is it by some lead."""
    return len(ranked) == 1 or ranked[0].host_points - ranked[1].host_points >= _CLEAR_HOST


def _on_file_by(
    names: Sequence[str], voices: Sequence[_Voice], *, on_file: Mapping[str, tuple[str, str]]
) -> tuple[dict[str, tuple[str, str]], list[str]]:
    """(voice id → given name and evidence, warnings): whose voice is on file, by the name the user uses."""
    named: dict[str, tuple[str, str]] = {}
    warnings = []
    for voice in (voice for voice in voices if voice.id in on_file):
        filed, evidence = on_file[voice.id]
        meant = [name for name in names if are_same(name, filed) and name not in {name for name, _ in named.values()}]
        if len(meant) == 1:
            named[voice.id] = (meant[0], evidence)
        elif not meant:
            warnings.append(f"one voice is {filed}'s ({evidence}), who is not among the names given; check them")
    return named, warnings


def _contradictions(
    named: Mapping[str, tuple[str, str]], clues: Sequence[Clue], *, on_file: Mapping[str, tuple[str, str]]
) -> list[str]:
    """A warning for each voice on file that calls itself by another name."""
    return [
        f"{NAMED_BY.format(named[clue.speaker][0])} {named[clue.speaker][1]}, but says {clue.told}; check who this is"
        for clue in clues
        if clue.speaker in on_file and clue.weight > _ENOUGH and not are_same(clue.name, named[clue.speaker][0])
    ]


def _strangers(named: Mapping[str, tuple[str, str]], clues: Sequence[Clue], *, names: Sequence[str]) -> list[str]:
    """A warning for each voice that calls itself by names of which none can be one of those the user gave."""
    said = [clue for clue in clues if clue.speaker in named and clue.weight > _ENOUGH]
    known = {clue.speaker for clue in said if any(may_be(name, clue.name) for name in names)}
    strongest = {clue.speaker: clue for clue in sorted(said, key=lambda clue: clue.weight) if clue.speaker not in known}
    return [
        f"{named[speaker][0]} says {clue.told}, which is none of the names given; check --speakers"
        for speaker, clue in sorted(strongest.items())
    ]


def _gather(clues: Iterable[Clue], names: Sequence[str]) -> dict[tuple[str, str], list[Clue]]:
    """(name, voice) → the clues that speak for or against it; each goes to the candidate it resembles most."""
    found: dict[tuple[str, str], list[Clue]] = defaultdict(list)
    for clue in clues:
        alike = [name for name in names if are_same(name, clue.name)]
        if alike:
            best = max(alike, key=lambda name: likeness(untitled(name).casefold(), clue.name.casefold()))
            found[best, clue.speaker].append(clue)
    return found


def _strongest_first(
    voices: Sequence[_Voice], found: Mapping[tuple[str, str], list[Clue]], *, least: float
) -> dict[str, tuple[str, str]]:
    """Voice id → name and evidence: the best supported pair, then the best of those left, down to `least` points."""
    free = {voice.id for voice in voices}
    points = {pair: sum(clue.weight for clue in clues) for pair, clues in found.items()}
    named: dict[str, tuple[str, str]] = {}
    given: set[str] = set()
    for name, speaker in sorted(points, key=lambda pair: -points[pair]):
        if points[name, speaker] >= least and speaker in free and name not in given:
            free.remove(speaker)
            given.add(name)
            speaking_for = [clue for clue in found[name, speaker] if clue.weight > 0]
            named[speaker] = (name, "; ".join(dict.fromkeys(clue.told for clue in speaking_for[:3])))
    return named


def _heard_names(clues: Sequence[Clue], *, taken: Sequence[str]) -> list[str]:
    """The names said, each in its longest form ("Rich" and "Rich Bowen" are one), without those already given."""
    names: list[str] = []
    for name in sorted({clue.name for clue in clues}, key=lambda name: (-len(name.split()), name)):
        if not any(are_same(name, other) for other in [*names, *taken]):
            names.append(name)
    return names


def _host_evidence(voice: _Voice, *, rest: int, total: int) -> str:
    """What makes a voice the host's, where nothing said does: one of `rest` without a name, of `total`."""
    only = "" if rest > 1 else "the only voice" if total == 1 else f"the only voice {LEFT}"
    return "; ".join(filter(None, (only, voice.conduct))) or BY_ORDER


def _speakers(
    voices: Sequence[_Voice], named: Mapping[str, tuple[str, str]], *, guest: str, order: Sequence[str]
) -> tuple[Speaker, ...]:
    """Named and unnamed voices as speakers with distinct labels: the host, those named by the user, the others."""
    taken = {name.casefold() for name, _ in named.values()}
    full: dict[str, tuple[str, str]] = dict(named)
    number = 0
    for voice in voices:
        while voice.id not in full:
            number += 1
            name = guest if number == 1 else f"{guest} {number}"
            if name.casefold() not in taken:
                full[voice.id] = (name, "nobody says who this is")
    firsts = [first_name(name).casefold() for name, _ in full.values()]
    host = max(voices, key=lambda voice: voice.host_points).id
    rank = {name: position for position, name in enumerate(order)}

    def place(voice: _Voice) -> tuple[int, bool]:
        return (rank.get(full[voice.id][0], len(rank)), not order and voice.id != host)

    speakers = []
    for voice in sorted(voices, key=place):
        name, evidence = full[voice.id]
        first = first_name(name)
        speakers.append(Speaker(voice.id, name, first if firsts.count(first.casefold()) == 1 else name, evidence))
    return tuple(speakers)
