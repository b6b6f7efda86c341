"""The block between `---` lines at the top of a post: written in the house style, read as text.

A template gives the keys, their order and their values: the house style's, or the user's. Keys without a value are left
out. Dates and numbers stay text when read: `duration: 01:04:41` is not an integer, although YAML 1.1 says so.
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

_OTHER_TYPE = re.compile(
    r"""(?ix) [-+]?[0-9][0-9_,]*(?::[0-5]?[0-9])*(?:\.[0-9_,]*)?(?:e[-+]?[0-9]+)?  # 1,000; 0:45; 1_0.5
    |[-+]?\.[0-9_,]*(?:e[-+]?[0-9]+)?
    |[-+]?0[box][0-9a-f_,]+
    |-?[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:(?:t|\s+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?(?:\s*(?:z|[-+][0-9:]+))?)?
    |:.+                                                                         # a symbol"""
)
"""Text that Ruby's reader of YAML 1.1, which Jekyll uses, takes for another type. PyYAML knows the others."""
_LONGEST = 100_000  # characters: its YAML is read at 15 us each
_BOOLEAN = "tag:yaml.org,2002:bool"
_TEXT = "tag:yaml.org,2002:str"
_BLOCK = re.compile(r"\ufeff?---[ \t]*\r?\n(?:.*?\r?\n)??(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL)


class _Unquoted(str):
    """Text that is written without quotes whatever its YAML type: a date in the user's format."""

    __slots__ = ()


def format_block(fields: Mapping[str, object]) -> str:
    """The block for `fields`, in their order, without `None` and empty ones; no blank line at the end.

    The scalars look as in the published posts: PyYAML's choice of quotes, plain Unicode, no folding. What is a text
    here is a text for Ruby and PyYAML.

    >>> print(format_block({"title": "Ada: a talk", "tags": "", "published": True, "duration": "0:45"}), end="")
    ---
    title: 'Ada: a talk'
    published: true
    duration: '0:45'
    ---
    """
    import yaml

    class Dumper(yaml.SafeDumper):
        def ignore_aliases(self, data: Any) -> bool:
            return True

    def unquoted(dumper: yaml.SafeDumper, text: _Unquoted) -> yaml.ScalarNode:
        tag: str = dumper.resolve(yaml.ScalarNode, str(text), (True, False))  # type: ignore[no-untyped-call]
        return dumper.represent_scalar(tag, str(text))

    def quoted(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
        return dumper.represent_scalar(_TEXT, text, style="'" if _OTHER_TYPE.fullmatch(text) else None)

    Dumper.add_representer(_Unquoted, unquoted)
    Dumper.add_representer(str, quoted)
    known = {key: value for key, value in fields.items() if value not in (None, "", [], {})}
    if not known:
        return "---\n---\n"
    body = yaml.dump(known, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=float("inf"))
    return f"---\n{body}---\n"


def fill_template(template: Mapping[str, object], known: Mapping[str, object]) -> dict[str, object]:
    """The template with values for its placeholders. `known`: name → text, date, bool or list.

    A value that is one placeholder becomes the placeholder's value; a placeholder for a list, as an item of a list,
    becomes its items. A text without any known placeholder becomes empty, so that `format_block` leaves it out.
    Constants do not change.

    >>> fill_template({"title": "Ep: {title}", "tags": ["{tags}", "x"]}, {"title": "A", "tags": ("b",)})
    {'title': 'Ep: A', 'tags': ['b', 'x']}
    """
    return {key: _expand(value, known) for key, value in template.items()}


def check_template(template: Mapping[str, object]) -> None:
    """Raises `ValueError`, which names the key and the reason, for a template that cannot be filled in."""
    import yaml

    sample: dict[str, object] = dict.fromkeys(PLACEHOLDERS, "x") | {"date": datetime(2016, 5, 4, 19, 3, 33)}
    for key, value in template.items():
        try:
            format_block({key: _expand(value, sample)})
        except (ValueError, TypeError, RecursionError, yaml.YAMLError) as error:
            raise ValueError(f"front-matter: {key}: {error}") from error


def _expand(value: object, known: Mapping[str, object]) -> object:
    if isinstance(value, str):
        return _fill_text(value, known)
    if isinstance(value, Mapping):
        return fill_template(value, known)
    if isinstance(value, list | tuple):
        items: list[object] = []
        for item in value:
            name = item[1:-1] if isinstance(item, str) and item in (f"{{{name}}}" for name in _LISTS) else ""
            filled = known.get(name) if name else _expand(item, known)
            items += filled if isinstance(filled, list | tuple) and name else [filled]
        return [item for item in items if item not in (None, "")]
    return value


def _fill_text(template: str, known: Mapping[str, object]) -> object:
    parts: list[str] = []
    values: list[str] = []
    for literal, name, form, conversion in Formatter().parse(template):
        parts.append(literal)
        if name is None:
            continue
        if name not in PLACEHOLDERS or conversion or (form and name != "date"):
            raise ValueError(
                f"{{{name}}} cannot be filled in; the placeholders are {', '.join(PLACEHOLDERS)}; "
                "write {{ for a literal brace"
            )
        value = known.get(name)
        if isinstance(value, bool) and template == f"{{{name}}}":
            return value
        values.append(_format_value(value, form or ""))
        parts.append(values[-1])
    if values and not any(values):
        return ""
    text = "".join(parts)
    return _Unquoted(text) if re.fullmatch(r"\{date(?::[^{}]+)?\}", template) and re.match(r"\d{4}-", text) else text


def _format_value(value: object, form: str) -> str:
    if isinstance(value, datetime):
        return _utc(value, form)
    if isinstance(value, bool):
        return str(value).lower()
    return ", ".join(value) if isinstance(value, list | tuple) else str(value or "")


def _utc(when: datetime, form: str) -> str:
    """A date as the posts write it, or in `form`; without a zone it is UTC. Empty if it is not in UTC's calendar."""
    utc = _in_utc(when)
    if utc is None:
        return ""
    return utc.strftime(form) if form else utc.isoformat(" ", "seconds") + " UTC"


def _in_utc(when: datetime) -> datetime | None:
    try:
        return (when if when.tzinfo is None else when.astimezone(UTC)).replace(tzinfo=None)
    except OverflowError:  # late in the year 9999, or early in the year 1
        return None


def split(source: str) -> tuple[str, str]:
    """A post's source as its front matter and the rest; joined they are `source`.

    The front matter includes both `---` lines and a byte order mark; without a block it has at most that mark.
    """
    match = _BLOCK.match(source)
    end = match.end() if match else int(source.startswith("\ufeff"))
    return source[:end], source[end:]


def read(block: str) -> dict[str, Any]:
    """The keys and values of a block from `split`: text, `True` and `False`, and lists and mappings of these.

    Tags such as `!!timestamp` are ignored. Raises `ValueError` if the block is not a YAML mapping, or has aliases,
    which could expand to any amount of text, or is far longer than any author's.
    """
    import yaml

    if len(block) > _LONGEST:
        raise ValueError(f"longer than {_LONGEST:,} characters")

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
    """The value of a node; the type in its tag is ignored."""
    import yaml

    if isinstance(node, yaml.SequenceNode):
        return [_value(item) for item in node.value]
    if isinstance(node, yaml.MappingNode):
        if not all(isinstance(key, yaml.ScalarNode) for key, _ in node.value):
            raise ValueError("a list or a mapping where a key belongs")
        return {str(key.value): _value(value) for key, value in node.value}
    return node.value == "true" if node.tag == _BOOLEAN and node.value in ("true", "false") else node.value
