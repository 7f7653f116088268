"""Tests of runs whose encoder is compiled."""

from __future__ import annotations

import pytest
import torch

from proteingraph.errors import ConfigError
from proteingraph.pretrain.run import pretrain


@pytest.mark.slow
def test_a_compiled_network_learns_the_same(tmp_path, corpus, held_out, small_config) -> None:
    states = []
    for value in ("false", "true"):
        config = small_config("steps=4", f"hardware.compile={value}", "hardware.matmul=high")
        module = pretrain(corpus, held_out, tmp_path / value, config, progress=False)
        assert "encode" not in vars(module.model.encoder)  # as it was
        assert torch.get_float32_matmul_precision() == "highest"
        states.append(module.model.state_dict())
    plain, compiled = states
    for name, value in plain.items():
        torch.testing.assert_close(compiled[name], value, atol=1e-4, rtol=1e-3, msg=name)


def test_what_cannot_be_compiled_is_refused(tmp_path, corpus, held_out, small_config) -> None:
    config = small_config("hardware.compile=true", architecture="cond_resnet")
    with pytest.raises(ConfigError, match=r"hardware\.compile: cond_resnet cannot be compiled"):
        pretrain(corpus, held_out, tmp_path / "run", config, progress=False)
