"""The block between `---` lines at the top of a post: written in the house's order and scalar style, read as text.

Only keys whose value is known are written. Which keys there are, in which order, and what they say is a template:
the house's, or one the user gives. Dates stay text when read, and so do numbers: `duration: 01:04:41` is no whole
number, whatever YAML 1.1 says.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from string import Formatter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import yaml

HOUSE: Mapping[str, object] = {
    key: f"{{{key}}}" for key in ("title", "author", "date", "tags", "comments", "published")
}
PLACEHOLDERS = (*HOUSE, "show", "speakers", "language", "duration", "audio_url", "page_url", "guid")
_LISTS = ("tags", "speakers")

_BOOLEAN = "tag:yaml.org,2002:bool"
_BLOCK = re.compile(r"\ufeff?---[ \t]*\r?\n(?:.*?\r?\n)??(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL)


class _Unquoted(str):
    """Text that is written as it stands, whatever YAML takes it for: a date in a format of the user's."""

    __slots__ = ()


def written(fields: Mapping[str, object]) -> str:
    """The block for `fields`, in their order, `None` and empty ones left out; without a trailing blank line.

    The scalars look as in the published posts: PyYAML's own choice of quotes, Unicode as it is, no folding.

    >>> print(written({"title": "Ada: a talk", "tags": "", "published": True}), end="")
    ---
    title: 'Ada: a talk'
    published: true
    ---
    """
    import yaml

    class Dumper(yaml.SafeDumper):
        def ignore_aliases(self, data: Any) -> bool:
            return True

    def unquoted(dumper: yaml.SafeDumper, text: _Unquoted) -> yaml.ScalarNode:
        tag: str = dumper.resolve(yaml.ScalarNode, str(text), (True, False))  # type: ignore[no-untyped-call]
        return dumper.represent_scalar(tag, str(text))

    Dumper.add_representer(_Unquoted, unquoted)
    known = {key: value for key, value in fields.items() if value not in (None, "", [], {})}
    if not known:
        return "---\n---\n"
    body = yaml.dump(known, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=float("inf"))
    return f"---\n{body}---\n"


def of_template(template: Mapping[str, object], known: Mapping[str, object]) -> dict[str, object]:
    """A template's fields for an episode of which `known` is known: `PLACEHOLDERS` → text, a moment, a switch, a list.

    A value that is one placeholder is what it stands for; as an item of a list, a list goes into it. A text of which
    no placeholder is known is empty, and so left out by `written`. Constants stay as they are.

    >>> of_template({"layout": "post", "title": "Ep: {title}", "tags": ["{tags}", "x"]}, {"title": "A", "tags": ("b",)})
    {'layout': 'post', 'title': 'Ep: A', 'tags': ['b', 'x']}
    """
    return {key: _expanded(value, known) for key, value in template.items()}


def check(template: Mapping[str, object]) -> None:
    """Raises `ValueError`, which says what is wrong, for a template that cannot be filled in."""
    import yaml

    sample: dict[str, object] = dict.fromkeys(PLACEHOLDERS, "x") | {"date": datetime(2016, 5, 4, 19, 3, 33)}
    for key, value in template.items():
        try:
            written({key: _expanded(value, sample)})
        except (ValueError, TypeError, RecursionError, yaml.YAMLError) as error:
            raise ValueError(f"front_matter: {key}: {error}") from error


def _expanded(value: object, known: Mapping[str, object]) -> object:
    if isinstance(value, str):
        return _text(value, known)
    if isinstance(value, Mapping):
        return of_template(value, known)
    if isinstance(value, list | tuple):
        items: list[object] = []
        for item in value:
            name = item[1:-1] if isinstance(item, str) and item in (f"{{{name}}}" for name in _LISTS) else ""
            made = known.get(name) if name else _expanded(item, known)
            items += made if isinstance(made, list | tuple) and name else [made]
        return [item for item in items if item not in (None, "")]
    return value


