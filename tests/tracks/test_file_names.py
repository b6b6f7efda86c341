"""Names of people and of the episode in the names of files."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.counting import counting
from transcribe.settings import Settings
from transcribe.tracks.file_names import episode_name, names_in


@pytest.mark.parametrize(
    ("stems", "names", "episode"),
    [
        (["rich", "haikel"], ["Rich", "Haikel"], "show"),
        (["2026-rich-bowen", "2026-haikel"], ["Rich Bowen", "Haikel"], "2026"),
        (["ep12_Rich Bowen", "ep12_Ada_Lovelace"], ["Rich Bowen", "Ada Lovelace"], "ep12"),
        (["rich-ep12", "ada-ep12"], ["Rich", "Ada"], "ep12"),
        (["1-rich_0", "2-ada_0"], ["Rich", "Ada"], "show"),
        (["track1", "track2"], ["", ""], "show"),
        (["audio_host", "audio_guest"], ["", ""], "show"),
        (["Zoom0001", "ZOOM0002_Tr1"], ["", ""], "show"),
        (["audioRichBowen11234", "audioAda21234"], ["Rich Bowen", "Ada"], "show"),
        (["rich", "Rich"], ["", ""], "show"),
        (["H4N", "dr-100"], ["", ""], "show"),
        (["Jürgen", "Олег"], ["Jürgen", "Олег"], "show"),
        (["rick", "rich"], ["Rick", "Rich"], "show"),
        (["one two three four five", "McKay"], ["", "McKay"], "show"),
    ],
)
def test_names(stems: list[str], names: list[str], episode: str) -> None:
    assert list(names_in(stems)) == names
    assert episode_name([Path("/podcast/show") / f"{stem}.wav" for stem in stems]) == episode


@given(st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=40), min_size=2, max_size=8))
def test_whatever_files_are_called_a_name_is_one(stems: list[str]) -> None:
    names = names_in(stems)
    assert len(names) == len(stems)
    given_names = [name for name in names if name]
    assert len({name.casefold() for name in given_names}) == len(given_names)
    for name in given_names:
        Settings(speakers=f"{name},x")  # what nobody could say with --speakers is no name either
    assert episode_name([Path("/a") / stem.replace("/", "") for stem in stems]).strip()


def test_the_work_for_many_files_grows_with_their_number() -> None:
    work = []
    for count in (100, 800):
        with counting() as calls:
            names = names_in([f"ep12-{chr(0x4E00 + n) * 2}" for n in range(count)])
        assert len(set(names)) == count
        work.append(calls["python"] + calls["c"])
    assert work[1] < 12 * work[0]
