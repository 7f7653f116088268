"""What is known of weights, wherever they come from."""

from __future__ import annotations

import json

import pytest

from proteingraph.errors import WeightsError
from proteingraph.pretrain import DenoisingModel
from proteingraph.viz.report import read_card
from proteingraph.viz.report.card import error_per_noise
from proteingraph.zoo import list_models, model_record


def test_the_zoo_has_a_record():
    name = list_models()[0]
    card = read_card(name)
    assert card["name"] == name
    errors = error_per_noise(card)
    assert list(errors) == sorted(errors, reverse=True)
    assert errors == {row.sigma: row.error for row in model_record(name).results.denoising}


def test_a_folder_has_what_training_left(tmp_path):
    metrics = {"validation/mse_0.5": 0.4, "validation/mse_10": 0.1, "validation/mse": 0.3}
    DenoisingModel().save_pretrained(tmp_path, {"steps": 7, "metrics": metrics})
    for source in (tmp_path, str(tmp_path)):
        card = read_card(source)
        assert card["training"]["steps"] == 7
        assert error_per_noise(card) == {10.0: 0.1, 0.5: 0.4}


def test_weights_that_were_not_judged(weights):
    assert error_per_noise(read_card(weights)) == {}
    assert error_per_noise({"training": None, "results": None}) == {}


def test_a_hub_is_not_asked():
    assert read_card("someone/some-model") == {}


def test_unreadable(tmp_path):
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(WeightsError, match=r"config\.json"):
        read_card(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps([1]))
    assert read_card(tmp_path) == {}
