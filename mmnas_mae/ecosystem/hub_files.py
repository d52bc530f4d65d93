"""A network as files that the hub of models and timm read: ``config.json`` and ``model.safetensors``."""

import importlib
import json
import os
from pathlib import Path
from typing import Any, Mapping, NamedTuple, Optional, Union

from torch import Tensor

from ..spaces import load_genotype, published_names
from ..spaces.genotype import MAX_SETTING
from ..utils.errors import shorten
from ..utils.records import write_json

CONFIG, WEIGHTS = 'config.json', 'model.safetensors'
#: Name of the network of any genotype in timm.
ANY_GENOTYPE = 'mmnas_genotype'
#: Arguments of the network that a file may set; timm notes others that it was called with, such as ``features_only``.
_ARGUMENTS = frozenset(
    """
    num_classes in_chans global_pool drop_rate drop_path_rate init_channels layers stem strides norm_momentum genotype
    """.split()
)


class SavedNetwork(NamedTuple):
    """What a folder of the hub holds.

    Args:
        arguments: of :class:`mmnas_mae.ecosystem.HubClassifier`.
        weights: state dict.
        config: the content of ``config.json``.
    """

    arguments: dict[str, Any]
    weights: dict[str, Tensor]
    config: dict[str, Any]


def architecture_names() -> dict[str, str]:
    """Published genotypes by their names in timm, such as ``mmnas_darts_v2``."""
    return {f'mmnas_{name.lower()}': name for name in published_names()}


def write_network(
    folder: Union[str, os.PathLike], config: Mapping[str, Any], weights: Mapping[str, Tensor], card: str
) -> Path:
    """Writes ``config.json``, ``model.safetensors`` and, unless there is one, ``README.md``.

    Raises:
        ModuleNotFoundError: safetensors is not installed.
    """
    save_file = _package('safetensors.torch').save_file
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / CONFIG, config, indent=2)
    save_file({name: value.detach().cpu().contiguous() for name, value in weights.items()}, str(folder / WEIGHTS))
    if not (folder / 'README.md').exists():
        (folder / 'README.md').write_text(card, encoding='utf-8')
    return folder


def read_network(source: Union[str, os.PathLike], **hub: Any) -> SavedNetwork:
    """Reads a folder, or a repository of the hub. Nothing that it holds is executed.

    Args:
        source: a folder, or the name of a repository such as ``user/name``.
        hub: ``revision``, ``cache_dir``, ``token`` and the like, as for ``huggingface_hub.hf_hub_download``.

    Raises:
        FileNotFoundError: the folder lacks a file.
        ModuleNotFoundError: safetensors, or for a repository huggingface_hub, is not installed.
        ValueError: ``config.json`` describes no network of a genotype.
    """
    folder = Path(source)
    if folder.is_dir():
        files = [folder / name for name in (CONFIG, WEIGHTS)]
        missing = [path.name for path in files if not path.is_file()]
        if missing:
            raise FileNotFoundError(f'folder {str(folder)!r} has no {" and no ".join(missing)}')
    else:
        download = _package('huggingface_hub').hf_hub_download
        files = [Path(download(os.fspath(source), name, **hub)) for name in (CONFIG, WEIGHTS)]
    where = f'{CONFIG} of {os.fspath(source)!r}'
    try:
        config = json.loads(files[0].read_text(encoding='utf-8'))
    except (ValueError, RecursionError) as error:
        raise ValueError(f'{where}: not JSON: {error}') from None
    arguments = _arguments(config, where)
    return SavedNetwork(arguments, _package('safetensors.torch').load_file(str(files[1])), config)


def _arguments(config: Any, where: str) -> dict[str, Any]:
    """The arguments of the network, with its genotype; timm leaves out what was not given."""
    config = config if isinstance(config, Mapping) else {}
    name, given = config.get('architecture'), config.get('model_args')
    given = given if isinstance(given, Mapping) else {}
    arguments = {key: value for key, value in given.items() if key in _ARGUMENTS}
    for key in ('init_channels', 'layers', 'in_chans'):
        numbers = arguments.get(key, 1)
        numbers = numbers if isinstance(numbers, list) else [numbers]
        # No network is larger: a file must not be able to fill the memory.
        if not all(isinstance(number, int) and 0 < number <= MAX_SETTING for number in numbers):
            got = shorten(repr(arguments[key]))
            raise ValueError(f'{where}: {key} must be whole numbers from 1 to {MAX_SETTING}, got {got}')
    if 'num_classes' in config:
        arguments.setdefault('num_classes', config['num_classes'])
    genotype = arguments.pop('genotype', None) or architecture_names().get(str(name))
    if genotype is None:
        known = ', '.join([ANY_GENOTYPE, *architecture_names()])
        raise ValueError(f'{where}: architecture must be one of {known}, got {shorten(repr(name))}')
    if not isinstance(genotype, Mapping) and genotype not in published_names():
        # A path would be read on this machine.
        raise ValueError(f'{where}: genotype must be a dict or a published name, got {shorten(repr(genotype))}')
    return dict(arguments, genotype=load_genotype(genotype))


def upload(folder: Path, repo_id: str, token: Optional[str], private: bool, **commit: Any) -> str:
    """Makes a repository unless it exists, and sends a folder to it; returns its address.

    Raises:
        ModuleNotFoundError: huggingface_hub is not installed.
    """
    api = _package('huggingface_hub').HfApi(token=token)
    repo_id = api.create_repo(repo_id, private=private, exist_ok=True).repo_id
    has_card = api.file_exists(repo_id, 'README.md', revision=commit.get('revision'))
    api.upload_folder(
        repo_id=repo_id, folder_path=str(folder), ignore_patterns=['README.md'] if has_card else None, **commit
    )
    return repo_id


def _package(name: str) -> Any:
    """An optional package.

    Raises:
        ModuleNotFoundError: it is not installed.
    """
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        package = name.partition('.')[0]
        if str(error.name).partition('.')[0] != package:
            raise
        raise ModuleNotFoundError(f'{package} is not installed: pip install {package}', name=package) from None
