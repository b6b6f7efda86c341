"""A package index on 127.0.0.1 with wheels made up for a test; it counts what is asked of it."""

from __future__ import annotations

import hashlib
import io
import threading
import zipfile
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from transcribe.weights.wheels import Wheel


def make_wheel(file_name: str, members: dict[str, bytes]) -> tuple[Wheel, bytes]:
    """A wheel with these members, and its bytes."""
    distribution, version = file_name.split("-")[:2]
    info, tag = f"{distribution}-{version}.dist-info", "-".join(file_name.removesuffix(".whl").split("-")[2:])
    buffer = io.BytesIO()
    of_the_distribution = {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n".encode(),
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n".encode(),
        f"{info}/RECORD": b"",
    }
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in (members | of_the_distribution).items():
            archive.writestr(zipfile.ZipInfo(name), content)  # of 1980, so that the hash is the same in every process
    data = buffer.getvalue()
    return Wheel(file_name, hashlib.sha256(data).hexdigest(), len(data), tuple(members)), data


class PackageIndex:
    """Serves `files` by name until the block ends. With `stalls`, it sends half of a file and no more.

    `instead` may answer a request itself, and then returns True.
    """

    def __init__(
        self,
        files: dict[str, bytes],
        *,
        stalls: bool = False,
        instead: Callable[[BaseHTTPRequestHandler], bool] = lambda request: False,
    ) -> None:
        self.asked: list[str] = []
        self._over = threading.Event()
        index = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                index.asked.append(self.path)
                if instead(self):
                    return
                name = self.path.rpartition("/")[2].partition("#")[0]
                project = self.path.strip("/").rpartition("/")[2]
                page = "".join(f'<a href="/{n}">{n}</a>' for n in files if n.split("-")[0].replace("_", "-") == project)
                body = files.get(name) or page.encode()
                self.send_response(200 if body else 404)
                self.send_header("Content-Type", "application/octet-stream" if name in files else "text/html")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if stalls and name in files:
                    self.wfile.write(body[: len(body) // 2])
                    self.wfile.flush()
                    index._over.wait(60)
                else:
                    self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def environment(self) -> dict[str, str]:
        """What makes pip ask this index and no other."""
        url = f"http://127.0.0.1:{self._server.server_address[1]}/simple"
        return {"PIP_INDEX_URL": url, "PIP_CONFIG_FILE": "/dev/null", "PIP_FIND_LINKS": "", "PIP_NO_CACHE_DIR": "1"}

    @property
    def downloads(self) -> list[str]:
        """The files that were asked for."""
        return [path for path in self.asked if path.endswith(".whl")]

    def __enter__(self) -> PackageIndex:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
