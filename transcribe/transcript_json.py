"""The parts of `STEM.json` below the transcript: JSON text with readable diffs, typed values, the episode, what is
unspoken, and the fields of which `transcribe.transcript` builds its values.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from audio.episode import Chapter, Episode, Person, PublishedTranscript, Seconds, Track
from audio.net.addresses import without_credentials
from transcribe.person_names import NameCertainty

T = TypeVar("T")
Code = TypeVar("Code", bound=StrEnum)

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")  # from file names that are not UTF-8, or broken titles
_MOST_DRIFT_PPM = 10_000.0
_PATH = "audio_path"  # must survive unchanged, or the recording is not found again


@dataclass(frozen=True, slots=True)
class UnspokenText:
    """Words of a text that nobody says, behind so many words of its timed transcript. Raises `ValueError`."""

    after: int
    text: str

    def __post_init__(self) -> None:
        if self.after < 0 or not self.text.strip():
            raise ValueError(f"{self.text!r:.60} after {self.after} words is no text left out")


def dump_json(data: Mapping[str, Any]) -> str:
    """JSON with one line per key, and one per item of a list of objects; always valid UTF-8.

    Half characters become U+FFFD; in the recording's path they are escaped, so that it can still be opened.
    """
    text = _dump(data)
    if not _LONE_SURROGATE.search(text):
        return text
    return _LONE_SURROGATE.sub(lambda match: f"\\u{ord(match[0]):04x}", _dump(_clean(data)))


def load_json(text: str) -> dict[str, Any]:
    """The object in a JSON text. Raises `ValueError` for anything else."""
    try:
        data = json.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(data, dict):
        raise ValueError(f"{type(data).__name__} instead of an object")
    return data


def is_timed_transcript(text: str) -> bool:
    """Whether it is JSON of ours, of any version, whatever is wrong with it; else it is another program's."""
    try:
        data = json.loads(text) if text.lstrip("\ufeff \t\r\n").startswith("{") else None
    except (ValueError, RecursionError):
        return False
    return isinstance(data, dict) and "turns" in data and not data.keys().isdisjoint(("schema", "made_with"))


def said_fields(value: Any) -> dict[str, Any]:
    """Its fields by name, without those that say nothing: `false`, and what is unknown."""
    fields = ((name, getattr(value, name)) for name in value.__slots__)
    return {name: field for name, field in fields if field is not None and field is not False}


def problem_of(error: Exception) -> str:
    """What is wrong with a file, from the error of its decoding."""
    if isinstance(error, json.JSONDecodeError):
        return f"not valid JSON, line {error.lineno}"
    if isinstance(error.__cause__, RecursionError):
        return "nested too deeply"
    return f'it has no "{error.args[0]}"' if isinstance(error, KeyError) else "unexpected content"


def typed(data: Mapping[str, Any], key: str, kind: type[T], default: T | None = None) -> T:
    """The value at `key`, which must have this type; without a default the key is required.

    Raises `KeyError` and `TypeError`.
    """
    value = data[key] if default is None else data.get(key, default)
    if not isinstance(value, kind):
        raise TypeError(f"{key}: {value!r:.60} is not {kind.__name__}")
    return value


def typed_all(data: Mapping[str, Any], key: str, kind: type[T]) -> list[T]:
    """The list at `key`, empty if it is missing; its items must have this type. Raises `TypeError`."""
    items = typed(data, key, list, [])
    for item in items:
        if not isinstance(item, kind):
            raise TypeError(f"{key}: {item!r:.60} is not {kind.__name__}")
    return items


def typed_code(data: Mapping[str, Any], key: str, kind: type[Code]) -> Code:
    """The member of `kind` at `key`; its "unknown" if there is none, or one of a later version."""
    try:
        return kind(str(data.get(key)))
    except ValueError:
        return kind("unknown")


def episode_fields(episode: Episode) -> dict[str, Any]:
    """An episode as JSON fields; addresses have no user name and password."""
    fields = {
        "title": episode.title,
        "show": episode.show,
        "audio_url": _published(episode.audio_url),
        _PATH: None if episode.path is None else str(episode.path),
        "page_url": _published(episode.page_url),
        "guid": episode.guid,
        "published": None if episode.published is None else episode.published.isoformat(),
        "description": episode.description,
        "duration": episode.duration,
        "people": [{"name": person.name, "role": person.role} for person in episode.people],
        "chapters": [{"start": chapter.start, "title": chapter.title} for chapter in episode.chapters],
        "transcripts": [{"url": _published(t.url), "media_type": t.media_type} for t in episode.transcripts],
    }
    return {**fields, "tracks": [_track_fields(track) for track in episode.tracks]} if episode.tracks else fields


def _track_fields(track: Track) -> dict[str, Any]:
    names = ("stream", "name", "offset", "drift_ppm", "sha256")
    return {_PATH: str(track.path), **{name: getattr(track, name) for name in names}}


