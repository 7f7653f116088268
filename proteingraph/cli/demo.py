"""`proteingraph demo`: the main job on the shipped domains, in minutes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from proteingraph.cli.checks import check_folder

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from proteingraph.datasets import CathScopMini, ChainPack
    from proteingraph.embedding import ChainEmbedding
    from proteingraph.pretrain import DenoisingModel
    from proteingraph.pretrain.module import GradientEstimation

__all__ = ["demo"]

CATH_CLASSES = {
    "1": "1 mainly alpha",
    "2": "2 mainly beta",
    "3": "3 alpha beta",
    "4": "4 few secondary structures",
    "6": "6 special",
}
WRITTEN = (
    "model.safetensors",
    "config.json",
    "metrics.json",
    "log",
    "checkpoints",
    "embeddings.parquet",
    "training_curve.png",
    "embedding_map.png",
)
SETTINGS = {
    "steps": None,
    "validate_every": 0,
    "checkpoint_every": 100,
    "model": {
        "graph": {"k": 20, "offsets": [1, 2, 3, 4, 6, 8]},
        "encoder": {"channels": 64, "pair_channels": 48, "hidden_channels": 64, "layers": 3},
    },
    "data": {"residues": 1200, "validation_sigmas": [10.0, 5.0, 1.0, 0.5, 0.1]},
    "optimizer": {"learning_rate": 3e-3},
}


def demo(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write to.")] = Path(
        "demo"
    ),
    minutes: Annotated[float, typer.Option(help="Minutes of training.", min=0.05)] = 2.5,
    seed: Annotated[int, typer.Option(help="Seed.")] = 0,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace what an earlier demo left there.")
    ] = False,
) -> None:
    """Pre-train a small network on the shipped domains, then denoise and embed held-out ones."""
    import time

    import numpy as np
    import torch
    from rich.console import Console

    from proteingraph.datasets import CathScopMini, load_cath_scop_mini
    from proteingraph.embedding import FileEmbeddings, write_embeddings
    from proteingraph.errors import ConfigError
    from proteingraph.pretrain import load_config
    from proteingraph.pretrain.module import build_model
    from proteingraph.pretrain.run import pretrain
    from proteingraph.viz import plot_embedding_map, plot_training_curve

    start = time.monotonic()
    check_folder(output)
    if (output / "checkpoints").exists() or (output / "embeddings.parquet").exists():
        if not overwrite:
            raise ConfigError(f"{output} holds a demo already: add --overwrite, or name another")
        _remove(output)
    console = Console()
    config = load_config(SETTINGS, [f"minutes={minutes}", f"seed={seed}"])
    pack = load_cath_scop_mini()
    train = pack.subset(pack.labels["split"] == "train")
    validation = pack.subset(pack.labels["split"] == "validation")
    test = CathScopMini("test")
    console.print(
        f"{len(train)} domains to train on; held out, of other folds: "
        f"{len(validation)} to denoise, {len(test)} to embed"
    )
    torch.manual_seed(seed)  # so that these are the parameters that training starts from
    untrained = build_model(config.model, config.noise)
    module = pretrain(train, validation, output, config)
    console.print(_error_table(module, validation))
    chains = _neighbor_table(console, module.model, untrained, train, test)
    records = [FileEmbeddings("cath-scop-mini", [chain]) for chain in chains]
    write_embeddings(output / "embeddings.parquet", records)
    plot_training_curve(output, output / "training_curve.png")
    plot_embedding_map(
        np.stack([chain.protein for chain in chains]),
        [CATH_CLASSES.get(data.cath_code[0], data.cath_code[0]) for data in test],
        output / "embedding_map.png",
        f"{len(test)} held-out domains by CATH class",
    )
    _farewell(console, output, time.monotonic() - start)


def _remove(output: Path) -> None:
    """Remove what a demo writes, and nothing else that a user may have put beside it."""
    import shutil

    for name in WRITTEN:
        path = output / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _error_table(module: GradientEstimation, pack: ChainPack) -> Table:
    """Error per noise level, and the distance to the native before and after one step."""
    import torch
    from rich.table import Table

    from proteingraph.pretrain.batches import CropDataset, validation_loader
    from proteingraph.pretrain.sampling import compare_structures, denoise_step

    loader = validation_loader(CropDataset(pack, module.config.data.crop), 2000)
    table = Table(title=f"{len(pack)} held-out domains: unit-noise error, and one denoising step")
    for column in ("noise (Å)", "predict nothing", "network", "RMSD perturbed (Å)", "denoised (Å)"):
        table.add_column(column, justify="right")
    for sigma, perturb in module.judges.items():
        before, after = [], []
        for batch in loader:
            noisy = perturb(batch)
            denoised = denoise_step(module.model, noisy, sigma)
            before.append(compare_structures(noisy.pos, noisy.pos_clean, noisy.batch)[0])
            after.append(compare_structures(denoised, noisy.pos_clean, noisy.batch)[0])
        error = float(module.trainer.callback_metrics[f"validation/mse_{sigma:g}"])
        rmsds = (float(torch.cat(values).mean()) for values in (before, after))
        table.add_row(f"{sigma:g}", "1.000", f"{error:.3f}", *(f"{value:.3f}" for value in rmsds))
    return table


def _neighbor_table(
    console: Console,
    trained: DenoisingModel,
    untrained: DenoisingModel,
    train: ChainPack,
    test: CathScopMini,
) -> list[ChainEmbedding]:
    """Compare nearest neighbors by both networks; return the trained one's embeddings."""
    import numpy as np
    from rich.progress import track
    from rich.table import Table

    from proteingraph.embedding import embed_graphs, nearest_neighbor_accuracy
    from proteingraph.pretrain.readout import fit_readout

    fit_readout(untrained, train)  # as the trained one was
    superfamilies = [data.sccs.rsplit(".", 1)[0] for data in test]
    title = f"{len(test)} held-out domains: nearest neighbor in the same SCOPe superfamily"
    table = Table(title=title, min_width=len(title))
    table.add_column("embedding by")
    table.add_column("found", justify="right")
    table.add_column("of", justify="right")
    chains: list[ChainEmbedding] = []
    for name, model in (("untrained network", untrained), ("pre-trained network", trained)):
        starts = track(range(0, len(test), 16), f"embedding, {name}", transient=True)
        chains = [c for i in starts for c in embed_graphs(model, list(test[i : i + 16]))]
        proteins = np.stack([chain.protein for chain in chains])
        found, asked = nearest_neighbor_accuracy(proteins, superfamilies)
        table.add_row(name, f"{found:.1%}", str(asked))
    console.print(table)
    return chains


def _farewell(console: Console, output: Path, seconds: float) -> None:
    """Say where everything is and what to run next."""
    console.print(f"done in {seconds:.0f} s; in {output}/:", highlight=False)
    for name, what in (
        ("model.safetensors, config.json", "the weights"),
        ("embeddings.parquet", "embeddings of the held-out domains, a row each"),
        ("training_curve.png", "error over the run"),
        ("embedding_map.png", "the embeddings by CATH class"),
        ("log/, checkpoints/", "curves for TensorBoard, state of the optimiser"),
    ):
        console.print(f"  {name:32s}{what}", highlight=False)
    console.print("next:", highlight=False)
    for command in (
        f"proteingraph embed YOUR.pdb -m {output} -o embeddings.parquet",
        f"proteingraph denoise YOUR.pdb -m {output} -o denoised.pdb",
        "proteingraph pretrain YOUR_FOLDER -o runs/first --minutes 60",
    ):
        console.print(f"  {command}", highlight=False, soft_wrap=True)
