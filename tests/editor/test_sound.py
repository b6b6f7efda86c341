"""The editor's page in a real Chromium: every recording sounds, wherever it is, or the page says why not."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from audio.decoding.decode import decode
from audio.decoding.samples import SAMPLE_RATE
from audio.disk import sha256_of
from tests.support.audio_files import convert, tone, write_wav
from tests.support.editor_page import NEEDS_CHROMIUM, TALK, Desk, DeskMaker, open_page, put_caret, saved, talk_of, until

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = NEEDS_CHROMIUM

SECONDS = 40
BURST = 5.25  # seconds: a tone of half a second begins

FORMATS = {  # file name → ffmpeg's options
    "talk.mp3": (),
    "talk.ogg": ("-c:a", "libvorbis"),
    "talk.opus": (),
    "talk.flac": (),
    "talk.m4a": ("-c:a", "aac"),
    "alac.m4a": ("-c:a", "alac"),
    "talk.wma": (),
    "talk.aiff": (),
    "talk.caf": (),
    "talk.ac3": (),
    "talk.au": (),
    "talk.wv": (),
    "talk.mka": ("-c:a", "aac"),
    "adpcm.wav": ("-c:a", "adpcm_ima_wav"),
    "mulaw.wav": ("-c:a", "pcm_mulaw"),
    "talk.amr": ("-c:a", "libopencore_amrnb", "-ar", "8000"),
}


def served(page: Page, desk: Desk) -> bytes:
    """The sound that the page plays."""
    address, token = desk.editor.url.split("#token=")
    state = page.request.get(f"{address}api/revision", headers={"Authorization": f"Bearer {token}"}).json()
    return bytes(page.request.get(address + state["sound"]["address"].lstrip("/")).body())


def write_burst(path: Path) -> Path:
    samples = tone(440, SECONDS, rate=16_000)
    samples[: round(BURST * 16_000)] = 0
    samples[round((BURST + 0.5) * 16_000) :] = 0
    return write_wav(path, samples)


def desk_with(desk_of: DeskMaker, name: str) -> Desk:
    """A desk whose recording has this name; there is no such file yet."""
    desk = desk_of(talk_of(*TALK))
    desk.stop()
    desk.json.write_text(desk.json.read_text(encoding="utf-8").replace("talk.wav", name), encoding="utf-8")
    (desk.draft.parent / "talk.wav").unlink()
    return desk


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_heard_at_its_time(browser: Browser, desk_of: DeskMaker, tmp_path: Path, name: str) -> None:
    desk = desk_with(desk_of, name)
    source = write_burst(tmp_path / "burst.source")
    convert(source, desk.draft.with_name(name), *FORMATS[name])
    source.unlink()
    desk.start()
    page = open_page(browser, desk)
    until(lambda: not page.locator("#play").is_disabled())
    put_caret(page, 2, "How")
    page.keyboard.press("Control+Enter")
    until(lambda: page.locator("#play").text_content() == "Pause")
    played = tmp_path / "played"
    played.write_bytes(served(page, desk))
    with decode(played) as audio:
        assert audio.duration == pytest.approx(SECONDS, abs=0.2)
        start = int((abs(audio.read()) > 0.1).argmax()) / SAMPLE_RATE
    assert start == pytest.approx(BURST, abs=0.05)
    assert page.locator(".notice").count() == 0
    page.context.close()


def test_a_renamed_recording_is_found_by_its_content(browser: Browser, desk_of: DeskMaker) -> None:
    desk = desk_with(desk_of, "gone.wav")
    moved = write_burst(desk.draft.with_name("interview.wav"))
    record_hash(desk, moved)
    write_burst(desk.draft.with_name("other.wav")).write_bytes(b"RIFF")
    desk.start()
    page = open_page(browser, desk)
    page.locator(".notice", has_text="gone.wav was moved or renamed").wait_for()
    assert "interview.wav" in (page.locator(".notice").text_content() or "")
    page.locator("#play").click()
    until(lambda: page.locator("#play").text_content() == "Pause")
    page.context.close()


def record_hash(desk: Desk, recording: Path) -> None:
    data = desk.json.read_text(encoding="utf-8")
    desk.json.write_text(
        data.replace('"audio_sha256": ""', f'"audio_sha256": "{sha256_of(recording)}"'), encoding="utf-8"
    )


def test_a_recording_that_is_nowhere_is_chosen_on_the_page(
    browser: Browser, desk_of: DeskMaker, tmp_path_factory: pytest.TempPathFactory
) -> None:
    desk = desk_with(desk_of, "gone.wav")
    desk.start()
    page = open_page(browser, desk)
    page.locator(".notice", has_text="gone.wav is not there").wait_for()
    assert page.locator("#status").text_content() == "Saved"
    assert page.locator("#play").is_disabled()
    chosen = write_burst(tmp_path_factory.mktemp("elsewhere") / "chosen.wav")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose the file").click()
    chooser.value.set_files(chosen)
    page.locator(".notice", has_text="transcribe sync DRAFT.md --audio chosen.wav").wait_for()
    page.locator("#play").click()
    until(lambda: page.locator("#play").text_content() == "Pause")
    page.context.close()


def test_a_recording_that_comes_back_is_played(browser: Browser, desk_of: DeskMaker) -> None:
    desk = desk_with(desk_of, "gone.wav")
    desk.start()
    page = open_page(browser, desk)
    page.locator(".notice", has_text="gone.wav is not there").wait_for()
    write_burst(desk.draft.with_name("gone.wav"))
    until(lambda: not page.locator("#play").is_disabled())
    assert page.locator(".notice").count() == 0
    page.context.close()


def test_a_file_that_is_no_sound_is_said(browser: Browser, desk_of: DeskMaker) -> None:
    desk = desk_with(desk_of, "talk.wma")
    desk.draft.with_name("talk.wma").write_bytes(b"\x30\x26\xb2\x75\x8e\x66\xcf\x11" + bytes(5000))
    desk.start()
    page = open_page(browser, desk)
    page.locator(".notice", has_text="The recording cannot be played").wait_for()
    saved(page)
    page.context.close()


VIDEOS = {  # file name → ffmpeg's options, and whether the browser shows the picture
    "talk.webm": (("-c:v", "libvpx", "-c:a", "libopus"), True),
    "copied.mkv": (("-c:v", "libvpx", "-c:a", "flac"), True),
    "refused.mov": (("-c:v", "prores", "-c:a", "pcm_s16le"), False),
}


def film(folder: Path, name: str, *options: str) -> None:
    """A recording with a picture that moves a little."""
    sound = write_burst(folder / "burst.source")
    picture = (
        "-f",
        "lavfi",
        "-i",
        f"testsrc=size=96x54:rate=2:duration={SECONDS}",
        "-shortest",
        "-deadline",
        "realtime",
    )
    convert(sound, folder / name, *picture, *options)
    sound.unlink()


@pytest.mark.parametrize(("name", "width"), [("talk.webm", 390), ("copied.mkv", 1280), ("refused.mov", 820)])
def test_the_picture_is_shown_on_request(browser: Browser, desk_of: DeskMaker, name: str, width: int) -> None:
    """Above the text, by the element that plays; the recording goes on where it was."""
    desk = desk_with(desk_of, name)
    options, is_shown = VIDEOS[name]
    film(desk.draft.parent, name, *options)
    desk.start()
    page = open_page(browser, desk, viewport={"width": width, "height": 720})
    until(lambda: not page.locator("#play").is_disabled())
    put_caret(page, 2, "How")
    page.keyboard.press("Control+Enter")
    assert not page.locator("#picture").is_visible()
    button = page.get_by_role("button", name="Picture", exact=True)
    button.click()
    if is_shown:
        until(lambda: page.evaluate("() => document.getElementById('picture').videoWidth") == 96)
        box, text, bar = (page.locator(each).bounding_box() for each in ("#picture", "main", "#bar"))
        assert box
        assert text
        assert bar
        assert box["height"] >= 96
        assert bar["y"] - box["y"] - box["height"] > 250
        assert button.get_attribute("aria-pressed") == "true"
    else:
        page.locator(".notice", has_text="cannot show the picture").wait_for()
        assert not page.locator("#picture").is_visible()
    until(lambda: float(page.locator("#seek").input_value()) > 16)
    until(lambda: page.locator("#play").text_content() == "Pause")
    if is_shown:
        button.click()
        assert not page.locator("#picture").is_visible()
        until(lambda: float(page.locator("#seek").input_value()) > 17)
    page.context.close()


def test_a_cover_is_no_picture_of_a_video(browser: Browser, desk_of: DeskMaker) -> None:
    desk = desk_with(desk_of, "cover.mp3")
    cover = ("-f", "lavfi", "-i", "testsrc=size=64x64:rate=1:duration=1", "-map", "0:a", "-map", "1:v")
    write_burst(desk.draft.parent / "burst.source")
    convert(desk.draft.parent / "burst.source", desk.draft.with_name("cover.mp3"), *cover, "-c:v", "png")
    desk.start()
    page = open_page(browser, desk)
    until(lambda: not page.locator("#play").is_disabled())
    until(lambda: page.evaluate("() => document.getElementById('picture').readyState") > 0)
    assert not page.locator("#show-picture").is_visible()
    page.context.close()