def _text(template: str, known: Mapping[str, object]) -> object:
    parts: list[str] = []
    found: list[str] = []
    for literal, name, form, conversion in Formatter().parse(template):
        parts.append(literal)
        if name is None:
            continue
        if name not in PLACEHOLDERS or conversion or (form and name != "date"):
            raise ValueError(f"{{{name}}} cannot be filled in; there are {', '.join(PLACEHOLDERS)}; {{{{ is a brace")
        value = known.get(name)
        if isinstance(value, bool) and template == f"{{{name}}}":
            return value
        found.append(_shown(value, form or ""))
        parts.append(found[-1])
    if found and not any(found):
        return ""
    text = "".join(parts)
    return _Unquoted(text) if re.fullmatch(r"\{date(?::[^{}]+)?\}", template) and re.match(r"\d{4}-", text) else text


def _shown(value: object, form: str) -> str:
    if isinstance(value, datetime):
        return _utc(value, form)
    if isinstance(value, bool):
        return str(value).lower()
    return ", ".join(value) if isinstance(value, list | tuple) else str(value or "")


def _utc(when: datetime, form: str) -> str:
    there = _in_utc(when)
    if there is None:
        return ""
    return there.strftime(form) if form else there.isoformat(" ", "seconds") + " UTC"


def moment(when: datetime) -> str | None:
    """A date as the posts write it; one without a zone is taken as UTC. None where UTC's calendar has no such moment.

    >>> moment(datetime(2015, 10, 5, 13, 38, 27))
    '2015-10-05 13:38:27 UTC'
    """
    return _utc(when, "") or None


def _in_utc(when: datetime) -> datetime | None:
    try:
        return (when if when.tzinfo is None else when.astimezone(UTC)).replace(tzinfo=None)
    except OverflowError:  # late in the year 9999, or early in the year 1
        return None


def split(source: str) -> tuple[str, str]:
    """A post's source as its front matter and the rest; joined they are `source`.

    Both `---` lines and a byte order mark belong to the front matter; without a block there is nothing else in it.
    """
    match = _BLOCK.match(source)
    end = match.end() if match else int(source.startswith("\ufeff"))
    return source[:end], source[end:]


def read(block: str) -> dict[str, Any]:
    """The keys and values of a block `split` found: text, `True` and `False`, and lists and mappings of these.

    Tags such as `!!timestamp` are passed over. Raises `ValueError` where it is no mapping in YAML, or has aliases,
    which could stand for any amount of text.
    """
    import yaml

    class TextLoader(yaml.SafeLoader):
        yaml_implicit_resolvers = {  # noqa: RUF012 - overrides a table of the base class
            "t": [(_BOOLEAN, re.compile(r"true\Z"))],
            "f": [(_BOOLEAN, re.compile(r"false\Z"))],
        }

        def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
            if self.check_event(yaml.AliasEvent):
                raise ValueError("aliases (*name) are not read; write the value out")
            return super().compose_node(parent, index)

    body = "\n".join(block.replace("\r\n", "\n").lstrip("\ufeff").split("\n")[1:]).rstrip()
    try:
        node = yaml.compose(re.sub(r"(?:---|\.\.\.)\Z", "", body), Loader=TextLoader)
        fields = {} if node is None or node.value == "" else _value(node)
    except (yaml.YAMLError, OverflowError) as error:
        raise ValueError(" ".join(str(error).split())) from error
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(fields, dict):
        raise ValueError(f"a {type(fields).__name__} where keys and values belong")
    return fields


def _value(node: yaml.Node) -> Any:
    """What a node stands for; what its tag says of a type is passed over."""
    import yaml

    if isinstance(node, yaml.SequenceNode):
        return [_value(item) for item in node.value]
    if isinstance(node, yaml.MappingNode):
        if not all(isinstance(key, yaml.ScalarNode) for key, _ in node.value):
            raise ValueError("a list or a mapping where a key belongs")
        return {str(key.value): _value(value) for key, value in node.value}
    return node.value == "true" if node.tag == _BOOLEAN and node.value in ("true", "false") else node.value
