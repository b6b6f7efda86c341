"""A reference without words states silence: every recognised word is invented, and no rate is made of nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.checked_clip import ROW, Telling, found, state, write_clip
from tests.support.command_line import Run
from tests.support.scripted_stages import tone

SILENT: list[tuple[str, str]] = []


@pytest.mark.parametrize(
    "references",
    [
        {"ref.txt": ""},
        {"ref.txt": "\n[music]\n"},
        {"rttm": ""},
        {"rttm": ";; nobody\n"},
        {"ref.txt": "", "rttm": ""},
        {"ref.md": ""},
        {"ref.md": "[music]\n\n[applause]\n"},
        {"ref.md": "---\nlayout: post\n---\n"},
    ],
)
def test_silence_is_gated(check: Run, tmp_path: Path, references: dict[str, str]) -> None:
    """Every recognised word is invented, a single one is too many, and no rate is made of nothing."""
    (tmp_path / "clips").mkdir()
    tone(tmp_path / "clips" / "pause.wav")
    for end, content in references.items():
        (tmp_path / "clips" / f"pause.{end}").write_text(content)
    code, out, _ = check("clips", "--json", stages=Telling(talk=SILENT))
    values = found(out, "pause")
    assert (code, values["invented_words"], values["lost_words"]) == (0, 0, 0)
    assert not values.keys() & {"wer", "cpwer", "der", "speakers", "misnamed", "names"}
    assert "its reference has no words, which states that nobody speaks" in out
    code, out, _ = check("clips", "--fresh", stages=Telling(talk=[("A", "Thanks!")]))
    assert (code, state(out, "pause")) == (1, "FAIL")
    assert "invented_words: 1 is over the limit of 0, because the reference has no words" in out


def test_a_silent_clip_has_limits_of_its_own_only(check: Run, tmp_path: Path) -> None:
    """What is limited for all clips needs no measure in it; its own limit of a rate fails and says why."""
    write_clip(tmp_path / "clips")
    tone(tmp_path / "clips" / "pause.wav")
    (tmp_path / "clips" / "pause.ref.txt").write_text("")
    toml = tmp_path / "clips" / "clips.toml"
    toml.write_text("[limits]\nwer = 0.1\ninvented_words = 100\n")
    code, out, _ = check("clips")
    assert (code, state(out), state(out, "pause")) == (1, "ok", "FAIL"), "the limit of others does not loosen it"
    toml.write_text(f'{ROW}[[clip]]\naudio = "pause.wav"\nlimits = {{ invented_words = 100 }}\n')
    assert check("clips")[0] == 0
    toml.write_text(f'{ROW}[[clip]]\naudio = "pause.wav"\nlimits = {{ invented_words = 100, wer = 0.1 }}\n')
    code, out, _ = check("clips")
    assert (code, "wer: not measured: the reference has no words, which states that nobody" in out) == (1, True)


def test_a_silent_clip_is_compared_with_its_baseline(check: Run, tmp_path: Path) -> None:
    (tmp_path / "clips").mkdir()
    tone(tmp_path / "clips" / "pause.wav")
    (tmp_path / "clips" / "pause.ref.txt").write_text("")
    arguments = ("clips", "--baseline", "b.json")
    assert check(*arguments, "--update-baseline", stages=Telling(talk=SILENT))[0] == 0
    assert check(*arguments)[0] == 0
    assert check(*arguments, "--fresh", stages=Telling(talk=[("A", "Thanks!")]))[0] == 1
