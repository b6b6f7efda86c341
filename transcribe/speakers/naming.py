"""Gives voices names, with evidence, the host first. Pure: knows no audio.

Names come from the user, the enrolled voiceprints, the feed or the speech itself (`transcribe.speakers.name_clues`).
Evidence, strongest first: a matching voiceprint, how people introduce themselves, how others introduce and address
them, who opens and asks the questions. Every name has its evidence and its certainty; weak evidence gives a warning.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from audio.episode import Person
from transcribe.person_names import Name, NameCertainty, are_same, may_be, without_matches
from transcribe.speakers.addressees import Clue
from transcribe.speakers.host_conduct import Conduct, conduct_of, is_clear_host
from transcribe.speakers.known_names import find_calls, find_mentions
from transcribe.speakers.name_choice import Pair, citations, likeliest, points_of, well_supported
from transcribe.speakers.name_clues import clues_by_name, find_clues, spoken_names
from transcribe.speakers.name_patterns import Kind
from transcribe.speakers.speaker_labels import labelled
from transcribe.transcript import Speaker, Turn
from transcribe.transcript_warnings import TranscriptWarning, WarningCode, warn

if TYPE_CHECKING:
    from transcribe.speakers.voiceprints import VoiceMatch

_ENOUGH = 3.0  # points for a name that only the speech gives: one introduction, or two forms of address
_CONDUCT = 0.5  # points of a clue that a point of conduct as a host is worth: what a voice does all through
_ENOUGH_FOR_KNOWN = 1.5  # points for a name that the feed or the user gives


@dataclass(frozen=True, slots=True)
class Naming:
    """The speakers of a transcript, host first, and what an editor needs to check about their names."""

    speakers: tuple[Speaker, ...]
    warnings: tuple[TranscriptWarning, ...] = ()


_Names = dict[str, Name]  # by voice


def name_speakers(
    turns: Sequence[Turn],
    *,
    names: Sequence[str],
    host: str,
    guest: str,
    people: Sequence[Person] = (),
    enrolled: Mapping[str, VoiceMatch] = MappingProxyType({}),
) -> Naming:
    """Give every speaker of `turns` a name. No turns, no speakers.

    `names` are the user's, host first; all are assigned as long as there are voices. `host` and `guest` are names for
    unknown people; a second guest is "Guest 2". `people` are the feed's: each needs evidence, or must be the only one
    of a role. `enrolled` are the speakers whose voiceprints match; if the user gives names, only matches with these
    count.
    """
    voices = conduct_of(turns)
    if not voices:
        return Naming(())
    clues = (*find_clues(turns), *find_calls(turns, names or [person.name for person in people]))
    if names:
        clues += find_mentions(turns, names)
        named, warnings = _by_given_names(voices, clues, names=names, enrolled=enrolled)
    else:
        named, warnings = _by_speech(voices, clues, {}, host=host, people=people, enrolled=enrolled)
    return Naming(labelled(voices, named, clues, guest=guest, order=names), tuple(warnings))


def name_tracks(
    turns: Sequence[Turn],
    known: Mapping[str, Name],
    *,
    host: str,
    guest: str,
    people: Sequence[Person] = (),
    enrolled: Mapping[str, VoiceMatch] = MappingProxyType({}),
) -> Naming:
    """`name_speakers`, for voices of which some are `known` already; in the order of their ids."""
    voices = conduct_of(turns)
    if not voices:
        return Naming(())
    clues = (*find_clues(turns), *find_calls(turns, [*_texts(known), *(person.name for person in people)]))
    named, warnings = _by_speech(voices, clues, known, host=host, people=people, enrolled=enrolled)
    speakers = labelled(voices, named, clues, guest=guest, order=())
    return Naming(tuple(sorted(speakers, key=lambda speaker: speaker.id)), tuple(warnings))


def _by_given_names(
    voices: Sequence[Conduct], clues: Sequence[Clue], *, names: Sequence[str], enrolled: Mapping[str, VoiceMatch]
) -> tuple[_Names, list[TranscriptWarning]]:
    """The names of voices if the user gives names; the first is the host's."""
    named, warnings = _enrolled_among(names, voices, enrolled=enrolled)
    rest, unused = _unnamed(voices, named), _unused(names, named)
    supporting = clues_by_name(clues, unused)
    chosen = _likeliest(rest, points_of(supporting), names=unused, host=names[0])
    named |= {
        voice: Name(name, citations(supporting[name, voice]), NameCertainty.STATED)
        for voice, name in chosen.items()
        if sum(clue.weight for clue in supporting.get((name, voice), ())) >= _ENOUGH_FOR_KNOWN
    }
    rest, unused = _unnamed(voices, named), _unused(names, named)
    hosts = [voice for voice in rest if chosen.get(voice.voice) == names[0]]
    if names[0] in unused and hosts:
        ranked = hosts + sorted((v for v in rest if v not in hosts), key=lambda voice: -voice.host_points)
        certainty, doubts = _host_certainty(names[0], ranked)
        named[hosts[0].voice] = Name(names[0], hosts[0].evidence(unnamed=len(rest), voices=len(voices)), certainty)
        warnings += doubts
    rest, unused = _unnamed(voices, named), _unused(names, named)
    if len(rest) == len(unused) == 1:
        named[rest[0].voice] = Name(unused[0], "the only voice and name left", NameCertainty.ELIMINATION)
    else:
        by_order = {voice.voice: chosen[voice.voice] for voice in rest if voice.voice in chosen}
        named |= {voice: Name(name, "by order of appearance", NameCertainty.GUESS) for voice, name in by_order.items()}
        if len(by_order) > 1:
            warnings += [warn(WarningCode.NAME_BY_ORDER, [voice], name=name) for voice, name in by_order.items()]
    warnings += _count_mismatch(voices, named, names)
    warnings += _names_not_given(named, clues, names=names)
    return named, warnings + _called_otherwise(named, clues, names=names, told=warnings)


