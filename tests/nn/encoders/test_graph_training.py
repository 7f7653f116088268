"""The graph encoder: training, derivatives, compilation, weights on disk."""

from __future__ import annotations

import copy

import pytest
import torch
from helpers.graph_networks import SMALL, encoder, estimate, head, parts, perturbed, recipe
from safetensors.torch import load_file, save_file
from torch_geometric.data import Batch

from proteingraph.nn import EdgeGradient, GraphEncoder
from proteingraph.testing import random_structure
from proteingraph.transforms import PerturbCoordinates

DTYPES = pytest.mark.parametrize("dtype", [torch.float32, torch.float64])


@DTYPES
def test_an_untrained_network_estimates_nothing(dtype):
    gradient = EdgeGradient(SMALL["pair_channels"]).to(dtype)
    out = estimate(encoder(dtype), gradient, recipe())(perturbed(20, dtype=dtype))
    assert out.shape == (20, 3) and not out.any()


def test_training_learns_and_conditions_on_the_noise():
    model, gradient, graph = encoder(trained=False).train(), EdgeGradient(8).double(), recipe()
    structures = [random_structure(30, seed=n, dtype=torch.float64) for n in (1, 2)]
    native = Batch.from_data_list(structures)
    native.seed = torch.tensor([1, 2])
    data = graph(PerturbCoordinates(sigma=1.0)(native))
    other = data.clone()
    other.sigma = 3 * data.sigma
    optimizer = torch.optim.Adam([*model.parameters(), *gradient.parameters()], 1e-2)
    losses = []
    for _ in range(25):
        out = gradient(model(data).pair, data.edge_index, data.pos, data.sigma[data.batch])
        loss = (data.sigma[data.batch, None] * (out - data.score)).square().mean()
        optimizer.zero_grad()
        loss.backward()
        assert all(p.grad is not None and p.grad.isfinite().all() for p in gradient.parameters())
        optimizer.step()
        losses.append(loss.item())
    assert losses[0] > 0.7 and losses[-1] < 0.8 * losses[0]
    # The layers of a new network are not conditioned; those of a trained one are.
    scale, _ = model.convs[0].film(model.noise(torch.tensor([1.0, 3.0]).double())).chunk(2, -1)
    assert not torch.allclose(scale[0], scale[1])
    assert not torch.allclose(model(data).residue, model(other).residue)


@pytest.mark.parametrize("part", ["film", "resolve", "edge_noise"])
def test_each_way_of_conditioning_matters(part):
    model = encoder()
    data = recipe()(perturbed(20))
    other = data.clone()
    other.sigma = 2 * data.sigma
    keep = {"film", "resolve", "edge_noise"} - {part}
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if any(f"{label}." in name for label in keep):
                parameter.zero_()
    assert not torch.allclose(model(data).pair, model(other).pair)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if f"{part}." in name:
                parameter.zero_()
    assert torch.equal(model(data).pair, model(other).pair)


def test_derivatives_agree_with_finite_differences():
    """Of the whole estimate by the weights, and through attributes by the inputs."""
    model, gradient = encoder(layers=2), head()
    data = recipe()(perturbed(6))
    run = estimate(model, gradient, lambda data: data)
    out = run(data)
    direction = torch.randn(out.shape, generator=torch.Generator().manual_seed(2)).double()
    (out * direction).sum().backward()
    generator = torch.Generator().manual_seed(3)
    parameters = [*model.parameters(), *gradient.parameters()]
    assert all(parameter.grad is not None for parameter in parameters)
    for parameter in parameters:
        step = torch.randn(parameter.shape, generator=generator).double()
        values = []
        for sign in (1, -1):
            with torch.no_grad():
                parameter.add_(sign * 1e-5 * step)
                values.append((run(data) * direction).sum())
                parameter.sub_(sign * 1e-5 * step)
        numeric = (values[0] - values[1]) / 2e-5
        torch.testing.assert_close(
            (parameter.grad * step).sum(), numeric, rtol=1e-5, atol=1e-7 * direction.norm().item()
        )


def compiled_equals_eager(backend, dynamic):
    model = encoder(torch.float32, layers=2, channels=6, pair_channels=4, hidden_channels=5)
    torch.compiler.reset()
    compiled = torch.compile(model.encode, backend=backend, fullgraph=True, dynamic=dynamic)
    for sizes in ((20, 13), (9, 1, 16)):
        data = recipe()(perturbed(*sizes, dtype=torch.float32))
        tensors = (data.x, data.edge_index, data.edge_attr, data.sigma, data.batch)
        gradients = []
        for run in (model.encode, compiled):
            model.zero_grad()
            residue, pair = run(*tensors)
            (residue.square().mean() + (pair**3).mean()).backward()
            gradients.append(((residue, pair), [p.grad.clone() for p in model.parameters()]))
        for ours, theirs in zip(gradients[1][0], gradients[0][0], strict=True):
            torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)
        for ours, theirs in zip(gradients[1][1], gradients[0][1], strict=True):
            torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-5)


def test_it_compiles_as_one_graph_of_any_size():
    compiled_equals_eager("aot_eager", dynamic=True)


@pytest.mark.slow
def test_it_compiles_to_machine_code():
    compiled_equals_eager("inductor", dynamic=True)


def test_weights_to_safetensors_and_back(tmp_path):
    model, data = encoder(torch.float32), recipe()(perturbed(20, dtype=torch.float32))
    save_file(model.state_dict(), tmp_path / "model.safetensors")
    twin = GraphEncoder(**model.config).eval()
    assert not torch.equal(twin(data).pair, model(data).pair)
    assert str(twin.load_state_dict(load_file(tmp_path / "model.safetensors"))) == (
        "<All keys matched successfully>"
    )
    for ours, theirs in zip(parts(twin(data)), parts(model(data)), strict=True):
        assert torch.equal(ours, theirs)


def test_reset_draws_anew_and_unconditioned():
    model = encoder(torch.float32)
    before = copy.deepcopy(model.state_dict())
    torch.manual_seed(9)
    model.reset_parameters()
    after = model.state_dict()
    fixed = {name for name in before if "norm" in name}
    for name, value in before.items():
        assert (name in fixed) == torch.equal(after[name], value), name
    assert not any(conv.film.weight.any() for conv in model.convs)


def test_dropout_in_training_only():
    model, data = encoder(dropout=0.3), recipe()(perturbed(20))
    assert torch.equal(model(data).pair, model(data).pair)
    model.train()
    assert not torch.equal(model(data).pair, model(data).pair)
