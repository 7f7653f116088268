"""Training on a table of labels, from files to a folder with all that came of it."""

from __future__ import annotations

import json
import math
import os
import shutil
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from proteingraph.errors import ConfigError
from proteingraph.files import clear_partials, replacing
from proteingraph.io.alphabet import decode_sequence
from proteingraph.pretrain.checkpoints import LAST, kept_checkpoints
from proteingraph.pretrain.faults import faults_told
from proteingraph.pretrain.model import WEIGHTS
from proteingraph.pretrain.start import corpus_fingerprint
from proteingraph.tasks.evaluate import calibrate, evaluate
from proteingraph.tasks.finetune.config import FinetuneConfig
from proteingraph.tasks.finetune.matching import LabelledEntries, match_table
from proteingraph.tasks.finetune.split import SPLITS, divide
from proteingraph.tasks.finetune.table import Mismatch, read_label_table, rows_of
from proteingraph.tasks.metrics import as_array
from proteingraph.tasks.predict import Scores, predict_scores
from proteingraph.tasks.run import fit_target
from proteingraph.tasks.saved import TASK
from proteingraph.tasks.target import Target
from proteingraph.tasks.task_model import TaskModel
from proteingraph.zoo import load_model

if TYPE_CHECKING:
    import pandas as pd
    from lightning.pytorch.callbacks import Callback

__all__ = ["METRICS", "MISMATCHES", "PREDICTIONS", "Finetuned", "check_output", "finetune"]

CHECKPOINTS, RUN = "checkpoints", "run.json"
MISMATCHES, METRICS, PREDICTIONS = "mismatches.parquet", "metrics.json", "predictions.parquet"


@dataclass(frozen=True, eq=False)
class Finetuned:
    """What came of a table.

    Attributes:
        model: The trained task, as saved.
        metrics: What ``metrics.json`` holds.
        mismatches: What of the table could not be used, as in ``mismatches.parquet``.
    """

    model: TaskModel
    metrics: dict[str, Any]
    mismatches: list[Mismatch]


def check_output(output: str | PathLike[str], resume: bool = False) -> Path:
    """Raise ConfigError if a folder holds a trained task, or a run that is not to be resumed."""
    output = Path(output)
    kept = kept_checkpoints(output / CHECKPOINTS / LAST)
    if kept and not resume:
        raise ConfigError(f"{output} holds a run already: resume it, or name another folder")
    for name in (TASK, WEIGHTS):
        # Beside checkpoints, they are of this run, which was killed when it wrote them.
        if (output / name).exists() and not kept and not (resume and _is_finished(output)):
            raise ConfigError(f"{output} holds {name} already: name another folder")
    return output


def _is_finished(output: Path) -> bool:
    """Whether all files of a run are there: the checkpoints went when they were."""
    return all((output / name).exists() for name in (TASK, METRICS, MISMATCHES))


def finetune(
    config: FinetuneConfig,
    output: str | PathLike[str],
    base: str | PathLike[str] = ".",
    *,
    resume: bool = False,
    callbacks: Sequence[Callback] = (),
    told: Callable[[Sequence[Mismatch]], None] | None = None,
    reading: Callable[[int, int], None] | None = None,
) -> Finetuned:
    """Train a network on a table of labels.

    The output folder gets the trained task (see `TaskModel.from_pretrained`),
    ``mismatches.parquet`` (written before training), ``metrics.json``, and
    ``predictions.parquet`` for the chains that were not trained on. While training goes on it has
    checkpoints, from which a run that stopped goes on as if it had not.

    Args:
        config: Settings.
        output: Folder; made if need be, and refused if it holds a trained task.
        base: Folder that the settings' relative paths are in. (default: the working directory)
        resume: Go on where the run in the output folder stopped; start it if there is none, and
            leave one that is finished as it is.
        callbacks: Lightning callbacks.
        told: Is given the mismatches as soon as they are known.
        reading: Is told how many chains have been read, and of how many.

    Raises:
        ConfigError: If the settings cannot be used, training diverges, the run to resume had other
            settings or chains, or the output folder cannot be written to.
        DatasetError: If the table cannot be read, or nothing of it can be used.
        WeightsError: If the weights cannot be loaded.
    """
    output, base = check_output(output, resume), Path(base)
    checkpoints = output / CHECKPOINTS
    for place in (output, checkpoints):
        clear_partials(place)
    if (output / TASK).exists() and not kept_checkpoints(checkpoints / LAST):
        return _finished(config, output, told)
    with faults_told(output):
        return _run(config, output, base, callbacks, told, reading)


