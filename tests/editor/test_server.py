"""The editor's server over HTTP: access, responses, refusals."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from output.parse import parse
from tests.support.audio_files import tone, write_wav
from tests.support.editor_requests import Address, post, request
from tests.support.paths import ROOT
from tests.support.turn_edits import with_paragraph
from transcribe.drafts.sync import transcript_of
from transcribe.drafts.turn_edits import page_turns
from transcribe.drafts.versions import keep_version
from transcribe.editor.session import Session
from transcribe.transcript import Doubt


def test_the_token_is_not_in_request_lines_or_cookies(address: Address) -> None:
    """After the `#` it stays in the browser; a cookie would be sent to every other port of this machine."""
    port, token = address
    response = request(address, "/", Authorization="")
    assert response.status == 200
    assert token.encode() not in response.body
    assert response.headers["Set-Cookie"] is None
    assert (
        request(address, "/api/draft", Authorization="", Cookie=f"turnscript-{port}={token}; token={token}").status
        == 403
    )
    assert request(address, f"/api/draft?token={token}", Authorization="").status == 403


@pytest.mark.parametrize("path", ["/api/draft", "/api/revision", "/audio"])
def test_requests_without_the_token_are_refused(address: Address, path: str) -> None:
    for header in ("", "Bearer guess", address[1], f"Basic {address[1]}"):
        response = request(address, path, Authorization=header)
        assert response.status == 403
        assert b"Ada" not in response.body
    assert request(address, f"{path}?key={address[1]}", Authorization="").status == 403


@pytest.mark.parametrize("path", ["/", "/api/draft", "/api/revision", "/audio", "/assets/editor.js"])
def test_requests_from_other_sites_and_hosts_are_refused(address: Address, path: str) -> None:
    assert request(address, path, Host="evil.example").status == 421
    assert request(address, path, Host=f"127.0.0.1:{address[0] + 1}").status == 421
    assert request(address, path, Host="127.0.0.1").status == 421
    assert request(address, path, Origin="http://evil.example").status == 403
    assert request(address, path, Origin=f"http://127.0.0.1:{address[0] + 1}").status == 403
    for site in ("cross-site", "same-site"):  # all ports of this machine are the same site
        assert request(address, path, Sec_Fetch_Site=site).status == 403


def test_a_link_on_another_site_may_open_the_page(address: Address) -> None:
    """For example in a notebook's terminal. The page it opens has no data, and a frame opens nothing."""
    assert request(address, "/", Sec_Fetch_Site="cross-site", Sec_Fetch_Dest="document").status == 200
    assert request(address, "/", Sec_Fetch_Site="cross-site", Sec_Fetch_Dest="iframe").status == 403
    assert request(address, "/api/draft", Sec_Fetch_Site="cross-site", Sec_Fetch_Dest="document").status == 403


def test_writing_requires_the_pages_origin(address: Address, session: Session) -> None:
    before = session.path.read_bytes()
    state = json.loads(request(address, "/api/draft").body)
    body = {"revision": state["revision"], "turns": [["Ada", ["Gone."]]]}
    kind = {"Content_Type": "application/json"}
    assert request(address, "/api/draft", method="POST", body=body, **kind).status == 403
    assert request(address, "/api/draft", method="POST", body=body, Origin="null", **kind).status == 403
    own = {"Origin": f"http://127.0.0.1:{address[0]}"}
    assert request(address, "/api/draft", method="POST", body=body, Content_Type="text/plain", **own).status == 422
    assert request(address, "/api/draft", method="POST", body={"turns": 1}, **own, **kind).status == 400
    assert request(address, "/api/draft", method="POST", body=[], **own, **kind).status == 400
    assert session.path.read_bytes() == before
    assert request(address, "/api/draft", method="POST", body=body, **own, **kind).status == 200
    assert session.path.read_bytes() != before


def test_every_response_has_the_security_headers(address: Address) -> None:
    for response in (
        request(address, "/"),
        request(address, "/api/draft"),
        request(address, "/api/draft", Authorization=""),
    ):
        policy = response.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; ")
        assert "unsafe" not in policy
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Access-Control-Allow-Origin"] is None


def test_no_path_escapes_the_assets(address: Address) -> None:
    for name in ("../server.py", "..%2fserver.py", "%2e%2e/server.py", "page.html%00", "server.py"):
        assert request(address, f"/assets/{name}").status == 404


