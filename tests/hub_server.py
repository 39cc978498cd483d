"""A Hugging Face hub on 127.0.0.1: the HTTP that huggingface_hub speaks when we pull, with faults to order."""

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

Repo = dict[str, bytes]  # content by file name

MAIN_COMMIT = "0123456789abcdef0123456789abcdef01234567"  # any other commit is taken to hold the same files
LFS_SUFFIXES = (".safetensors", ".bin", ".ckpt")


@dataclass(frozen=True)
class Download:
    file: str  # `<repository>/<name>`
    range: str | None = None


@dataclass
class HubServer:
    """Big files (`LFS_SUFFIXES`) are listed with their SHA-256 and come by redirect, as from the real hub's CDN.

    The knobs go by file name.
    """

    repos: dict[str, Repo]
    url: str = ""
    cut_after_bytes: dict[str, int] = field(default_factory=dict)  # closes the connection there, once
    wrong_bytes: dict[str, bytes] = field(default_factory=dict)  # served in place of the content that is listed
    listed_bytes: dict[str, int] = field(default_factory=dict)  # listed in place of the size
    ignores_ranges: bool = False
    is_a_web_page: bool = False  # what a mistyped endpoint finds
    downloads: list[Download] = field(default_factory=list)
    authorizations: set[str | None] = field(default_factory=set)

    def listing(self, repo_id: str, commit: str) -> bytes:
        siblings = [self._sibling(name, content) for name, content in self.repos[repo_id].items()]
        return json.dumps({"id": repo_id, "sha": commit, "siblings": siblings}).encode()

    def _sibling(self, name: str, content: bytes) -> dict[str, object]:
        size_bytes = self.listed_bytes.get(name, len(content))
        blob_id = hashlib.sha1(f"blob {len(content)}\0".encode() + content).hexdigest()
        sibling: dict[str, object] = {"rfilename": name, "size": size_bytes, "blobId": blob_id}
        if name.endswith(LFS_SUFFIXES):
            sibling["lfs"] = {"sha256": hashlib.sha256(content).hexdigest(), "size": size_bytes, "pointerSize": 134}
        return sibling


@contextmanager
def serve_hub(repos: dict[str, Repo]) -> Iterator[HubServer]:
    served = HubServer(repos)

    class Handler(_Handler):
        hub = served

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    hub: HubServer

    def do_GET(self) -> None:
        self.hub.authorizations.add(self.headers["authorization"])
        url = urlsplit(self.path)
        match url.path.split("/")[1:]:
            case _ if self.hub.is_a_web_page:
                self._reply(200, b"<html>welcome</html>")
            case ["api", "models", owner, name, "revision", revision] if url.query == "blobs=true":
                self._list(f"{owner}/{name}", revision)
            case ["cdn", owner, name, *parts]:
                self._send_file(f"{owner}/{name}", "/".join(parts))
            case [owner, name, "resolve", commit, *parts] if parts[-1].endswith(LFS_SUFFIXES):
                location = f"{self.hub.url}/cdn/{owner}/{name}/{'/'.join(parts)}"
                self._reply(302, b"", {"Location": location, "X-Repo-Commit": commit})
            case [owner, name, "resolve", _, *parts]:
                self._send_file(f"{owner}/{name}", "/".join(parts))
            case _:
                self._reply(400, self.path.encode())

    def _list(self, repo_id: str, revision: str) -> None:
        commit = MAIN_COMMIT if revision == "main" else revision
        if repo_id not in self.hub.repos:
            self._reply(404, b"", {"X-Error-Code": "RepoNotFound"})
        elif not re.fullmatch("[0-9a-f]{40}", commit):
            self._reply(404, b"", {"X-Error-Code": "RevisionNotFound"})
        else:
            self._reply(200, self.hub.listing(repo_id, commit))

    def _send_file(self, repo_id: str, name: str) -> None:
        range_ = self.headers["range"]
        self.hub.downloads.append(Download(f"{repo_id}/{name}", range_))
        content = self.hub.wrong_bytes.get(name, self.hub.repos[repo_id][name])
        cut = self.hub.cut_after_bytes.pop(name, None)
        if range_ and not self.hub.ignores_ranges:
            start = int(range_.removeprefix("bytes=").removesuffix("-"))
            headers = {"Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"}
            self._reply(206, content[start:], headers, cut)
        else:
            self._reply(200, content, {"Accept-Ranges": "bytes"}, cut)

    def _reply(
        self, status: int, body: bytes, headers: dict[str, str] | None = None, cut_after_bytes: int | None = None
    ) -> None:
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        with suppress(ConnectionError):  # a killed pull hangs up
            self.wfile.write(body[:cut_after_bytes])  # then we close, whatever length was announced

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: a test looks at `downloads`."""
