"""The notebooks run from top to bottom in a kernel of their own, and are kept without outputs."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parents[2] / "examples" / "notebooks").glob("*.ipynb"))
SLOW = {"pretrain_finetune_report"}  # trains twice
SHOWN = {
    "embed_and_look": ("(129, 192)", "predicted lDDT 0."),
    "search_folder": ("1aki_A", "47 entries"),
    "pretrain_finetune_report": ("probability of a helix", "'score'"),
}
PICTURES = {"embed_and_look": 3, "search_folder": 1, "pretrain_finetune_report": 1}


def params():
    for path in NOTEBOOKS:
        marks = [pytest.mark.slow] if path.stem in SLOW else []
        yield pytest.param(path, id=path.stem, marks=marks)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_is_kept_without_outputs(path):
    notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert notebook.cells[0].source.startswith("# ") and code
    assert all(not cell.outputs and cell.execution_count is None for cell in code)
    assert notebook.metadata.kernelspec.name == "python3"


@pytest.mark.parametrize("path", params())
def test_notebook_runs(path):
    notebook = nbformat.read(path, as_version=4)
    resources = {"metadata": {"path": str(path.parent)}}
    NotebookClient(notebook, timeout=300, kernel_name="python3", resources=resources).execute()
    outputs = [one for cell in notebook.cells for one in cell.get("outputs", [])]
    kinds = [one.get("data", {}) for one in outputs]
    said = "".join(one.get("text", "") for one in outputs) + "".join(
        str(data.get("text/html", data.get("text/plain", ""))) for data in kinds
    )
    assert all(word in said for word in SHOWN[path.stem])
    assert sum("image/png" in data for data in kinds) == PICTURES[path.stem]
