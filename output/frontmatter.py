"""The block between `---` lines at the top of a post: written in the house's order and scalar style, read as text.

Only keys whose value is known are written. Dates stay text when read, and so do numbers: `duration: 01:04:41` is
no whole number, whatever YAML 1.1 says.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import yaml

_BOOLEAN = "tag:yaml.org,2002:bool"
_BLOCK = re.compile(r"\ufeff?---[ \t]*\r?\n(?:.*?\r?\n)??(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL)


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

    known = {key: value for key, value in fields.items() if value not in (None, "")}
    body = yaml.safe_dump(known, sort_keys=False, allow_unicode=True, width=float("inf")) if known else ""
    return f"---\n{body}---\n"


def moment(when: datetime) -> str | None:
    """A date as the posts write it; one without a zone is taken as UTC. None where UTC's calendar has no such moment.

    >>> moment(datetime(2015, 10, 5, 13, 38, 27))
    '2015-10-05 13:38:27 UTC'
    """
    try:
        there = when if when.tzinfo is None else when.astimezone(UTC)
    except OverflowError:  # late in the year 9999, or early in the year 1
        return None
    return there.replace(tzinfo=None).isoformat(" ", "seconds") + " UTC"


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
