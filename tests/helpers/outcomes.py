"""What commands leave, to be compared with what they leave undisturbed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

OUTPUTS = {"pretrain": "run", "finetune": "task", "data build": "store", "embed": "out.parquet"}
DONE = {"pretrain": 0, "finetune": 0, "data build": 1, "embed": 1}
"""Exit codes of what is done: one of the sources of stores and embeddings is bad."""


def contents(place: Path) -> dict[str, bytes]:
    """Every byte of the files under a place, but for times, and logs and checkpoints of them."""
    files = [place] if place.is_file() else [path for path in place.rglob("*") if path.is_file()]
    found = {}
    for path in files:
        if path.suffix == ".json":
            found[path.name] = json.dumps(_timeless(json.loads(path.read_text()))).encode()
        elif path.suffix != ".ckpt" and path.parent.parent.name != "log":
            found[path.name] = path.read_bytes()
    return found


def _timeless(record: Any) -> Any:
    if not isinstance(record, dict):
        return record
    return {name: _timeless(value) for name, value in record.items() if name != "seconds"}


def partials(place: Path) -> list[Path]:
    """Temporary files beside and under a place."""
    return [path for path in place.parent.rglob("*.partial") if path.is_file()]


def is_whole(name: str, output: Path) -> bool:
    """Whether what has its final name can be read, which it can if it is there at all."""
    if name == "embed":
        return not output.exists() or len(pd.read_parquet(output)) > 0
    if name == "data build":
        finished = (output / "meta.json").exists()
        return not finished or len(pd.read_parquet(output / "index.parquet")) > 0
    for path in output.glob("*.json"):
        json.loads(path.read_text())
    for path in output.glob("*.parquet"):
        pd.read_parquet(path)
    return True


def is_kept(output: Path) -> bool:
    """Whether there is something to go on from."""
    build = output / "build.json"
    if build.exists():
        return '"done": 0' not in build.read_text()
    return any(any(output.parent.rglob(f"*{ending}")) for ending in (".ckpt", ".npz"))
