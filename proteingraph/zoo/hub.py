"""Weights in repositories of a hub: downloaded to its cache, and pushed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any, TypeGuard

from proteingraph.errors import WeightsError
from proteingraph.pretrain.model import CONFIG, WEIGHTS, DenoisingModel
from proteingraph.zoo.record import RECORD, check_files, read_record

__all__ = ["download", "is_hub_id", "push"]

HUB_ID = re.compile(r"\w[\w.-]*/\w[\w.-]*", re.ASCII)


def is_hub_id(source: str | PathLike[str]) -> TypeGuard[str]:
    """Whether this may be the name of a repository: a text such as owner/name, and no folder."""
    return isinstance(source, str) and bool(HUB_ID.fullmatch(source)) and not Path(source).exists()


def download(
    repo_id: str,
    *,
    revision: str | None = None,
    cache_dir: str | PathLike[str] | None = None,
    token: str | bool | None = None,
    force_download: bool = False,
    local_files_only: bool = False,
) -> Path:
    """Download weights, settings, and their record if there is one; all of one commit.

    Nothing else of the repository is looked at. Which hub is asked, where the cache is and whether
    the network may be used follow ``HF_ENDPOINT``, ``HF_HOME`` and ``HF_HUB_OFFLINE``.

    Args:
        repo_id: The repository, as ``"owner/name"``.
        revision: Branch, tag or commit. (default: the latest commit of the main branch)
        cache_dir: Folder to keep downloads in. (default: that of huggingface_hub)
        token: Token of the hub, or whether to use that of the user. (default: if there is one)
        force_download: Whether to download again what is in the cache. (default: :obj:`False`)
        local_files_only: Whether to take what is in the cache only. (default: :obj:`False`)

    Returns:
        Folder of the files, in the cache.

    Raises:
        WeightsError: If the hub cannot be reached, has no such repository, revision or files, or if
            they are not what their record says.
    """
    from huggingface_hub import constants
    from huggingface_hub.errors import (
        EntryNotFoundError,
        HfHubHTTPError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    options = {
        "cache_dir": cache_dir,
        "token": token,
        "force_download": force_download,
        "local_files_only": local_files_only,
    }
    where, hub = f"{repo_id}: no folder of saved weights of that name, and", constants.ENDPOINT
    try:
        folder = _fetch(repo_id, revision, options)
    except WeightsError:
        raise
    except LocalEntryNotFoundError as error:
        raise _unreachable(where, hub, error.__cause__ or error) from error
    except RepositoryNotFoundError as error:
        raise WeightsError(
            f"{where} no repository of that name on {hub} that may be read with this token"
        ) from error
    except RevisionNotFoundError as error:
        raise WeightsError(f"{where} {repo_id} on {hub} has no revision {revision!r}") from error
    except EntryNotFoundError as error:
        raise WeightsError(
            f"{where} {repo_id} on {hub} lacks {CONFIG} or {WEIGHTS}: it holds no weights of this "
            "package"
        ) from error
    except (HfHubHTTPError, ValueError) as error:
        raise WeightsError(f"{where} {hub} refuses to give {repo_id}: {_reason(error)}") from error
    except Exception as error:  # the HTTP client, and so its errors, differ between releases
        raise _unreachable(where, hub, error) from error
    if (folder / RECORD).exists():
        check_files(folder)
    return folder


def _fetch(repo_id: str, revision: str | None, options: dict[str, Any]) -> Path:
    """Get the files into the cache; give the folder of their commit there."""
    from huggingface_hub import (
        _CACHED_NO_EXIST,
        get_hf_file_metadata,
        hf_hub_download,
        hf_hub_url,
        try_to_load_from_cache,
    )
    from huggingface_hub.errors import EntryNotFoundError

    cache = options["cache_dir"]
    known = try_to_load_from_cache(repo_id, CONFIG, cache, revision)
    if not isinstance(known, str) and not options["local_files_only"]:
        # Fails at once where `hf_hub_download` tries for half a minute.
        get_hf_file_metadata(hf_hub_url(repo_id, CONFIG, revision=revision), options["token"])
    folder = Path(hf_hub_download(repo_id, CONFIG, revision=revision, **options)).parent
    commit = folder.name
    try:
        hf_hub_download(repo_id, RECORD, revision=commit, **options)
    except EntryNotFoundError:
        known = try_to_load_from_cache(repo_id, RECORD, cache, commit)
        if known is not _CACHED_NO_EXIST:  # the hub did not say that it has none
            raise
    files = set(read_record(folder).files) if (folder / RECORD).exists() else {WEIGHTS}
    for name in sorted(files - {CONFIG}):
        hf_hub_download(repo_id, name, revision=commit, **options)
    return folder


def push(
    model: DenoisingModel,
    repo_id: str,
    training: Mapping[str, Any] | None = None,
    **options: Any,
) -> str:
    """Save a network to a repository of a hub, made if need be, with a card.

    Args:
        model: The network.
        repo_id: The repository, as ``"owner/name"``.
        training: What to say about how the weights came about.
        options: Arguments of `huggingface_hub.ModelHubMixin.push_to_hub`: ``commit_message``,
            ``private``, ``token``, ``branch``, ``create_pr``.

    Returns:
        Address of the commit.

    Raises:
        WeightsError: If the hub cannot be reached, or refuses.
    """
    from huggingface_hub import ModelCard, ModelHubMixin, constants

    class HubModel(ModelHubMixin):
        """The network as the mixin wants it: importing that takes long, so not a base of ours."""

        def _save_pretrained(self, save_directory: Path) -> None:
            model.save_pretrained(save_directory, training)

        def generate_model_card(self, *args: Any, **kwargs: Any) -> ModelCard:
            return ModelCard(_card(model, repo_id, training or {}))

    try:
        return str(HubModel().push_to_hub(repo_id, **options))
    except Exception as error:  # the HTTP client, and so its errors, differ between releases
        raise WeightsError(
            f"{repo_id}: cannot be pushed to {constants.ENDPOINT}: {_reason(error)}"
        ) from error


def _unreachable(where: str, hub: str, error: BaseException) -> WeightsError:
    return WeightsError(
        f"{where} nothing of it in the cache while {hub} cannot be reached ({_reason(error)}): "
        "name a folder, or try again with a network"
    )


def _reason(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _card(model: DenoisingModel, repo_id: str, training: Mapping[str, Any]) -> str:
    """The page of a repository: what the weights are and how they are loaded."""
    schedule, count = model.schedule, sum(p.numel() for p in model.parameters())
    facts = f"""---
library_name: proteingraph
tags:
- protein-structure
- graph-machine-learning
- model_hub_mixin
---

# {repo_id}

A `DenoisingModel` of proteingraph ({model.architecture}, {count:,} parameters), trained on noise
from {schedule.largest:g} to {schedule.smallest:g} Å.

```python
from proteingraph.pretrain import DenoisingModel

model = DenoisingModel.from_pretrained("{repo_id}")
```
"""
    if not training:
        return facts
    return f"{facts}\n## Training\n\n```json\n{json.dumps(dict(training), indent=2)}\n```\n"