def _track_of(data: Mapping[str, Any]) -> Track:
    drift = float(typed(data, "drift_ppm", float, 0.0))
    if not abs(drift) <= _MOST_DRIFT_PPM:
        raise ValueError(f"drift_ppm: {drift} is no clock's")
    return Track(
        _path_of(typed(data, _PATH, str)),
        stream=_optional(data, "stream", int),
        name=typed(data, "name", str, ""),
        offset=None if data.get("offset") is None else _seconds(data, "offset"),
        drift_ppm=drift,
        sha256=typed(data, "sha256", str, ""),
    )


def episode_of(data: Mapping[str, Any]) -> Episode:
    """The episode from its JSON fields. Raises `KeyError`, `TypeError` and `ValueError`."""
    title, path, url = typed(data, "title", str), _optional(data, _PATH, str), _optional(data, "audio_url", str)
    published = _optional(data, "published", str)
    return Episode(
        title=title,
        path=_path_of(path) if path else None if url else _path_of(title),
        audio_url=url,
        show=_optional(data, "show", str),
        guid=_optional(data, "guid", str),
        published=datetime.fromisoformat(published) if published else None,
        page_url=_optional(data, "page_url", str),
        description=_optional(data, "description", str),
        duration=None if data.get("duration") is None else _seconds(data, "duration"),
        people=tuple(Person(typed(p, "name", str), typed(p, "role", str)) for p in typed_all(data, "people", dict)),
        chapters=tuple(
            Chapter(_seconds(c, "start"), typed(c, "title", str)) for c in typed_all(data, "chapters", dict)
        ),
        transcripts=tuple(
            PublishedTranscript(typed(t, "url", str), typed(t, "media_type", str))
            for t in typed_all(data, "transcripts", dict)
        ),
        tracks=tuple(map(_track_of, typed_all(data, "tracks", dict))),
    )


def unspoken_of(data: Mapping[str, Any]) -> Iterator[UnspokenText]:
    """The texts at the key `unspoken` of a transcript. Raises `TypeError`, `KeyError` and `ValueError`."""
    for row in typed_all(data, "unspoken", dict):
        yield UnspokenText(typed(row, "after", int), typed(row, "text", str))


def word_arguments(data: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a `Word` from its JSON fields. Raises `KeyError` and `TypeError`, as the next ones do."""
    said = {"text": typed(data, "text", str), "start": data["start"], "end": data["end"]}
    attached = typed(data, "attached", bool, False)
    return {**said, "probability": data.get("probability", 1.0), "attached": attached, "error": data.get("error")}


def doubt_arguments(data: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a `Doubt` from its JSON fields."""
    place = {"start": data["start"], "end": data["end"], "reason": typed(data, "reason", str)}
    return {**place, "errors": data.get("errors", 0.0), "alternative": typed(data, "alternative", str, "")}


def speaker_arguments(data: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a `Speaker` from its JSON fields."""
    said = {name: typed(data, name, str) for name in ("id", "name")}
    more = {name: typed(data, name, str, "") for name in ("label", "evidence", "suggestion")}
    return {**said, **more, "certainty": typed_code(data, "certainty", NameCertainty)}


def made_with_arguments(data: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a `MadeWith` from its JSON fields."""
    said = {name: typed(data, name, str) for name in ("turnscript", "engine", "model", "model_sha256")}
    outputs = typed(data, "outputs", dict, {})
    return {
        **said,
        "audio_sha256": typed(data, "audio_sha256", str, ""),
        "settings": typed(data, "settings", dict, {}),
        "outputs": {name: typed(outputs, name, str) for name in outputs},
    }


def _dump(data: Mapping[str, Any]) -> str:
    lines = []
    for key, value in data.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            rows = ",\n".join("    " + json.dumps(row, ensure_ascii=False) for row in value)
            lines.append(f"  {json.dumps(key)}: [\n{rows}\n  ]")
        else:
            lines.append(f"  {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return _LONE_SURROGATE.sub("\ufffd", value)
    if isinstance(value, Mapping):
        return {_clean(key): item if key == _PATH else _clean(item) for key, item in value.items()}
    return [_clean(item) for item in value] if isinstance(value, (list, tuple)) else value


def _path_of(text: str) -> Path:
    if "\0" in text:
        raise ValueError(f"{text!r:.60} is no path")
    return Path(text)


def _optional(data: Mapping[str, Any], key: str, kind: type[T]) -> T | None:
    return None if data.get(key) is None else typed(data, key, kind)


def _seconds(data: Mapping[str, Any], key: str) -> Seconds:
    value = data[key]
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0.0 <= value < math.inf:
        raise ValueError(f"{key}: {value!r:.60} is not a duration")
    return float(value)


def _published(url: str | None) -> str | None:
    return None if url is None else without_credentials(url)
