"""Features of a language model: a small, untrained one of ESM-2's kind."""

from __future__ import annotations

import sys

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch.utils.data.datapipes.iter import IterableWrapper
from torch_geometric.data import Batch
from torch_geometric.transforms import Compose

from proteingraph.errors import ConfigError, MissingAttributeError, WeightsError
from proteingraph.io.alphabet import decode_sequence
from proteingraph.nn import EdgeGradient, GraphEncoder
from proteingraph.testing import permute_residues, random_permutation, random_structure
from proteingraph.transforms import (
    ContiguousCrop,
    LanguageModelFeatures,
    MaskResidueTypes,
    NodeAttribute,
    PerturbCoordinates,
    ResidueGraph,
)

transformers = pytest.importorskip("transformers")

# The vocabulary of ESM-2, in its order.
VOCABULARY = [
    *("<cls>", "<pad>", "<eos>", "<unk>"),
    *"LAGVSERTIDPKQNFYMHWCXBUZO.-",
    *("<null_1>", "<mask>"),
]


def small_model(**settings):
    torch.manual_seed(0)
    config = transformers.EsmConfig(
        vocab_size=len(VOCABULARY),
        hidden_size=24,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        pad_token_id=1,
        mask_token_id=32,
        token_dropout=True,
        **{"position_embedding_type": "rotary", "max_position_embeddings": 1026, **settings},
    )
    model = transformers.EsmModel(config, add_pooling_layer=False)
    # So that tokens and places matter more than they do as drawn.
    for parameter in model.parameters():
        if parameter.dim() > 1:
            torch.nn.init.normal_(parameter, std=0.3)
    return model


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    path = tmp_path_factory.mktemp("esm") / "vocab.txt"
    path.write_text("\n".join(VOCABULARY))
    return transformers.EsmTokenizer(str(path))


@pytest.fixture(scope="module")
def model():
    return small_model()


@pytest.fixture
def features(model, tokenizer):
    return LanguageModelFeatures(model, tokenizer, batch_size=3)


@pytest.fixture
def read(model, tokenizer):
    """Function that lets the model read a sequence by itself, special tokens cut off."""

    def read(sequence):
        with torch.no_grad():
            out = model(**tokenizer(sequence, return_tensors="pt"))
        return out.last_hidden_state[0, 1:-1]

    return read


def sequence_of(data):
    return decode_sequence(data.residue_type.numpy())


def assert_close(ours, theirs):
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)


def test_text_and_size(features, model):
    expected = "(EsmModel, channels=24, window=1022, overlap=255, attr='x')"
    assert str(features) == "LanguageModelFeatures" + expected
    assert features.channels == 24 and not model.training


def test_they_are_the_last_hidden_state_without_special_tokens(features, tokenizer, read):
    data = random_structure(37, seed=1)
    out = features(data)
    assert "x" not in data
    assert out.x.shape == (37, 24) and not out.x.requires_grad
    assert_close(out.x, read(sequence_of(data)))
    assert out.x.std(dim=0).min() > 0.01
    (piped,) = IterableWrapper([data]).language_model_features(features.model, tokenizer)
    assert torch.equal(piped.x, out.x)


def test_they_are_appended_with_the_type_of_the_coordinates(features):
    data = random_structure(12, dtype=torch.float64)
    plain = features(data).x
    data.x = torch.ones(12, 2, dtype=torch.float64)
    out = features(data).x
    assert out.shape == (12, 26) and out.dtype == torch.float64
    assert torch.equal(out[:, 2:], plain) and (out[:, :2] == 1).all()


def test_chains_are_read_apart_and_gaps_do_not_matter(features, read):
    data = random_structure(40, seed=2, chains=2, gaps=1)
    out = features(data).x
    sequence = sequence_of(data)
    assert_close(out[:20], read(sequence[:20]))
    assert_close(out[20:], read(sequence[20:]))
    assert not torch.allclose(out, read(sequence), atol=0.1)
    data.segment = data.chain
    assert torch.equal(features(data).x, out)


def test_storage_order_does_not_matter(features):
    data = random_structure(40, seed=2, chains=2)
    order = random_permutation(data, seed=3)
    assert torch.equal(features(permute_residues(data, order)).x, features(data).x[order])


def test_a_batch_gives_the_same_as_each_graph(features):
    graphs = [random_structure(n, seed=n, chains=c) for n, c in ((31, 1), (50, 3), (1, 1), (8, 2))]
    batch = features(Batch.from_data_list(graphs))
    for ours, data in zip(batch.to_data_list(), graphs, strict=True):
        assert_close(ours.x, features(data).x)
    assert Batch.from_data_list(batch.to_data_list()).x.shape == (90, 24)


def test_copies_of_a_chain_are_read_once(features, model):
    lengths = []
    handle = model.register_forward_pre_hook(
        lambda _, args, inputs: lengths.append(tuple(inputs["input_ids"].shape)), with_kwargs=True
    )
    data = random_structure(20)
    out = features(Batch.from_data_list([data, data, random_structure(9), data, data]))
    handle.remove()
    assert lengths == [(2, 22)]
    assert torch.equal(out[0].x, out[4].x)


def test_unknown_and_hidden_residues(features, read):
    data = random_structure(30, seed=4)
    data.residue_type[[3, 17]] = 20
    sequence = list(sequence_of(data))
    assert sequence[3] == sequence[17] == "X"
    assert_close(features(data).x, read("".join(sequence)))
    data.seed = torch.tensor([1])
    hidden = MaskResidueTypes(0.3)(data)
    rows = hidden.residue_type_mask.nonzero().flatten().tolist()
    assert 3 < len(rows) < 20
    for row in rows:
        sequence[row] = "<mask>"
    out = features(hidden).x
    assert_close(out, read("".join(sequence)))
    # What is hidden does not come through.
    data.residue_type[rows] = (data.residue_type[rows] + 5) % 20
    assert torch.equal(features(MaskResidueTypes(0.3)(data)).x, out)