def _run(
    config: FinetuneConfig,
    output: Path,
    base: Path,
    callbacks: Sequence[Callback],
    told: Callable[[Sequence[Mismatch]], None] | None,
    reading: Callable[[int, int], None] | None,
) -> Finetuned:
    """Train and judge, from a checkpoint if there is one, and write what comes of it."""
    model = load_model(config.model if not (base / config.model).is_dir() else base / config.model)
    target, entries, mismatches = _read(config, base, output, told, reading)
    by_column = config.columns.split is not None
    splits = divide(entries, by_column, config.validation, config.test, config.seed)
    rows = {name: [i for i, s in enumerate(splits) if s == name] for name in SPLITS}
    parts = {name: entries.examples.subset(rows[name]) for name in SPLITS}
    checkpoints = output / CHECKPOINTS
    _check_same_run(checkpoints, config, entries)
    fitted = fit_target(
        model,
        parts["train"],
        parts["validation"],
        target,
        config.training,
        checkpoints,
        callbacks,
    )
    training = {"command": "finetune", "settings": config.to_dict(), "steps": fitted.steps}
    trained = calibrate(fitted, parts["validation"], tuple(config.columns.features), training)
    metrics: dict[str, Any] = {
        "steps": fitted.steps,
        "chains": {name: len(parts[name]) for name in SPLITS},
        "mismatched_rows": rows_of(mismatches),
        "calibration": asdict(trained.calibration),
        "history": fitted.history,
    }
    _judge(trained, entries, rows, metrics, output)
    trained.save_pretrained(output)
    done = output / f".{CHECKPOINTS}.done"
    os.replace(checkpoints, done)  # in one step: what is left of them must not look like a run
    shutil.rmtree(done)
    return Finetuned(trained, metrics, mismatches)


def _finished(
    config: FinetuneConfig, output: Path, told: Callable[[Sequence[Mismatch]], None] | None
) -> Finetuned:
    """Read what a run left that is finished already."""
    import pandas as pd

    trained = TaskModel.from_pretrained(output)
    if trained.training.get("settings") != json.loads(json.dumps(config.to_dict())):
        raise ConfigError(f"{output} holds a task of other settings: name another folder")
    shutil.rmtree(output / f".{CHECKPOINTS}.done", ignore_errors=True)
    rows = pd.read_parquet(output / MISMATCHES).to_dict("records")
    mismatches = [Mismatch(**{str(name): value for name, value in row.items()}) for row in rows]
    if told is not None:
        told(mismatches)
    metrics = json.loads((output / METRICS).read_text(encoding="utf-8"))
    for name in set(SPLITS) & set(metrics):
        undefined = {key: math.nan for key, value in metrics[name].items() if value is None}
        metrics[name] |= undefined
    return Finetuned(trained, metrics, mismatches)


def _read(
    config: FinetuneConfig,
    base: Path,
    output: Path,
    told: Callable[[Sequence[Mismatch]], None] | None,
    reading: Callable[[int, int], None] | None,
) -> tuple[Target, LabelledEntries, list[Mismatch]]:
    """Read table and structures; say what does not fit, even if nothing does."""
    path = base / config.table
    table = read_label_table(path, config.columns, config.target)
    target = config.target.target(table.classes)
    files = path.parent if config.files is None else base / config.files
    try:
        entries = match_table(table, files, target.level, reading)
    finally:
        output.mkdir(parents=True, exist_ok=True)
        write_mismatches(table.mismatches, output / MISMATCHES)
        if told is not None:
            told(table.mismatches)
    return target, entries, table.mismatches


