"""Packs, structure files and a file server that the tests of data sets share."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest
import torch
from torch_geometric.data import Data

from proteingraph.datasets import ChainPack

TWO_RESIDUES = """\
ATOM      1  N   ALA {c}   1      11.104   6.134  -6.504  1.00 10.00           N
ATOM      2  CA  ALA {c}   1      11.639   6.071  -5.147  1.00 20.00           C
ATOM      3  C   ALA {c}   1      10.542   6.390  -4.137  1.00 10.00           C
ATOM      4  O   ALA {c}   1       9.370   6.121  -4.380  1.00 10.00           O
ATOM      5  N   GLY {c}   2      10.942   6.960  -3.000  1.00 10.00           N
ATOM      6  CA  GLY {c}   2       9.990   7.330  -1.960  1.00 30.00           C
ATOM      7  C   GLY {c}   2      10.660   8.140  -0.860  1.00 10.00           C
ATOM      8  O   GLY {c}   2      11.860   8.400  -0.930  1.00 10.00           O
"""


def make_graph(name: str, lengths: list[int], seed: int = 0, **labels: str) -> Data:
    """Graph with a chain of each length, missing atoms, breaks and insertion codes."""
    rng = np.random.default_rng(seed)
    size = sum(lengths)
    backbone = torch.from_numpy(rng.integers(-5000, 5000, (size, 4, 3)) / 100).float()
    mask = torch.from_numpy(rng.random((size, 4)) < 0.8)
    mask[:, 1] = True
    backbone *= mask[..., None]
    return Data(
        pos=backbone[:, 1].clone(),
        backbone=backbone,
        backbone_mask=mask,
        residue_type=torch.from_numpy(rng.integers(0, 21, size)),
        chain=torch.repeat_interleave(torch.arange(len(lengths)), torch.tensor(lengths)),
        segment=torch.from_numpy(np.cumsum(rng.random(size) < 0.2)),
        position=torch.cat([torch.arange(length) for length in lengths]),
        residue_number=torch.from_numpy(rng.integers(-9, 2000, size)),
        insertion_code=torch.from_numpy(rng.choice([0, 65, 66], size)),
        b_factor=torch.from_numpy(rng.integers(0, 9999, size) / 100).float(),
        name=name,
        chain_id=["A", "bB", "C"][: len(lengths)],
        num_nodes=size,
        **labels,
    )


@pytest.fixture(scope="session")
def assert_same_graph() -> Callable[[Data, Data], None]:
    """Function that asserts that two graphs have the same attributes, types and values."""

    def check(graph: Data, other: Data) -> None:
        assert set(graph.to_dict()) == set(other.to_dict())
        for key, value in graph.to_dict().items():
            if isinstance(value, torch.Tensor):
                assert value.dtype == other[key].dtype, key
                assert torch.equal(value, other[key]), key
            else:
                assert value == other[key], key

    return check


@pytest.fixture
def graphs() -> list[Data]:
    """Three graphs: of two chains, of one, of one residue."""
    return [
        make_graph("1abc", [5, 3], seed=1, fold="a.1"),
        make_graph("2xyz", [6], seed=2, fold="b.40"),
        make_graph("lone", [1], seed=3, fold=""),
    ]


@pytest.fixture
def pack(graphs: list[Data]) -> ChainPack:
    """The three graphs packed."""
    return ChainPack.from_data(graphs)


@pytest.fixture
def plain_pack() -> ChainPack:
    """Chains of 10, 4 and 7 residues whose CA lie on a line, 3.8 Å apart."""
    starts = np.array([0, 10, 14, 21])
    coordinates = np.zeros((21, 1, 3), np.float32)
    coordinates[:, 0, 0] = 3.8 * np.arange(21)
    return ChainPack(
        coordinates=coordinates,
        residue_type=(np.arange(21) % 21).astype(np.int8),
        starts=starts,
        names=np.array(["a", "b", "c"]),
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two good files, in a folder and below it; one broken; one that is no structure."""
    root = tmp_path / "structures"
    (root / "deeper").mkdir(parents=True)
    both = TWO_RESIDUES.format(c="A") + "TER\n" + TWO_RESIDUES.format(c="B") + "TER\nEND\n"
    (root / "two.pdb").write_text(both)
    (root / "deeper" / "one.ent").write_text(TWO_RESIDUES.format(c="X") + "END\n")
    (root / "broken.pdb").write_text(TWO_RESIDUES.format(c="A")[:40])
    (root / "notes.txt").write_text("not a structure")
    return root


class FileServer(ThreadingHTTPServer):
    """Server of the files in a folder, on this machine, whose faults can be chosen.

    Attributes:
        url: its address.
        asked: paths asked for, each with the range asked for or None.
        sent: bytes of files sent in all.
        cut: numbers of bytes after which the next answers for a path break off.
        status: statuses of the next answers for a path.
        headers: more headers to send.
        ranges: whether it sends parts of files.
        tags: whether it tells versions of files.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), FileHandler)
        self.folder = folder
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.asked: list[tuple[str, str | None]] = []
        self.sent = 0
        self.cut: dict[str, list[int]] = {}
        self.status: dict[str, list[int]] = {}
        self.headers: dict[str, str] = {}
        self.ranges = self.tags = True


class FileHandler(BaseHTTPRequestHandler):
    """Answers of a `FileServer`."""

    server: FileServer

    def do_GET(self) -> None:
        path, asked = unquote(self.path).lstrip("/"), self.headers.get("Range")
        self.server.asked.append((path, asked))
        file = self.server.folder / path
        if status := self.server.status.get(path):
            self.send_error(status.pop(0))
        elif not file.is_file():
            self.send_error(404)
        else:
            self.send(path, file.read_bytes(), asked)

    def send(self, path: str, content: bytes, asked: str | None) -> None:
        tag = f'"{hashlib.md5(content).hexdigest()}"'
        start = 0
        if asked and self.server.ranges and self.headers.get("If-Range", tag) == tag:
            start = int(asked.removeprefix("bytes=").removesuffix("-"))
        self.send_response(416 if start >= len(content) > 0 else 206 if start else 200)
        if start:
            told = "*" if start >= len(content) else f"{start}-{len(content) - 1}"
            self.send_header("Content-Range", f"bytes {told}/{len(content)}")
        if self.server.tags:
            self.send_header("ETag", tag)
        self.send_header("Content-Length", str(len(content[start:])))
        for header, value in self.server.headers.items():
            self.send_header(header, value)
        self.end_headers()
        cut = self.server.cut.get(path)
        part = content[start:][: cut.pop(0)] if cut else content[start:]
        self.wfile.write(part)
        self.server.sent += len(part)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Path], FileServer]]:
    """Function that serves a folder until the test ends."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    servers: list[FileServer] = []

    def start(folder: Path) -> FileServer:
        server = FileServer(folder)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()
