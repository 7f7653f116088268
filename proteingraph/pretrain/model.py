"""A network with the recipe of its graphs: what is trained, saved and used to embed."""

from __future__ import annotations

import copy
import json
import textwrap
from collections.abc import Mapping
from dataclasses import asdict, replace
from os import PathLike
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import save
from torch import Tensor, nn
from torch_geometric.data import Batch, Data

from proteingraph.errors import WeightsError
from proteingraph.files import replacing
from proteingraph.nn import (
    CondResNet,
    EdgeGradient,
    Embeddings,
    GraphEncoder,
    ProteinReadout,
    Whitening,
)
from proteingraph.noise import NOISE_RANGE, NoiseSchedule
from proteingraph.pretrain.arguments import check_arguments
from proteingraph.transforms import ResidueGraph

__all__ = ["FORMAT_VERSION", "DenoisingModel", "visible_attributes"]

FORMAT_VERSION = 1
WEIGHTS, CONFIG = "model.safetensors", "config.json"
# What making a network of arbitrary settings can end in: negative sizes are a RuntimeError.
UNFIT = (TypeError, ValueError, RuntimeError, AttributeError, ArithmeticError, MemoryError)


def visible_attributes(backbone: bool) -> tuple[str, ...]:
    """All that a network may be shown of a structure: graphs are made from copies of these alone.

    Args:
        backbone: Whether the network sees N, C and O atoms.
    """
    names = ("pos", "residue_type", "chain", "segment", "position")
    return (*names, "backbone", "backbone_mask") if backbone else names


