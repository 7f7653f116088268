"""A server that speaks enough of a hub's protocol for real downloads and uploads."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import unquote, urlsplit

Files = dict[str, bytes]

TOKEN = "hf_secret"


class HubServer(ThreadingHTTPServer):
    """A hub on this machine.

    Attributes:
        url: Its address.
        repositories: By name, commits from the first to the last, each with its files.
        asked: Method and path of each request.
        faults: Statuses to answer the next requests with, whatever is asked.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), HubHandler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.repositories: dict[str, dict[str, Files]] = {}
        self.asked: list[tuple[str, str]] = []
        self.faults: list[int] = []

    def commit(self, repo_id: str, files: Files) -> str:
        """Put files into a repository, beside those that are there; give the commit."""
        commits = self.repositories.setdefault(repo_id, {})
        last = next(reversed(commits.values())) if commits else {}
        sha = hashlib.sha1(f"{repo_id} {len(commits)}".encode()).hexdigest()
        commits[sha] = {**last, **files}
        return sha

    def put_folder(self, repo_id: str, folder: Path) -> str:
        """Put the files of a folder into a repository."""
        return self.commit(repo_id, {path.name: path.read_bytes() for path in folder.iterdir()})


@contextmanager
def hub_server() -> Iterator[HubServer]:
    """Run a hub until the end of the block."""
    with HubServer() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


class HubHandler(BaseHTTPRequestHandler):
    """Answers of a `HubServer`."""

    server: HubServer
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._give()

    def do_GET(self) -> None:
        self._give()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self._noted():
            return
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self._refuse(401, "", "Invalid username or password.")
            return
        path = urlsplit(self.path).path
        if path == "/api/validate-yaml":
            self._answer({"errors": [], "warnings": []})
        elif path == "/api/repos/create":
            asked = json.loads(body)
            name = f"{asked['organization']}/{asked['name']}"
            self.server.repositories.setdefault(name, {})
            self._answer({"url": f"{self.server.url}/{name}", "name": name})
        elif "/preupload/" in path:
            files = [
                {"path": file["path"], "uploadMode": "regular", "shouldIgnore": False}
                for file in json.loads(body)["files"]
            ]
            self._answer({"files": files})
        else:
            self._take_commit(path.removeprefix("/api/models/").partition("/commit/")[0], body)

    def _take_commit(self, name: str, body: bytes) -> None:
        lines = [json.loads(line) for line in body.splitlines()]
        files = [line["value"] for line in lines if line["key"] == "file"]
        content = {file["path"]: base64.b64decode(file["content"]) for file in files}
        sha = self.server.commit(name, content)
        url = f"{self.server.url}/{name}/commit/{sha}"
        self._answer({"success": True, "commitOid": sha, "commitUrl": url})

    def _give(self) -> None:
        """Answer for a file, or for what there is of a repository."""
        if self._noted():
            return
        path = unquote(urlsplit(self.path).path).strip("/")
        if path.startswith("api/models/"):
            name, _, rest = path.removeprefix("api/models/").partition("/revision/")
            revision, file = rest or "main", None
        else:
            name, _, rest = path.partition("/resolve/")
            revision, _, file = rest.partition("/")
        commits = self.server.repositories.get(name)
        if commits is None:
            self._refuse(404, "RepoNotFound", "Repository not found")
            return
        sha = next(reversed(commits), None) if revision == "main" else revision
        if file is None:
            self._answer({"id": name, "modelId": name, "sha": sha, "siblings": []})
        elif sha not in commits:
            self._refuse(404, "RevisionNotFound", "Invalid rev id")
        elif file not in commits[sha]:
            self._refuse(404, "EntryNotFound", "Entry not found", sha)
        else:
            content = commits[sha][file]
            tag = f'"{hashlib.sha256(content).hexdigest()}"'
            self._send(200, content, {"X-Repo-Commit": sha, "ETag": tag})

    def _noted(self) -> bool:
        """Note a request; whether it has been answered by a fault."""
        self.server.asked.append((self.command, self.path))
        if not self.server.faults:
            return False
        self._refuse(self.server.faults.pop(0), "", "out of order")
        return True

    def _answer(self, value: Any) -> None:
        self._send(200, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def _refuse(self, status: int, code: str, message: str, commit: str = "") -> None:
        headers = {"X-Error-Code": code, "X-Error-Message": message, "X-Repo-Commit": commit}
        self._send(status, b"{}", {name: value for name, value in headers.items() if value})

    def _send(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass
