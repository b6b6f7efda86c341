"""The glossary's file and table: by hand and by property; names from an episode's metadata."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.episode import Episode, Person, Track
from transcribe.errors import SettingsError
from transcribe.recognition.glossary import Glossary, Term, names_from_metadata, parse, read_glossary

FILE = """\ufeff# people

Ada Lovelace, Grace Hopper
- Pieter Wuille          # a bullet, as pasted
Wooler, "Willy" -> Wuille
gray swapper => Grace Hopper
C sharp → C#
"""


class TestFile:
    def test_a_file_with_all_kinds_of_lines(self, tmp_path: Path) -> None:
        path = tmp_path / "names.txt"
        path.write_text(FILE, encoding="utf-8")
        assert read_glossary(path).terms == (
            Term("Ada Lovelace"),
            Term("Grace Hopper", ("gray swapper",)),
            Term("Pieter Wuille"),
            Term("Wuille", ("Wooler", "Willy")),
            Term("C#", ("C sharp",)),
        )

    def test_a_toml_table(self, tmp_path: Path) -> None:
        path = tmp_path / "transcribe.toml"
        path.write_text('model = "base"\n[glossary]\nWuille = ["Wooler", "Willy"]\n"Ada L." = []\nCeph = "Seth"\n')
        assert read_glossary(path).terms == (
            Term("Wuille", ("Wooler", "Willy")),
            Term("Ada L."),
            Term("Ceph", ("Seth",)),
        )

    @pytest.mark.parametrize(
        ("line", "message"),
        [
            ("-> Wuille", "line 2: write `Name`, or `Mishearing, another -> Name`"),
            ("Wooler ->", "line 2: write `Name`"),
            ("Wooler -> Wuille, Willy", "line 2: write `Name`"),
            ("a -> b -> c", "line 2: write `Name`"),
            ("Ada -> Ida", "line 2: 'Ada' cannot stand for 'Ida'"),
            ("(well) -> Wuille", "line 2: '(well)' needs no marks"),
            ("Wooler's -> Wuille", 'line 2: "Wooler\'s" needs no marks or possessive'),
            ("x" * 81, "at most 80 characters"),
            ("!?", "is not a name"),
        ],
    )
    def test_an_invalid_line_is_named(self, line: str, message: str) -> None:
        with pytest.raises(SettingsError) as caught:
            parse(f"Ada\n{line}\n", source="names.txt")
        assert message in str(caught.value)
        assert str(caught.value).startswith("names.txt, line 2")

    @pytest.mark.parametrize("content", ["[glossary]\nRDO = 3\n", "[glossary]\nRDO = [1]\n", "glossary = 3\n"])
    def test_an_invalid_table(self, content: str, tmp_path: Path) -> None:
        path = tmp_path / "x.toml"
        path.write_text(content)
        with pytest.raises(SettingsError, match=r"x\.toml, \[glossary\]: write"):
            read_glossary(path)

    def test_an_unreadable_file(self, tmp_path: Path) -> None:
        (tmp_path / "x.toml").write_text("[glossary\n")
        (tmp_path / "x.bin").write_bytes(b"Zo\xeb")
        (tmp_path / "wide.txt").write_bytes("Ceph\n".encode("utf-32-be"))
        for name, message in (
            ("none", "none: no such file"),
            ("x.bin", "not UTF-8 text"),
            ("wide.txt", "is UTF-32 text; save it as UTF-8"),
            ("x.toml", "not valid TOML"),
        ):
            with pytest.raises(SettingsError, match=message):
                read_glossary(tmp_path / name)

    @given(st.text(max_size=60))
    def test_any_text_is_read_or_refused(self, content: str) -> None:
        try:
            glossary = parse(content)
        except SettingsError:
            return
        assert all(name.strip() for name in glossary.names)

    @given(st.lists(st.from_regex(r"[A-Za-z][a-z]{0,5}( [A-Z][a-z]{1,5})?", fullmatch=True), max_size=6, unique=True))
    def test_names_survive_a_round_trip(self, names: list[str]) -> None:
        assert parse("\n".join(names)).names == tuple(names)


def test_a_name_already_in_the_glossary_is_not_added() -> None:
    glossary = parse("Ada\nCeph\nSeth -> Ceph").with_names(["ada", "Seth", "Grace", "Grace", "…", "y" * 99])
    assert glossary.names == ("Ada", "Ceph", "Grace")


def test_the_digest_changes_with_the_terms_only() -> None:
    first, extended = parse("Ada\nSeth -> Ceph"), parse("Ada\nSeth, sef -> Ceph")
    assert len({first.digest, extended.digest, parse("Ada").digest, Glossary().digest}) == 4
    assert (first.digest, Glossary().digest) == (parse("Ada\n# more\nSeth -> Ceph").digest, "")


def test_names_are_found_in_the_metadata() -> None:
    def titled(title: str) -> tuple[str, ...]:
        return names_from_metadata(Episode(title=title, path=Path("a.mp3")))

    assert titled("Rebuilding CentOS and K8s, with Ada Lovelace") == ("CentOS", "Ada Lovelace")
    assert titled("Interview with Grace Hopper at the RDO meetup") == ("RDO", "Grace Hopper")
    assert titled("How To Talk With Your Plants") == ()
    assert titled("RDO WEEKLY NUMBER 5") == ()
    assert titled("interview-2024_03") == ()
    people = (Person("Ada Lovelace"), Person("Grace Hopper", "guest"))
    episode = Episode(title="Five", audio_url="https://example.org/5.mp3", people=people)
    assert names_from_metadata(episode, ["Rich", "Ada Lovelace"]) == ("Rich", "Ada Lovelace", "Grace Hopper")


def test_names_of_tracks_are_names_unless_others_are_given() -> None:
    tracks = (Track(Path("ep1-rich.wav"), name="Rich"), Track(Path("ep1-x2.wav")), Track(Path("nora.wav"), name="Nora"))
    episode = Episode(title="ep1", path=Path("mix.m4a"), tracks=tracks)
    assert names_from_metadata(episode) == ("Rich", "Nora")
    assert names_from_metadata(episode, ["Grace", "Joan", "Carl"]) == ("Grace", "Joan", "Carl")


@pytest.mark.parametrize("start", ["---\n", "--- \t\n", "---\r\n", "\ufeff---\n", "---"])
def test_a_file_that_begins_with_front_matter_is_a_draft_and_no_glossary(tmp_path: Path, start: str) -> None:
    """Its turns need not be told from names: a draft without bold has none that are."""
    path = tmp_path / "talk.md"
    path.write_text(f"{start}title: A talk, or two\n---\n\nAda: Who are you?\n" if start.strip("-") else start, "utf-8")
    with pytest.raises(SettingsError, match=r"talk\.md: is a draft, where a glossary is wanted"):
        read_glossary(path)


@pytest.mark.parametrize("text", ["Ada\n---\n", "# people\n---\n"])
def test_a_line_below_names_is_no_front_matter(tmp_path: Path, text: str) -> None:
    (tmp_path / "names.txt").write_text(text)
    with pytest.raises(SettingsError, match="'---' is not a name"):
        read_glossary(tmp_path / "names.txt")