class DenoisingModel(nn.Module):
    """Estimates the gradient of perturbed structures, and embeds structures.

    Joins the recipe that makes graphs of structures, the encoder, and the head that turns pair
    embeddings into a gradient, so that weights never meet graphs of another recipe.

    Args:
        architecture: ``"graph"``: `ResidueGraph`, `GraphEncoder` and `EdgeGradient`;
            ``"cond_resnet"``: the paper's dense `CondResNet`. (default: :obj:`"graph"`)
        graph: Arguments of `ResidueGraph` that differ from its defaults. (default: :obj:`None`)
        encoder: Arguments of the encoder that differ from its defaults. (default: :obj:`None`)
        schedule: Noise levels the network is trained on. (default: the paper's)
        embedding_sigma: Noise in Å that the network is told when it embeds native structures.
            (default: :obj:`0.5`)
        readout: Columns of protein embeddings after scaling, see `ProteinReadout`.
            (default: :obj:`0`)

    Raises:
        ValueError: If the architecture is unknown, or an argument is out of range.
    """

    def __init__(
        self,
        architecture: str = "graph",
        graph: Mapping[str, Any] | None = None,
        encoder: Mapping[str, Any] | None = None,
        schedule: NoiseSchedule | None = None,
        embedding_sigma: float = 0.5,
        readout: int = 0,
    ) -> None:
        super().__init__()
        self.architecture = architecture
        self.schedule = schedule if schedule is not None else NoiseSchedule()
        self.embedding_sigma = embedding_sigma
        self.graph: ResidueGraph | None = None
        self.gradient: EdgeGradient | None = None
        self.encoder: GraphEncoder | CondResNet
        check_arguments(ResidueGraph, graph or {})
        check_arguments(NoiseSchedule, asdict(self.schedule))
        if readout:
            check_arguments(DenoisingModel, {"readout": readout})
        if architecture == "graph":
            check_arguments(GraphEncoder, encoder or {})
            self.graph = ResidueGraph(**(graph or {}))
            self.encoder = GraphEncoder(
                self.graph.node_channels, self.graph.edge_channels, **(encoder or {})
            )
            self.gradient = EdgeGradient(self.encoder.config["pair_channels"])
        elif architecture == "cond_resnet":
            if graph:
                raise ValueError(
                    "cond_resnet sees all pairs of residues: it takes no graph settings"
                )
            check_arguments(CondResNet, encoder or {})
            self.encoder = CondResNet(
                num_levels=self.schedule.levels,
                largest=self.schedule.largest,
                smallest=self.schedule.smallest,
                **(encoder or {}),
            )
            # Half the time of a training step on a CPU.
            self.encoder = self.encoder.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        else:
            raise ValueError(f'architecture must be "graph" or "cond_resnet", got {architecture!r}')
        pair_channels = "channels" if architecture == "cond_resnet" else "pair_channels"
        self.readout = ProteinReadout(int(self.encoder.config[pair_channels]), readout)
        self._arguments: dict[str, Any] = {
            "architecture": architecture,
            "graph": dict(graph or {}),
            "encoder": dict(encoder or {}),
        }
        self._training: Mapping[str, Any] = {}

    @property
    def settings(self) -> dict[str, Any]:
        """What it takes to make the model again, as nested dictionaries of plain values."""
        return {
            **copy.deepcopy(self._arguments),
            "schedule": asdict(self.schedule),
            "embedding_sigma": self.embedding_sigma,
            "readout": self.readout.columns,
        }

    def set_schedule(self, schedule: NoiseSchedule) -> None:
        """Replace the noise levels to train on.

        Raises:
            ValueError: If the network is ``cond_resnet``, whose parameters belong to its levels.
        """
        if isinstance(self.encoder, CondResNet) and schedule != self.schedule:
            raise ValueError(
                f"cond_resnet has parameters for each level of {self.schedule}, so these cannot be "
                f"replaced by {schedule}"
            )
        self.schedule = schedule

    def set_readout(self, whitening: Whitening | None) -> None:
        """Replace the scale of protein embeddings; None leaves them as they are pooled.

        Raises:
            ValueError: If it is not of as many columns as are pooled.
        """
        channels = self.readout.pair_channels
        fitted = ProteinReadout(channels)
        if whitening is not None:
            fitted = ProteinReadout.of(whitening, channels)
        self.readout = fitted.to(next(self.parameters()).device).train(self.training)

    @property
    def backbone(self) -> bool:
        """Whether the network sees N, C and O atoms."""
        return self.graph is not None and bool(self.graph.config["backbone"])

    def prepare(self, data: Data) -> Data:
        """Make the graph of perturbed (or native) coordinates, as the encoder expects it."""
        return data if self.graph is None else self.graph(data)

    def forward(self, data: Data) -> Tensor:
        """Estimate the gradient at coordinates whose noise is known.

        Args:
            data: A graph, or batch of graphs, with `sigma` and what :meth:`prepare` adds.

        Returns:
            Gradient ``[N, 3]`` in 1/Å: the estimated way back is ``sigma**2`` times it.
        """
        if isinstance(self.encoder, CondResNet):
            return self.encoder.score(data)
        assert self.gradient is not None
        batch = getattr(data, "batch", None)
        if batch is None:
            batch = data.edge_index.new_zeros(data.pos.size(0))
        _, pair = self.encoder.encode(data.x, data.edge_index, data.edge_attr, data.sigma, batch)
        gradient: Tensor = self.gradient(pair, data.edge_index, data.pos, data.sigma[batch])
        return gradient

    def embed(self, data: Data, sigma: float | None = None) -> Embeddings:
        """Embed native structures; changes `data`.

        Args:
            data: A graph, or batch of graphs, with coordinates and residue types.
            sigma: Noise in Å that the network is told. (default: :attr:`embedding_sigma`)
        """
        sigma = self.embedding_sigma if sigma is None else sigma
        graphs = data.num_graphs if isinstance(data, Batch) else 1
        data.sigma = torch.full((graphs,), sigma, dtype=data.pos.dtype, device=data.pos.device)
        embeddings: Embeddings = self.encoder(self.prepare(data))
        return replace(embeddings, protein=self.readout(embeddings, data))

    def save_pretrained(
        self, folder: str | PathLike[str], training: Mapping[str, Any] | None = None
    ) -> None:
        """Save weights (safetensors) and settings (JSON) to a folder, each written whole or not.

        Args:
            folder: Made if need be.
            training: What to say about how the weights came about; kept under ``"training"``.
        """
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        settings = {"format_version": FORMAT_VERSION, **self.settings, "training": training or {}}
        state = {name: value.contiguous().cpu() for name, value in self.state_dict().items()}
        with replacing(folder / WEIGHTS) as weights:
            # Not `save_file`, whose files nobody else on the machine may read.
            weights.write_bytes(save(state, {"format_version": str(FORMAT_VERSION)}))
        with replacing(folder / CONFIG) as config:
            config.write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")

    def push_to_hub(
        self, repo_id: str, training: Mapping[str, Any] | None = None, **options: Any
    ) -> str:
        """Save weights, settings and a card to a repository of a hub; give the commit's address.

        Args:
            repo_id: The repository, as ``"owner/name"``; made if need be.
            training: As for :meth:`save_pretrained`. (default: what the weights came with)
            options: Arguments of `huggingface_hub.ModelHubMixin.push_to_hub`: ``commit_message``,
                ``private``, ``token``, ``branch``, ``create_pr``.

        Raises:
            WeightsError: If the hub cannot be reached, or refuses.
        """
        from proteingraph.zoo.hub import push

        return push(self, repo_id, self._training if training is None else training, **options)

    @classmethod
    def from_pretrained(cls, source: str | PathLike[str], **options: Any) -> DenoisingModel:
        """Load a model from a folder that :meth:`save_pretrained` wrote; in evaluation mode.

        Args:
            source: The folder, or the repository of such a folder on a hub, as ``"owner/name"``. A
                `Path`, or a text that begins with ``./``, is always a folder.
            options: Of a download: ``revision``, ``cache_dir``, ``token``, ``force_download``,
                ``local_files_only``; see `proteingraph.zoo.hub.download`.

        Raises:
            WeightsError: If the folder lacks a file, a file is damaged, of another format version,
                or does not fit its settings; or if nothing of that name can be downloaded.
        """
        from proteingraph.zoo.difference import load_state
        from proteingraph.zoo.hub import download, is_hub_id

        folder = download(source, **options) if is_hub_id(source) else Path(source)
        settings = _read_settings(folder / CONFIG)
        try:
            model = cls(
                settings["architecture"],
                settings["graph"],
                settings["encoder"],
                NoiseSchedule(**settings["schedule"]),
                _positive(settings["embedding_sigma"]),
                settings.get("readout", 0),
            )
        except KeyError as error:
            raise WeightsError(f"{folder / CONFIG}: {error} is missing") from error
        except UNFIT as error:
            raise WeightsError(f"{folder / CONFIG}: no settings of a model: {error}") from error
        try:
            state = load_state(folder, model.state_dict())
            model.load_state_dict(state)
        except FileNotFoundError as error:
            raise WeightsError(f"{folder}: no {WEIGHTS} beside {CONFIG}") from error
        except (SafetensorError, OSError) as error:
            raise WeightsError(f"{folder / WEIGHTS}: damaged or no safetensors: {error}") from error
        except RuntimeError as error:
            reason = textwrap.shorten(str(error), 300)
            raise WeightsError(f"{folder / WEIGHTS}: does not fit {CONFIG}: {reason}") from error
        for name, value in state.items():
            if not bool(value.isfinite().all()):
                raise WeightsError(
                    f"{folder / WEIGHTS}: {name} holds values that are no numbers: training had "
                    "diverged, or the file is damaged"
                )
        model._training = settings.get("training") or {}
        return model.eval()

    def __repr__(self) -> str:
        count = sum(p.numel() for p in self.parameters())
        return (
            f"{type(self).__name__}({self.encoder!r}, graph={self.graph!r}, parameters={count:,})"
        )


def _positive(sigma: float) -> float:
    if not NOISE_RANGE[0] <= sigma <= NOISE_RANGE[1]:
        low, high = NOISE_RANGE
        raise ValueError(f"embedding_sigma must be from {low:g} to {high:g} Å, got {sigma}")
    return sigma


def _read_settings(path: Path) -> dict[str, Any]:
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise WeightsError(
            f"{path.parent}: no folder of saved weights ({CONFIG} is missing)"
        ) from error
    except (OSError, ValueError, RecursionError) as error:
        raise WeightsError(f"{path}: cannot be read as JSON: {error}") from error
    version = settings.get("format_version") if isinstance(settings, dict) else None
    if version != FORMAT_VERSION:
        raise WeightsError(
            f"{path}: weights of format version {version}, this release reads {FORMAT_VERSION}"
        )
    return settings  # type: ignore[no-any-return]