def test_long_sequences_are_read_in_overlapping_windows(model, tokenizer, read):
    data = random_structure(50, seed=5)
    sequence = sequence_of(data)
    out = LanguageModelFeatures(model, tokenizer, window=20, overlap=10)(data).x
    # Windows start at 0, 10, 20, 30; what two share is divided in the middle.
    for first, (start, stop) in {0: (0, 15), 10: (15, 25), 20: (25, 35), 30: (35, 50)}.items():
        window = read(sequence[first : first + 20])
        assert_close(out[start:stop], window[start - first : stop - first])
    # Uneven ones are spread so that the last ends with the sequence.
    uneven = LanguageModelFeatures(model, tokenizer, window=23, overlap=0)(data).x
    for first, (start, stop) in {0: (0, 18), 14: (18, 32), 27: (32, 50)}.items():
        window = read(sequence[first : first + 23])
        assert_close(uneven[start:stop], window[start - first : stop - first])
    whole = LanguageModelFeatures(model, tokenizer, window=50)(data).x
    assert_close(whole, read(sequence))


def test_the_longest_that_a_model_takes(tokenizer):
    # As many places as there are: one too many is an error of the model.
    model = small_model(position_embedding_type="absolute", max_position_embeddings=32)
    features = LanguageModelFeatures(model, tokenizer)
    assert features.window == 32 - 2 - 2
    for length in (28, 29, 90):
        assert features(random_structure(length)).x.isfinite().all()
    with pytest.raises(IndexError):
        features._run([tuple([5] * 29)])
    for window, overlap in ((29, None), (0, None), (10, 10), (10, -1)):
        with pytest.raises(ConfigError, match="the model reads at most 28"):
            LanguageModelFeatures(model, tokenizer, window=window, overlap=overlap)


def test_an_encoder_trains_on_them(features):
    recipe = ResidueGraph(k=6)
    graphs = [random_structure(30, seed=seed) for seed in range(3)]
    batch = Batch.from_data_list(graphs)
    batch.seed = torch.arange(3)
    batch = Compose([PerturbCoordinates(sigma=1.0), features, recipe])(batch)
    assert batch.x.shape == (90, 24 + recipe.node_channels)
    torch.manual_seed(0)
    encoder = GraphEncoder(
        features.channels + recipe.node_channels,
        recipe.edge_channels,
        **dict.fromkeys(("channels", "pair_channels", "hidden_channels"), 16),
        layers=2,
    )
    head = EdgeGradient(16)
    optimizer = torch.optim.Adam([*encoder.parameters(), *head.parameters()], 1e-2)
    losses = []
    for _ in range(10):
        score = head(encoder(batch).pair, batch.edge_index, batch.pos, batch.sigma[batch.batch])
        loss = (score - batch.score).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.9 * losses[0]
    assert encoder.node_in.weight.grad[:, :24].abs().max() > 0
    assert all(parameter.grad is None for parameter in features.model.parameters())


def test_whole_chains_are_described_before_crops(model, tokenizer, features):
    data = random_structure(40, seed=6)
    data.seed = torch.tensor([3])
    kept = LanguageModelFeatures(model, tokenizer, attr="plm")
    noise = PerturbCoordinates(sigma=1.0, keep=("plm",))
    out = Compose([kept, ContiguousCrop(15), noise, NodeAttribute("plm")])(data)
    first = int(out.position[0])
    assert torch.equal(out.x, features(data).x[first : first + 15])


def test_loaded_by_the_name_of_a_folder(tmp_path, model, tokenizer, features):
    model.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    data = random_structure(20)
    for name in (tmp_path, str(tmp_path)):
        assert_close(LanguageModelFeatures(name)(data).x, features(data).x)
    weights = load_file(tmp_path / "model.safetensors")
    del weights["encoder.layer.1.output.dense.weight"]
    save_file(weights, tmp_path / "model.safetensors", {"format": "pt"})
    with pytest.raises(WeightsError, match=r"no weights of encoder\.layer\.1.* and 0 others"):
        LanguageModelFeatures(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"cut short")
    for folder in (tmp_path, tmp_path / "absent"):
        with pytest.raises(WeightsError, match="no language model to be loaded") as caught:
            LanguageModelFeatures(folder)
        assert str(folder) in str(caught.value)


def test_without_transformers(monkeypatch, model, tokenizer, features):
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(ConfigError, match=r"pip install 'torch-proteingraph\[plm\]'"):
        LanguageModelFeatures("facebook/esm2_t6_8M_UR50D")
    # A model that is there needs none.
    data = random_structure(9)
    assert torch.equal(LanguageModelFeatures(model, tokenizer)(data).x, features(data).x)


def test_what_cannot_be_used(model, tokenizer, features):
    with pytest.raises(ConfigError, match="needs its tokenizer"):
        LanguageModelFeatures(model)
    with pytest.raises(ConfigError, match="at least one sequence"):
        LanguageModelFeatures(model, tokenizer, batch_size=0)
    data = random_structure(9)
    del data.chain
    with pytest.raises(MissingAttributeError, match="ResiduePosition"):
        features(data)


def test_tokens_of_no_residues(tmp_path, model):
    path = tmp_path / "vocab.txt"
    path.write_text("\n".join(token for token in VOCABULARY if token not in ("W", "K")))
    with pytest.raises(ConfigError, match="no tokens for the residues KW"):
        LanguageModelFeatures(model, transformers.EsmTokenizer(str(path)))
