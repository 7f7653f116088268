"""Tests of settings from YAML, dictionaries and overrides."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from proteingraph.errors import ConfigError
from proteingraph.pretrain import PretrainConfig, load_config
from proteingraph.pretrain.config import flat_settings


def test_defaults() -> None:
    config = load_config()
    assert config == PretrainConfig()
    assert (config.steps, config.minutes, config.model.architecture) == (2000, None, "graph")
    assert (config.noise.largest, config.noise.smallest, config.noise.levels) == (10.0, 0.05, 61)


def test_yaml_round_trip(tmp_path: Path) -> None:
    config = load_config(None, ["steps=7", "model.graph.k=12", "data.validation_sigmas=[1.0, 2]"])
    path = tmp_path / "run.yaml"
    path.write_text(yaml.safe_dump(config.to_dict()))
    assert load_config(path) == config
    assert load_config(str(path), ["steps=8"]).steps == 8


def test_an_empty_file_gives_the_defaults(tmp_path: Path) -> None:
    (tmp_path / "run.yaml").write_text("# nothing set\n")
    assert load_config(tmp_path / "run.yaml") == PretrainConfig()


def test_overrides_win_and_the_last_one_most() -> None:
    source = {"steps": 5, "optimizer": {"learning_rate": 0.5, "clip_norm": 2.0}}
    overrides = ["optimizer.learning_rate=1e-3", "steps=6", "steps=7", "minutes=null"]
    config = load_config(source, overrides)
    assert (config.optimizer.learning_rate, config.optimizer.clip_norm) == (1e-3, 2.0)
    assert (config.steps, config.minutes) == (7, None)


def test_the_source_is_not_changed() -> None:
    source: dict[str, Any] = {"optimizer": {"clip_norm": 2.0}}
    load_config(source, ["optimizer.clip_norm=3", "steps=1"])
    assert source == {"optimizer": {"clip_norm": 2.0}}


@pytest.mark.parametrize(
    ("override", "name"),
    [
        ("stepz=3", "stepz"),
        ("optimizer.momentum=3", "optimizer.momentum"),
        ("model.depth=3", "model.depth"),
        ("steps=many", "steps"),
        ("steps=2.5", "steps"),
        ("steps=0", "steps"),
        ("minutes=-1", "minutes"),
        ("minutes=.inf", "minutes"),
        ("seed=null", "seed"),
        ("seed=-1", "seed"),
        ("validate_every=-1", "validate_every"),
        ("checkpoint_every=0", "checkpoint_every"),
        ("model=3", "model"),
        ("model.architecture=unet", "model.architecture"),
        ("model.graph=[1]", "model.graph"),
        ("model.embedding_sigma=0", "model.embedding_sigma"),
        ("noise.largest=0.01", "noise"),
        ("noise.levels=1", "noise"),
        ("joint.weight=-0.1", "joint.weight"),
        ("joint.mask_rate=0", "joint.mask_rate"),
        ("joint.mask_rate=1.1", "joint.mask_rate"),
        ("data.crop=0", "data.crop"),
        ("data.validation_sigmas=[]", "data.validation_sigmas"),
        ("data.validation_sigmas=[0.5, -1]", "data.validation_sigmas.1"),
        ("optimizer.learning_rate=.nan", "optimizer.learning_rate"),
        ("optimizer.final_learning_rate=2", "optimizer.final_learning_rate"),
        ("optimizer.clip_norm=0", "optimizer.clip_norm"),
    ],
)
def test_bad_settings_are_named(override: str, name: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(None, [override])
    assert f"settings: {name}: " in str(caught.value)


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(ConfigError, match=r"steps: .*; data\.crop: "):
        load_config({"steps": "a", "data": {"crop": "b"}})


def test_a_run_needs_an_end() -> None:
    with pytest.raises(ConfigError, match="give a number of steps, of minutes, or both"):
        load_config(None, ["steps=null"])
    assert load_config(None, ["steps=null", "minutes=2"]).minutes == 2.0


@pytest.mark.parametrize("override", ["steps", "=3", ""])
def test_overrides_of_no_form(override: str) -> None:
    with pytest.raises(ConfigError, match="is not of the form name=value"):
        load_config(None, [override])


def test_override_of_no_yaml() -> None:
    with pytest.raises(ConfigError, match="the value is no YAML"):
        load_config(None, ["steps=[1"])


def test_override_below_a_value() -> None:
    with pytest.raises(ConfigError, match="steps holds a value, not a group"):
        load_config({"steps": 3}, ["steps.more=1"])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"steps: [1", "no plain YAML"),
        (b"\xff\xfe\x00", "no plain YAML"),
        (b"- steps\n- 3\n", "expected names with values, found list"),
        (b"steps", "expected names with values, found str"),
        (b"1: 2\n", "1: Keys should be strings"),
        (b"stepz: 2\n", "stepz"),
    ],
)
def test_bad_files_are_named(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "run.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=message) as caught:
        load_config(path)
    assert str(path) in str(caught.value)


def test_missing_files(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        load_config(tmp_path / "run.yaml")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(tmp_path)


def test_yaml_never_makes_objects(tmp_path: Path) -> None:
    hit = tmp_path / "hit"
    attack = (
        f"!!python/object/apply:pathlib.Path.touch [!!python/object/apply:pathlib.Path [{hit}]]"
    )
    (tmp_path / "run.yaml").write_text(f"steps: {attack}\n")
    with pytest.raises(ConfigError, match="no plain YAML"):
        load_config(tmp_path / "run.yaml")
    with pytest.raises(ConfigError, match="the value is no YAML"):
        load_config(None, [f"steps={attack}"])
    assert not hit.exists()


def test_settings_by_full_name() -> None:
    flat = flat_settings({"a": 1, "b": {"c": {"d": [2]}, "e": {}}})
    assert flat == {"a": 1, "b.c.d": [2], "b.e": {}}


@pytest.mark.parametrize(
    "text",
    [
        "steps: 2023-99-99",
        "[" * 3000,
        "model: &m\n  graph: *m",
        "!!python/object/apply:os.abort []",
    ],
)
def test_hostile_yaml_is_refused_in_one_line(text: str, tmp_path: Path) -> None:
    (tmp_path / "run.yaml").write_text(text)
    with pytest.raises(ConfigError, match=r"run\.yaml: no plain YAML: .+$"):
        load_config(tmp_path / "run.yaml")
    with pytest.raises(ConfigError, match=r"the value is no YAML: .+$"):
        load_config(None, [f"minutes={text}"])


@pytest.mark.parametrize("value", ["1e-30", "1e300", "0", "-1", ".nan"])
@pytest.mark.parametrize(
    "name", ["noise.largest", "noise.smallest", "model.embedding_sigma", "data.validation_sigmas"]
)
def test_noise_beyond_single_precision_is_refused(name: str, value: str) -> None:
    value = f"[{value}]" if name.endswith("s") else value
    with pytest.raises(ConfigError, match=name):
        load_config(None, [f"{name}={value}"])