def _judge(
    trained: TaskModel,
    entries: LabelledEntries,
    rows: Mapping[str, Sequence[int]],
    metrics: dict[str, Any],
    output: Path,
) -> None:
    """Predict and measure what was not trained on, and write both."""
    frames = []
    for name in SPLITS[1:]:
        if rows[name]:
            examples = entries.examples.subset(rows[name])
            predicted = predict_scores(trained.task, examples)
            metrics[name] = evaluate(trained, examples, predicted)
            frames.append(_predictions(trained, entries, rows[name], name, predicted))
    _write_predictions(frames, output / PREDICTIONS)
    with replacing(output / METRICS) as partial:
        partial.write_text(json.dumps(_plain(metrics), indent=2) + "\n", encoding="utf-8")


def _check_same_run(checkpoints: Path, config: FinetuneConfig, entries: LabelledEntries) -> None:
    """Write down what a run is of, or compare that with what it was when it began."""
    labels = [np.asarray(labels, np.float64).tobytes() for labels in entries.examples.labels]  # type: ignore[union-attr]
    chains = [*corpus_fingerprint(entries.examples.corpus), zlib.crc32(b"".join(labels))]
    ours = {"settings": config.to_dict(), "chains": chains}
    path = checkpoints / RUN
    if kept_checkpoints(checkpoints / LAST):
        theirs = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        if theirs != json.loads(json.dumps(ours)):
            raise ConfigError(
                f"{checkpoints.parent} was started with other settings, chains or labels (see "
                f"{path}): resume it with the same, or name another folder"
            )
        return
    checkpoints.mkdir(parents=True, exist_ok=True)
    with replacing(path) as partial:
        partial.write_text(json.dumps(ours, indent=2) + "\n", encoding="utf-8")


def write_mismatches(mismatches: Sequence[Mismatch], path: Path) -> None:
    """Write what of a table could not be used to a parquet table, a row each; it may be empty."""
    import pandas as pd

    kinds = {"row": "int64", "rows": "int64"}
    names = [*kinds, "file", "chain", "residue", "reason"]
    frame = pd.DataFrame([asdict(mismatch) for mismatch in mismatches], columns=names)
    texts = dict.fromkeys(names[2:], "string")
    with replacing(path) as partial:
        frame.astype({**kinds, **texts}).to_parquet(partial, index=False)


def _predictions(
    trained: TaskModel,
    entries: LabelledEntries,
    rows: Sequence[int],
    split: str,
    predicted: Sequence[Scores],
) -> pd.DataFrame:
    """One row a residue, or a protein."""
    import pandas as pd

    target = trained.target
    frames = []
    for row, scored in zip(rows, predicted, strict=True):
        graph = entries.examples.corpus[row]
        values = as_array(target.values(trained.calibration(scored.scores)))
        columns: dict[str, Any] = {"split": split, "file": entries.files[row]}
        if target.level == "residue":
            codes = graph.insertion_code.tolist()
            columns |= {
                "chain": np.array(graph.chain_id)[graph.chain.numpy()],
                "residue_number": graph.residue_number.numpy(),
                "insertion_code": [chr(code) if code else "" for code in codes],
                "amino_acid": list(decode_sequence(graph.residue_type.numpy())),
            }
        else:
            columns["chain"] = entries.chains[row]
        labels = np.atleast_1d(entries.examples.labels[row])  # type: ignore[index]
        columns["label"] = _named(labels, target.classes)
        if target.kind == "multiclass":
            columns["predicted"] = [target.classes[i] for i in values.argmax(axis=1)]
            columns |= {f"p_{name}": values[:, i] for i, name in enumerate(target.classes)}
        else:
            columns["predicted"] = values
        frames.append(pd.DataFrame(columns))
    return pd.concat(frames)


def _named(labels: Any, classes: list[str]) -> Any:
    if not classes:
        return labels
    return [None if math.isnan(label) else classes[int(label)] for label in labels]


def _write_predictions(frames: Sequence[pd.DataFrame], path: Path) -> None:
    import pandas as pd

    with replacing(path) as partial:
        pd.concat(list(frames)).to_parquet(partial, index=False)


def _plain(value: Any) -> Any:
    """Values that JSON knows: what is no number becomes null."""
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