def _likeliest(
    voices: Sequence[Conduct], points: Mapping[Pair, float], *, names: Sequence[str], host: str
) -> dict[str, str]:
    """Voice → name in the likeliest assignment of all names, by what is said and by who acts like the host."""
    total = dict(points)
    for voice in voices:
        lead = voice.host_points - max((other.host_points for other in voices if other is not voice), default=0.0)
        total[host, voice.voice] = total.get((host, voice.voice), 0.0) + _CONDUCT * lead
    return likeliest(names, _ids(voices), total)


def _by_speech(
    voices: Sequence[Conduct],
    clues: Sequence[Clue],
    given: Mapping[str, Name],
    *,
    host: str,
    people: Sequence[Person],
    enrolled: Mapping[str, VoiceMatch],
) -> tuple[_Names, list[TranscriptWarning]]:
    """The names of voices if the user gives none, or only those of some."""
    matches = {voice.voice: enrolled[voice.voice] for voice in _unnamed(voices, given) if voice.voice in enrolled}
    matches = {id: match for id, match in matches.items() if match.name not in _texts(given)}
    named = {id: Name(match.name, match.evidence, NameCertainty.VOICEPRINT) for id, match in matches.items()}
    named |= {voice.voice: given[voice.voice] for voice in voices if voice.voice in given}
    known = without_matches([*dict.fromkeys(person.name for person in people)], _texts(named))
    named |= well_supported(_ids(_unnamed(voices, named)), clues_by_name(clues, known), least=_ENOUGH_FOR_KNOWN)
    spoken = spoken_names(clues, taken=_texts(named))
    named |= well_supported(_ids(_unnamed(voices, named)), clues_by_name(clues, spoken), least=_ENOUGH)
    warnings = _contradictions(named, clues, enrolled=matches)
    warnings += _names_not_given(dict(given), clues, names=_texts(given)) if given else []
    for warning in warnings:
        named |= {id: replace(named[id], certainty=NameCertainty.GUESS) for id in warning.speakers}
    warnings += _called_otherwise(dict(given), clues, names=_texts(given), told=warnings) if given else []
    ranked = sorted(voices, key=lambda voice: -voice.host_points)
    if ranked[0].voice not in named:
        chosen, doubts = _host_by_conduct(ranked, named, host=host, people=people)
        named |= chosen
        warnings += doubts
    rest = _unnamed(voices, named)
    guests = without_matches([p.name for p in people if p.role == "guest"], _texts(named))
    if len(rest) == len(guests) == 1:
        evidence = "named as guest by the feed; the only voice left"
        named[rest[0].voice] = Name(guests[0], evidence, NameCertainty.ELIMINATION)
    return named, warnings


def _host_by_conduct(
    ranked: Sequence[Conduct], named: _Names, *, host: str, people: Sequence[Person]
) -> tuple[_Names, list[TranscriptWarning]]:
    """The likeliest host's name if no spoken evidence names that voice.

    The feed's host is believed if the voice is clearly the host. The name from the settings says who hosts such
    shows, not who speaks in this one: it is a guess, with a warning.
    """
    feed_hosts = [person.name for person in people if person.role == "host"]
    hosts = without_matches(feed_hosts, _texts(named))
    from_feed = len(hosts) == 1
    name = hosts[0] if from_feed else host
    if any(are_same(name, other) for other in _texts(named)) or (feed_hosts and not hosts):
        return {}, []  # the host is another voice
    evidence = ranked[0].evidence(unnamed=len(ranked) - len(named), voices=len(ranked))
    voice = ranked[0].voice
    if from_feed:
        certainty, warnings = _host_certainty(name, _unnamed(ranked, named))
        return {voice: Name(name, f"named as host by the feed; {evidence}", certainty)}, warnings
    warning = warn(WarningCode.HOST_ASSUMED, [voice], name=name, evidence=evidence)
    return {voice: Name(name, evidence, NameCertainty.GUESS)}, [warning]


