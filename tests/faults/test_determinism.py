"""The same twice gives the same, bit for bit, on one machine and with one number of threads."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from helpers.commands import Command
from helpers.outcomes import contents

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="takes processes that are forked")

# Wide enough for torch to share its work among threads.
PRETRAINING = ("--steps=4", "--set=model.encoder.channels=128", "--set=data.residues=1000",
               "--set=data.crop=128", "--set=validate_every=0")  # fmt: skip


def twice(command: Command, tmp_path, output: str, code: int) -> list[dict[str, bytes]]:
    """What a command leaves, both times."""
    left = []
    for place in ("one", "two"):
        (tmp_path / place).mkdir()
        path = tmp_path / place / output
        again = replace(command, arguments=[*command.arguments, "-o", str(path)])
        assert again.run() == code, again.said
        left.append(contents(path))
    return left


@pytest.mark.parametrize("threads", [pytest.param(1, marks=pytest.mark.slow), 2])
def test_pretraining(threads, make, tmp_path):
    command = make("pretrain", tmp_path, *PRETRAINING, threads=threads)
    one, two = twice(command, tmp_path, "run", 0)
    assert one == two and "model.safetensors" in one


@pytest.mark.slow
@pytest.mark.parametrize("threads", [1, 2])
def test_fine_tuning(threads, make, tmp_path):
    command = make("finetune", tmp_path, "--set=training.steps=12", threads=threads)
    one, two = twice(command, tmp_path, "task", 0)
    assert one == two and "predictions.parquet" in one


@pytest.mark.parametrize("threads", [pytest.param(1, marks=pytest.mark.slow), 2])
def test_embedding(threads, server, inputs, tmp_path):
    files = [str(inputs / "sources" / name) for name in ("1aki.cif", "5zng.cif.gz", "3o5r.pdb.gz")]
    line = ["embed", *files, "--level=residue", "--level=pair", "--no-progress"]
    command = Command(line, tmp_path / "said.txt", threads=threads)
    one, two = twice(command, tmp_path, "out.parquet", 0)
    assert one == two
