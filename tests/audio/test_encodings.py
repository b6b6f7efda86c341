"""Every document has a text; a byte that is none costs itself."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.encodings import charset_of, decoded, wide_encoding

WORDS = "Ann fragt: „Wie heißt das?“ – Žluťoučký kůň, Привет, 旋盤の話 🔧"
LATIN = "Fräser, Bürste, Öl und Größe"


@given(st.binary(max_size=300), st.text(max_size=20))
def test_any_bytes_are_text(data: bytes, charset: str) -> None:
    decoded(data, charset=charset).encode("utf-8", "surrogatepass").decode()


@given(st.text(st.characters(codec="utf-8", exclude_characters="\ufeff\0"), min_size=1), st.booleans())
def test_valid_utf8_is_utf8_whatever_is_stated(text: str, has_mark: bool) -> None:
    if "\x1b" in text or "~{" in text or not text.strip("<{[ \t\r\n\f\v"):
        return  # marks of other encodings
    data = codecs.BOM_UTF8 * has_mark + text.encode()
    assert decoded(data, charset="iso-8859-1") == text
    assert decoded(data) == text


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize(
    "start", ["<?xml version='1.0'?>", " \n<rss>", '{"title": "', '["', "#EXTM3U\r\n", "https://", "1\n00:", "\n\n# "]
)
def test_zero_bytes_show_the_encoding_without_a_mark(encoding: str, start: str) -> None:
    assert decoded((start + WORDS).encode(encoding)) == start + WORDS
    marked = codecs.lookup(encoding).encode("\ufeff" + start + WORDS)[0]
    assert decoded(marked, charset="utf-8") == start + WORDS


@given(
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc"], exclude_characters="\ufeff"), min_size=1),
    st.sampled_from(["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"]),
)
def test_the_wide_encoding_of_a_text_is_found_by_its_mark_or_its_zeros(text: str, encoding: str) -> None:
    assert wide_encoding(f"\ufeff{text}".encode(encoding)) == encoding
    assert wide_encoding(f"A{text}".encode(encoding)) == encoding
    assert wide_encoding(f"A{text}".encode()) == wide_encoding(f"\ufeff{text}".encode()) == ""


@pytest.mark.parametrize(
    ("stated", "written"),
    [
        ("iso-8859-1", "cp1252"),
        ("US-ASCII", "cp1252"),
        ("latin1", "latin-1"),
        ("ISO-8859-2", "iso-8859-2"),
        ("windows-1250", "cp1250"),
        ("iso-8859-9", "cp1254"),
        ("x-nonsense", "cp1252"),
        ("utf-8", "cp1252"),
        ("utf-7", "cp1252"),
        ("utf-16", "cp1252"),
        ("rot13", "cp1252"),
        ("unicode_escape", "cp1252"),
        ("punycode", "cp1252"),
        ("", "cp1252"),
    ],
)
@pytest.mark.parametrize("place", ["header", "declaration", "meta", "meta of an older kind"])
def test_what_is_stated_counts_for_text_that_is_no_utf8(stated: str, written: str, place: str) -> None:
    start = {
        "header": "<rss>",
        "declaration": f"<?xml version='1.0' encoding='{stated}'?>",
        "meta": f'<html><meta charset="{stated}">',
        "meta of an older kind": f'<html><meta http-equiv=Content-Type content="text/html; charset={stated}">',
    }[place]
    charset = stated if place == "header" else ""
    assert decoded(f"{start}{LATIN}".encode(written), charset=charset) == start + LATIN


@pytest.mark.parametrize(
    ("stated", "written"),
    [("shift_jis", "cp932"), ("euc-jp", "euc_jp"), ("iso-2022-jp", "iso2022_jp"), ("x-sjis", "shift_jis")],
)
def test_encodings_of_japanese(stated: str, written: str) -> None:
    assert decoded("旋盤の話".encode(written), charset=stated) == "旋盤の話"


@given(st.sampled_from(WORDS.split()), st.sampled_from(WORDS.split()), st.integers(0x80, 0xBF))
def test_a_bad_byte_costs_itself(before: str, after: str, bad: int) -> None:
    data = f"{WORDS} {before} ".encode() + bytes([bad]) + f" {after}".encode()
    assert decoded(data) == f"{WORDS} {before} \ufffd {after}"
    assert decoded(data, charset="utf-8") == f"{WORDS} {before} \ufffd {after}"


@pytest.mark.parametrize("header", ["", "text/html", "text/html; charset=", "charset", "x" * 100_000])
def test_a_header_without_an_encoding(header: str) -> None:
    assert charset_of(header) == ""