def _host_certainty(name: str, ranked: Sequence[Conduct]) -> tuple[NameCertainty, list[TranscriptWarning]]:
    """How certain it is that the first of the unnamed voices, likeliest host first, is the host called `name`."""
    if is_clear_host(ranked):
        return NameCertainty.INFERRED, []
    return NameCertainty.GUESS, [warn(WarningCode.HOST_UNCLEAR, [ranked[0].voice], name=name)]


def _enrolled_among(
    names: Sequence[str], voices: Sequence[Conduct], *, enrolled: Mapping[str, VoiceMatch]
) -> tuple[_Names, list[TranscriptWarning]]:
    """The enrolled voices that belong to names the user gave, by the names the user gave."""
    named: _Names = {}
    warnings = []
    for id, match in ((voice.voice, enrolled[voice.voice]) for voice in voices if voice.voice in enrolled):
        given = [name for name in _unused(names, named) if are_same(name, match.name)]
        if len(given) == 1:
            named[id] = Name(given[0], match.evidence, NameCertainty.VOICEPRINT)
        elif not given:
            warnings.append(warn(WarningCode.ENROLLED_NOT_GIVEN, [id], name=match.name, evidence=match.evidence))
    return named, warnings


def _count_mismatch(voices: Sequence[Conduct], named: _Names, names: Sequence[str]) -> list[TranscriptWarning]:
    """A warning for fewer voices than names, or for more."""
    counts = {"voices": len(voices), "given": len(names)}
    if unused := _unused(names, named):
        return [warn(WarningCode.NAMES_WITHOUT_VOICE, names=", ".join(unused), **counts)]
    if rest := [voice.voice for voice in _unnamed(voices, named)]:
        return [warn(WarningCode.VOICES_WITHOUT_NAME, rest, unnamed=len(rest), **counts)]
    return []


def _contradictions(
    named: _Names, clues: Sequence[Clue], *, enrolled: Mapping[str, VoiceMatch]
) -> list[TranscriptWarning]:
    """A warning for each enrolled voice that introduces itself by another name."""
    own = [(clue, named[clue.speaker]) for clue in clues if clue.speaker in enrolled and clue.weight > _ENOUGH]
    return [
        warn(WarningCode.NAME_CONTRADICTED, [clue.speaker], name=name.text, evidence=name.evidence, quote=clue.citation)
        for clue, name in own
        if not are_same(clue.name, name.text)
    ]


def _names_not_given(named: _Names, clues: Sequence[Clue], *, names: Sequence[str]) -> list[TranscriptWarning]:
    """A warning for each voice that introduces itself only by names that can be none of those the user gave."""
    own = [clue for clue in clues if clue.speaker in named and clue.kind is Kind.SELF and clue.weight > _ENOUGH]
    known = {clue.speaker for clue in own if any(may_be(name, clue.name) for name in names)}
    strongest = {clue.speaker: clue for clue in sorted(own, key=lambda clue: clue.weight) if clue.speaker not in known}
    return [
        warn(WarningCode.NAME_NOT_GIVEN, [speaker], name=named[speaker].text, quote=clue.citation)
        for speaker, clue in sorted(strongest.items())
    ]


def _called_otherwise(
    named: _Names, clues: Sequence[Clue], *, names: Sequence[str], told: Iterable[TranscriptWarning]
) -> list[TranscriptWarning]:
    """A warning for each other voice that, if the user gave no names, would have one that can be none of theirs."""
    said = [clue for clue in clues if clue.kind is not Kind.MENTION]
    heard = well_supported([*named], clues_by_name(said, spoken_names(said, taken=())), least=_ENOUGH)
    seen_to = {id for warning in told for id in warning.speakers if warning.code is WarningCode.NAME_NOT_GIVEN}
    return [
        replace(
            warn(WarningCode.CALLED_OTHERWISE, [id], name=named[id].text, spoken=name.text, evidence=name.evidence),
            values={"name": named[id].text, "spoken": name.text},
        )
        for id, name in sorted(heard.items())
        if id not in seen_to and not any(may_be(given, name.text) for given in names)
    ]


def _texts(named: Mapping[str, Name]) -> list[str]:
    return [name.text for name in named.values()]


def _unused(names: Sequence[str], named: _Names) -> list[str]:
    return [name for name in names if name not in _texts(named)]


def _unnamed(voices: Sequence[Conduct], named: Mapping[str, Name]) -> list[Conduct]:
    return [voice for voice in voices if voice.voice not in named]


def _ids(voices: Iterable[Conduct]) -> list[str]:
    return [voice.voice for voice in voices]
