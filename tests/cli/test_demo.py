"""The demo from start to end, on few domains."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from proteingraph.cli import app
from proteingraph.cli import demo as demo_module
from proteingraph.errors import ConfigError


@pytest.fixture
def few_domains(monkeypatch):
    """The first domains of each split instead of all."""
    import proteingraph.datasets as datasets
    from proteingraph.datasets.cath_scop_mini import load_cath_scop_mini

    pack = load_cath_scop_mini()
    split = pack.labels["split"]
    sizes = {"train": 12, "validation": 4, "test": 24}
    rows = np.concatenate([np.flatnonzero(split == s)[:n] for s, n in sizes.items()])
    few = pack.subset(np.sort(rows))
    monkeypatch.setattr(datasets, "load_cath_scop_mini", lambda: few)
    monkeypatch.setattr(datasets.cath_scop_mini, "load_cath_scop_mini", lambda: few)


def test_demo_end_to_end(few_domains, tmp_path):
    output = tmp_path / "demo"
    result = CliRunner().invoke(app, ["demo", "-o", str(output), "--minutes", "0.05"])
    assert result.exit_code == 0, (result.output, result.exception)
    for told in ("predict nothing", "untrained network", "pre-trained network", "next:"):
        assert told in result.output
    for name in ("model.safetensors", "config.json", "training_curve.png", "embedding_map.png"):
        assert (output / name).stat().st_size > 100
    table = pd.read_parquet(output / "embeddings.parquet")
    assert len(table) == 24
    assert np.isfinite(np.stack(table["protein"])).all()
    again = CliRunner().invoke(app, ["demo", "-o", str(output)])
    assert isinstance(again.exception, ConfigError)
    assert "--overwrite" in str(again.exception)
    (output / "notes.txt").write_text("mine\n")
    assert sorted(path.name for path in output.iterdir()) == sorted(
        [*demo_module.WRITTEN, "notes.txt"]
    )
    demo_module._remove(output)
    assert [path.name for path in output.iterdir()] == ["notes.txt"]


def test_a_folder_that_cannot_be_is_told_at_once(tmp_path):
    (tmp_path / "file").write_text("")
    result = CliRunner().invoke(app, ["demo", "-o", str(tmp_path / "file")])
    assert isinstance(result.exception, ConfigError)
    assert "is a file, no folder" in str(result.exception)


def test_settings_are_those_of_a_run():
    from proteingraph.pretrain import load_config

    config = load_config(demo_module.SETTINGS, ["minutes=1"])
    assert config.minutes == 1
    assert demo_module.SETTINGS["steps"] is None  # left as it was
