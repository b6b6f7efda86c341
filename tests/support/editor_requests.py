"""Requests to a running editor, as the page sends them."""

from __future__ import annotations

import http.client
import json
from typing import Any

Address = tuple[int, str]
"""The port and the token of a running server."""


def request(address: Address, path: str, *, method: str = "GET", body: Any = None, **headers: str) -> Any:
    """One request, with the valid token unless another is given; underscores in header names are hyphens."""
    port, token = address
    sent_headers = {"Authorization": f"Bearer {token}"} | {k.replace("_", "-"): v for k, v in headers.items()}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request(method, path, None if body is None else json.dumps(body), sent_headers)
    response = connection.getresponse()
    response.body = response.read()  # type: ignore[attr-defined]
    connection.close()
    return response


def post(address: Address, path: str, body: Any) -> Any:
    """Post JSON to a path, as the page does."""
    own = {"Origin": f"http://127.0.0.1:{address[0]}", "Content_Type": "application/json"}
    return request(address, path, method="POST", body=body, **own)
