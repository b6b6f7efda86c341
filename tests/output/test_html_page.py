"""The HTML page in a browser, from disk: a click on a word plays from there, and spoken HTML is not executed."""

from __future__ import annotations

import shutil
import time
import wave
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from audio.episode import Episode
from output.formats import write
from tests.support.transcripts import transcript
from transcribe.transcript import Speaker

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PATIENCE = 20  # seconds
HOSTILE = '<script>document.title="ran"</script><img src=x onerror="document.title=\'ran\'">'

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")]


@pytest.fixture
def page(tmp_path: Path, browser: Browser) -> Iterator[Any]:
    with wave.open(str(tmp_path / "my talk #1.wav"), "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(bytes(2 * 8000 * 10))
    speakers = (Speaker("S1", f"Ada {HOSTILE}"), Speaker("S2", "Bob Moog"))
    episode = Episode(f"A {HOSTILE}", path=Path("my talk #1.wav"))
    made = transcript(("S1", f"Hello {HOSTILE} there."), ("S2", "Hi Ada."), speakers=speakers)
    target = tmp_path / "talk.html"
    target.write_text(str(write(replace(made, episode=episode), "html")), encoding="utf-8")
    flags = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
    with browser.browser_type.launch(executable_path=CHROMIUM, args=flags) as started:
        opened = started.new_page()
        requests: list[str] = []
        opened.on("request", lambda request: requests.append(request.url))
        opened.goto(target.as_uri())
        yield opened
        assert all(url.startswith("file:") for url in requests)


def eventually(page: Any, expression: str) -> None:
    """Wait until the condition is true; it is evaluated outside the page, whose policy forbids scripts."""
    deadline = time.monotonic() + PATIENCE
    while not page.evaluate(expression):
        assert time.monotonic() < deadline, f"never: {expression}"
        page.wait_for_timeout(20)


def test_a_click_plays_from_the_word(page: Any) -> None:
    word = page.get_by_text("Ada.", exact=True)
    second = float(word.get_attribute("data-t"))
    eventually(page, "document.querySelector('audio').readyState >= 1")
    word.click()
    eventually(page, f"document.querySelector('audio').currentTime >= {second}")
    eventually(page, "document.querySelector('b.now')?.textContent === 'Ada.'")


def test_spoken_html_is_not_executed(page: Any) -> None:
    assert page.title() == f"A {HOSTILE}"
    assert HOSTILE.split(">")[0] in page.inner_text("p >> nth=0")
    assert page.locator("img").count() == 0
    assert page.locator("script").count() == 1
