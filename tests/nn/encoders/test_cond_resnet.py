"""The dense network: its size, order of operations, noise levels, gradient and training."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from helpers.dense_networks import batch_of, count, perturbed, trained
from safetensors.torch import load_file, save_file
from torch import nn
from torch_geometric.data import Data

from proteingraph.errors import MissingAttributeError
from proteingraph.nn.dense_gradient import dense_gradient
from proteingraph.nn.encoders.cond_resnet import CondResNet
from proteingraph.nn.encoders.dense_features import dense_features, residue_channels
from proteingraph.testing import random_structure


def test_parameters_are_those_of_the_paper():
    model = CondResNet()
    assert count(model) == 611_393
    assert count(model.conv_in) == 149 * 64 * 9 + 64 == 85_888
    assert count(model.norm_out) == 2 * 61 * 64 == 7_808
    assert count(model.conv_out) == 64 * 9 + 1 == 577
    assert len(model.blocks) == 32
    for block in model.blocks:
        parts = ("norm1", "conv1", "norm2", "conv2", "norm3", "conv3")
        assert [count(getattr(block, part)) for part in parts] == [
            7_808,
            1_040,
            1_952,
            2_320,
            1_952,
            1_088,
        ]
    assert [block.conv2.dilation[0] for block in model.blocks] == [1, 3, 5, 9] * 8


def test_initial_parameters():
    torch.manual_seed(0)
    model = CondResNet()
    weights = torch.cat([m.weight.flatten() for m in model.modules() if isinstance(m, nn.Conv2d)])
    assert abs(weights.mean()) < 1e-5 and abs(weights.std() - 1e-3) < 1e-5
    assert not any(m.bias.any() for m in model.modules() if isinstance(m, nn.Conv2d))


def test_reset_parameters():
    model = trained()
    assert model.norm_out.running_mean.any() and model.blocks[0].conv2.weight.std() > 0.01
    torch.manual_seed(5)
    model.reset_parameters()
    first = {name: value.clone() for name, value in model.state_dict().items()}
    assert not model.norm_out.running_mean.any() and model.blocks[0].conv2.weight.std() < 0.01
    model.reset_parameters()
    assert not torch.equal(model.conv_in.weight, first["conv_in.weight"])
    torch.manual_seed(5)
    model.reset_parameters()
    for name, value in model.state_dict().items():
        assert torch.equal(value, first[name])


def test_repr():
    assert str(CondResNet(blocks=2)) == (
        "CondResNet(channels=64, bottleneck=16, blocks=2, dilations=(1, 3, 5, 9), num_levels=61)"
    )


def test_config_rebuilds_the_network():
    model = trained(num_levels=7)
    again = CondResNet(**model.config)
    assert str(again) == str(model) and count(again) == count(model)


def test_embeddings_are_means_of_the_map():
    model, batch = trained(), batch_of(9, 5)
    out = model(batch)
    assert out.residue.shape == (14, 12) and out.protein.shape == (2, 12)
    assert out.pair.shape == (81 + 25, 12) and out.edge_index.shape == (2, 81 + 25)
    source, target = out.edge_index
    assert (target.diff() >= 0).all()
    assert torch.equal(batch.batch[source], batch.batch[target])
    first = out.pair[target == 3]
    torch.testing.assert_close(out.residue[3], first.mean(dim=0))
    torch.testing.assert_close(out.protein[1], out.pair[81:].mean(dim=0))
    torch.testing.assert_close(out.protein[0], out.residue[:9].mean(dim=0))


def test_pair_embedding_is_what_the_last_convolution_sees():
    model, data = trained(), random_structure(8, seed=1)
    maps = model(data).pair.view(8, 8, 12).permute(2, 0, 1)[None]
    residues = residue_channels(data.residue_type, data.position, torch.float32)[None]
    features = dense_features(data.pos[None], data.pos[None], residues, residues)
    embedding, scalars = model.forward_map(features, torch.tensor([60]))
    torch.testing.assert_close(maps, embedding)
    torch.testing.assert_close(model.conv_out(maps)[:, 0], scalars)


def test_order_of_operations():
    # Written out with torch's functions: norm, ELU, convolution, three times; then the sum.
    model, level = trained(torch.float64, blocks=2), 7
    torch.manual_seed(0)
    features = torch.randn(1, 149, 11, 13, dtype=torch.float64)

    def activated(norm, x):
        mean, var = norm.running_mean, norm.running_var
        return F.elu(F.batch_norm(x, mean, var, norm.gamma[level], norm.beta[level]))

    def convolved(conv, x, dilation=1):
        padding = dilation * (conv.weight.size(-1) // 2)
        return F.conv2d(x, conv.weight, conv.bias, padding=padding, dilation=dilation)

    x = convolved(model.conv_in, features)
    for block, dilation in zip(model.blocks, (1, 3), strict=True):
        hidden = convolved(block.conv1, activated(block.norm1, x))
        hidden = convolved(block.conv2, activated(block.norm2, hidden), dilation)
        x = x + convolved(block.conv3, activated(block.norm3, hidden))
    expected = activated(model.norm_out, x)
    embedding, scalars = model.forward_map(features, torch.tensor([level]))
    torch.testing.assert_close(embedding, expected)
    torch.testing.assert_close(scalars, convolved(model.conv_out, expected)[:, 0])


def test_noise_level_matters():
    model, data = trained(), random_structure(15, seed=1)
    small, large = model(data, sigma=0.01), model(data, sigma=10.0)
    assert (small.pair - large.pair).abs().max() > 0.1
    assert torch.equal(model(data).pair, small.pair)
    # 0.0105 Å is nearer to the last level (0.01 Å) than to the one before (0.0112 Å).
    assert torch.equal(model(data, sigma=0.0105).pair, small.pair)
    assert not torch.equal(model(data, sigma=0.0112).pair, small.pair)
    assert torch.equal(model(data, sigma=torch.tensor([10.0])).pair, large.pair)
    data.noise_level = torch.tensor([0])
    assert torch.equal(model(data).pair, large.pair)
    del data.noise_level
    data.sigma = torch.tensor([10.0])
    assert torch.equal(model(data).pair, large.pair)


def test_untrained_network_already_tells_noise_levels_apart():
    torch.manual_seed(0)
    model = CondResNet(blocks=2).eval()
    data = random_structure(10, seed=1)
    assert not torch.equal(model(data, sigma=0.01).pair, model(data, sigma=10.0).pair)


def test_score_by_hand():
    model = trained(torch.float64)
    nn.init.zeros_(model.conv_out.weight)
    nn.init.constant_(model.conv_out.bias, 0.25)
    pos = torch.tensor([[0.0, 0.0, 0.0], [4.0, 0.0, 0.0], [0.0, 2.0, 2.0]], dtype=torch.float64)
    types = torch.tensor([0, 20, 3])
    data = Data(pos=pos, residue_type=types, position=torch.tensor([0, 1, 2]))
    # 2 / 0.5 x 0.25 = 1 times the sum of the differences from the others.
    expected = [[-4.0, -2.0, -2.0], [8.0, -2.0, -2.0], [-4.0, 4.0, 4.0]]
    found = model.score(data, sigma=0.5)
    torch.testing.assert_close(found, torch.tensor(expected, dtype=torch.float64))


def test_score_averages_rows_and_columns():
    model, data = trained(), perturbed(6)
    residues = residue_channels(data.residue_type, data.position, torch.float32)[None]
    pos = data.pos[None]
    features = dense_features(pos, pos, residues, residues)
    level = model.schedule.nearest_level(data.sigma)
    scalars = model.forward_map(features, level)[1]
    assert not torch.allclose(scalars, scalars.mT)
    rows, columns = dense_gradient(scalars, pos, pos, data.sigma)
    torch.testing.assert_close(model.score(data), ((rows + columns) / 2)[0])
    torch.testing.assert_close(model.score(data).sum(dim=0), torch.zeros(3), atol=1e-2, rtol=0)


def test_maps_off_the_diagonal():
    # As the paper trains: rows and columns are two stretches of one protein.
    model, data = trained(), random_structure(60, seed=2)
    residues = residue_channels(data.residue_type, data.position, torch.float32)[None]
    rows, columns = slice(3, 34), slice(20, 51)
    pos = data.pos[None]
    features = dense_features(
        pos[:, rows], pos[:, columns], residues[:, rows], residues[:, columns]
    )
    embedding, scalars = model.forward_map(features, torch.tensor([10]))
    assert embedding.shape == (1, 12, 31, 31) and scalars.shape == (1, 31, 31)
    flipped = dense_features(pos[:, columns], pos[:, rows], residues[:, columns], residues[:, rows])
    assert torch.equal(features[:, 88:], flipped[:, 88:].mT)
    assert torch.equal(features[:, :44], flipped[:, 44:88].mT)


@pytest.mark.parametrize("sizes", [(8, 8), (8, 5)])
def test_backward(sizes):
    model, batch = trained().train(), perturbed(*sizes)
    batch.pos.requires_grad_()
    residual = batch.sigma[batch.batch][:, None] * (model.score(batch) - batch.score)
    residual.square().mean().backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None and parameter.grad.isfinite().all(), name
        assert parameter.grad.any(), name
    assert batch.pos.grad.isfinite().all()
    used = model.schedule.nearest_level(batch.sigma).tolist()
    other = [level for level in range(61) if level not in used]
    assert not model.norm_out.gamma.grad[other].any()
    assert model.norm_out.gamma.grad[used].any(dim=1).all()


def test_training_reduces_the_loss():
    torch.manual_seed(0)
    model = CondResNet(channels=16, bottleneck=8, blocks=4)
    batch = perturbed(16, 12)
    batch.sigma = torch.ones(2)
    torch.manual_seed(2)
    noise = torch.randn(batch.pos.shape)
    batch.pos = batch_of(16, 12).pos + noise
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    losses = []
    for _ in range(40):
        loss = (model.score(batch) + noise).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.9 * noise.square().mean()
    assert losses[-1] < losses[0]


def test_evaluation_is_deterministic_and_leaves_the_network_alone():
    model, batch = trained(), perturbed(10, 6)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    first, second = model(batch), model(batch)
    assert torch.equal(first.pair, second.pair)
    assert torch.equal(model.score(batch), model.score(batch))
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name])


def test_safetensors_round_trip(tmp_path):
    model, batch = trained(), perturbed(10, 6)
    save_file(model.state_dict(), tmp_path / "weights.safetensors")
    again = CondResNet(**model.config).eval()
    assert not torch.equal(again.score(batch), model.score(batch))
    again.load_state_dict(load_file(tmp_path / "weights.safetensors"))
    assert torch.equal(again.score(batch), model.score(batch))
    assert torch.equal(again(batch).pair, model(batch).pair)


def test_unknown_residues_and_ca_only():
    model = trained()
    data = random_structure(10, seed=1, backbone=False)
    data.residue_type[4] = 20
    unknown = model(data).pair
    data.residue_type[4] = 21
    assert torch.equal(model(data).pair, unknown)
    data.residue_type[4] = 5
    assert not torch.equal(model(data).pair, unknown)


@pytest.mark.parametrize("name", ["pos", "residue_type", "position"])
def test_missing_attribute(name):
    data = random_structure(4)
    del data[name]
    with pytest.raises(MissingAttributeError, match=f"needs the graph attribute `{name}`"):
        trained()(data)


def test_score_needs_the_noise():
    with pytest.raises(MissingAttributeError, match="PerturbCoordinates"):
        trained().score(random_structure(4))


def test_no_residues():
    data = Data(
        pos=torch.zeros(0, 3),
        residue_type=torch.zeros(0, dtype=torch.long),
        position=torch.zeros(0, dtype=torch.long),
    )
    out = trained()(data)
    assert out.residue.shape == (0, 12) and out.pair.shape == (0, 12)
    assert out.protein.tolist() == [[0.0] * 12]
    assert trained().score(data, sigma=1.0).shape == (0, 3)