def test_an_edit_of_an_old_revision_needs_its_base(address: Address, session: Session) -> None:
    state = json.loads(request(address, "/api/draft").body)
    base = [[turn["speaker"], turn["paragraphs"]] for turn in state["turns"]]
    session.path.write_bytes(session.path.read_bytes().replace(b"hills", b"dales"))
    mine = [*base[:2], [base[2][0], ["How come?"]], base[3]]
    own = {"Origin": f"http://127.0.0.1:{address[0]}", "Content_Type": "application/json"}
    body = {"revision": state["revision"], "turns": mine}
    assert request(address, "/api/draft", method="POST", body=body, **own).status == 409
    response = request(address, "/api/draft", method="POST", body={**body, "base": base}, **own)
    assert json.loads(response.body)["conflicts"] == []
    text = session.path.read_text(encoding="utf-8")
    assert "dales" in text
    assert "How come?" in text


def test_audio_is_served_in_ranges(address: Address, session: Session) -> None:
    assert json.loads(request(address, "/api/draft").body)["sound"]["address"] == ""
    recording = write_wav(session.path.with_suffix(".wav"), tone(440, 0.5))
    json_path = session.path.with_suffix(".json")
    data = json.loads(json_path.read_text(encoding="utf-8"))
    data["episode"]["audio_path"] = "talk.wav"
    json_path.write_text(json.dumps(data), encoding="utf-8")
    sound = {"address": ""}
    while not sound["address"]:
        sound = json.loads(request(address, "/api/revision").body)["sound"]
    response = request(address, sound["address"], Authorization="", Range="bytes=10-13")
    assert response.status == 206
    assert response.body == recording.read_bytes()[10:14]
    assert response.headers["Content-Range"] == f"bytes 10-13/{recording.stat().st_size}"


def test_versions_are_given_with_the_token_only(address: Address, session: Session) -> None:
    keep_version(session.path, session.path.read_bytes(), now=1_800_000_000)
    assert json.loads(request(address, "/api/versions").body) == {"versions": [1_800_000_000]}
    turns = json.loads(request(address, "/api/versions/1800000000").body)["turns"]
    assert [turn["speaker"] for turn in turns] == ["Ada", "Bob", "Ada", "Bob"]
    assert request(address, "/api/versions/1800000000", Authorization="").status == 403
    assert request(address, "/api/versions/..%2f1800000000").status == 404
    assert request(address, "/api/versions/1").status == 500


def test_the_page_has_no_inline_scripts() -> None:
    page = (ROOT / "transcribe/editor/assets/page.html").read_text(encoding="utf-8")
    assert re.findall(r"<script(?![^>]* src=)", page) == []
    assert re.findall(r"<style|\sstyle=|\son\w+=|https?://", page) == []


def test_a_doubt_over_a_confirmed_one_comes_back_when_both_are_undone(session: Session, address: Address) -> None:
    """With what the page keeps of the confirmation: an edit had taken the longer doubt before."""
    talk = transcript_of(session.path)
    words = talk.turns[1].words
    inner = Doubt(words[3].start, words[4].end, "unclear")
    talk = replace(talk, doubts=(Doubt(words[1].start, words[8].end, "two readings differ"), inner))
    session.path.with_suffix(".json").write_text(talk.to_json(), encoding="utf-8")
    turns = page_turns(parse(session.path.read_text(encoding="utf-8")))
    said = turns[1].paragraphs[0]
    session.save(session.revision, with_paragraph(turns, 1, said.replace("here", "there")), names={})
    session.state(waits=True)
    assert transcript_of(session.path).doubts == (inner,)
    taken = json.loads(post(address, "/api/accept", {"start": 1000 * inner.start, "end": 1000 * inner.end}).body)
    assert transcript_of(session.path).doubts == ()
    assert post(address, "/api/restore", taken).status == 200
    session.save(session.revision, turns, names={})
    session.state(waits=True)
    assert transcript_of(session.path).doubts == talk.doubts


@pytest.mark.parametrize(
    "change",
    [
        {"doubts": [{"start": 1, "end": 2}]},
        {"doubts": [[1, 2]]},
        {"settled": [{"start": 2, "end": 1, "reason": "unclear"}]},
        {"words": [{"text": "so", "start": 1, "end": 2}]},
        {"words": [{"text": 3, "start": 1, "end": 2, "probability": 1}]},
        {"words": ["so"]},
    ],
)
def test_what_no_confirmation_took_is_refused(address: Address, change: dict[str, Any]) -> None:
    assert post(address, "/api/restore", {"doubts": [], "words": []}).status == 200
    assert post(address, "/api/restore", {"doubts": [], "words": [], **change}).status == 400
