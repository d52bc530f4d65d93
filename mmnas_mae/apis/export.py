"""Networks that leave the framework: ONNX, TorchScript and torch.export, and weights that move between them."""

import copy
import json
import os
import warnings
from pathlib import Path
from typing import Any, Mapping, Optional, Sequence, Union

import torch
from torch import Tensor, nn

from ..models.checkpoint import read_checkpoint
from ..models.layers.ops import Noise
from ..models.networks.pretrained import check_weights

#: Format of each file suffix.
FORMATS = {'.onnx': 'ONNX', '.pt': 'TorchScript', '.pt2': 'torch.export'}

#: File with the metadata inside those of PyTorch.
_METADATA = 'metadata.json'

#: What the last linear layer is called in mmpretrain's classifiers, with and without an auxiliary head.
_CLASSIFIERS = ('head.fc.', 'head.head.fc.')


def export_network(
    model: nn.Module,
    path: Union[str, os.PathLike],
    shape: Sequence[int] = (3, 224, 224),
    mean_noise: bool = False,
    dynamo: bool = False,
    metadata: Optional[Mapping[str, Any]] = None,
) -> Path:
    """Writes a network in eval mode, for any batch size.

    Args:
        model: a backbone or a whole network: (B, C, H, W) -> Tensor or tuple of Tensors.
        path: the suffix chooses the format: ``.onnx``, ``.pt`` (TorchScript) or ``.pt2``
            (``torch.export``).
        shape: (C, H, W) of an image.
        mean_noise: replaces the operation ``noise`` of S4 by its mean, zero. It draws
            anew each time, so that nothing could be compared with the file.
        dynamo: the exporter of ONNX that goes through ``torch.export``. It needs
            onnxscript and takes ten times as long as the one through TorchScript.
        metadata: what the file says of itself, such as ``classes``, ``mean`` and ``std``, as JSON takes it;
            :func:`read_metadata` reads it.

    Returns:
        Path: of the file. In ONNX the input is called ``image`` and the outputs
        ``output`` or ``feature0`` and so on, fine to coarse.

    Raises:
        ValueError: the suffix is unknown, or there is noise and ``mean_noise`` is False.
        ModuleNotFoundError: a package that the format needs is not installed.
    """
    path = Path(path)
    if path.suffix not in FORMATS:
        known = ', '.join(f'{suffix} ({name})' for suffix, name in FORMATS.items())
        raise ValueError(f'the suffix of {path.name!r} is none of {known}')
    model = without_noise(model) if mean_noise else copy.deepcopy(model)
    model.eval().requires_grad_(False)
    if any(isinstance(module, Noise) for module in model.modules()):
        raise ValueError(
            'this genotype has the operation noise, which draws anew each time; mean_noise=True replaces it by its mean'
        )
    # Two images: a batch of one would be taken for a constant.
    images = next(model.parameters()).new_zeros(2, *shape)
    said = dict(metadata or {})
    extra = {_METADATA: json.dumps(said)}
    path.parent.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        if path.suffix == '.onnx':
            _to_onnx(model, images, path, dynamo)
            _describe_onnx(path, said)
        elif path.suffix == '.pt':
            torch.jit.save(torch.jit.trace(model, images, check_trace=False), str(path), _extra_files=extra)
        else:
            torch.export.save(_torch_export(model, images), str(path), extra_files=extra)
    return path


def read_metadata(path: Union[str, os.PathLike]) -> dict[str, Any]:
    """What an exported file says of itself.

    Args:
        path: a file of :func:`export_network`.
    """
    path = Path(path)
    if path.suffix == '.onnx':
        _need('onnx')
        import onnx

        said = {entry.key: entry.value for entry in onnx.load(str(path)).metadata_props}
        return {key: json.loads(value) for key, value in said.items()}
    files = {_METADATA: ''}
    if path.suffix == '.pt':
        torch.jit.load(str(path), _extra_files=files)
    else:
        torch.export.load(str(path), extra_files=files)
    text = files[_METADATA]
    return json.loads(text.decode() if isinstance(text, bytes) else text)


def without_noise(model: nn.Module) -> nn.Module:
    """A copy whose ``noise`` operations give their mean, zero."""
    model = copy.deepcopy(model)
    for module in list(model.modules()):
        for name, child in module.named_children():
            if isinstance(child, Noise):
                setattr(module, name, _Silence(child.stride))
    return model


def run_exported(path: Union[str, os.PathLike], images: Tensor) -> tuple[Tensor, ...]:
    """What an exported network gives, on the CPU; ONNX runs in onnxruntime.

    Args:
        path: a file of :func:`export_network`.
        images (Tensor): (B, C, H, W).
    """
    path = Path(path)
    if path.suffix == '.onnx':
        _need('onnxruntime')
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        session = onnxruntime.InferenceSession(str(path), options, providers=['CPUExecutionProvider'])
        return tuple(map(torch.from_numpy, session.run(None, {'image': images.numpy()})))
    loaded = torch.jit.load(str(path)) if path.suffix == '.pt' else torch.export.load(str(path)).module()
    with torch.no_grad():
        output = loaded(images)
    return (output,) if isinstance(output, Tensor) else tuple(output)


def max_difference(model: nn.Module, path: Union[str, os.PathLike], images: Tensor) -> float:
    """Largest absolute difference between a network and its export, over all outputs.

    Args:
        model: as it was exported.
        path: a file of :func:`export_network`.
        images (Tensor): (B, C, H, W), on the CPU.

    Raises:
        ValueError: one of them gives NaN or infinity, of which there is no difference.
    """
    with torch.no_grad():
        ours = copy.deepcopy(model).cpu().eval()(images)
    ours = (ours,) if isinstance(ours, Tensor) else ours
    pairs = list(zip(ours, run_exported(path, images), strict=True))
    for what, place in (('PyTorch', 0), (str(path), 1)):
        if not all(bool(torch.isfinite(pair[place]).all()) for pair in pairs):
            raise ValueError(f'{what} gives NaN or infinity for images of noise; are all weights finite?')
    return max(float((a - b).abs().max()) for a, b in pairs)


def load_weights(model: nn.Module, checkpoint: Union[str, os.PathLike]) -> None:
    """Loads a checkpoint of mmpretrain, of mmdet or of plain torch.

    Args:
        model: a backbone, or a :class:`mmnas_mae.models.GenotypeNetwork`, which takes the
            linear layer of a classifier of mmpretrain too.
        checkpoint: a file of the runner, or of ``torch.save(model.state_dict(), ...)``.

    Raises:
        ValueError: the weights are of another genotype or size, or reading the file would execute something.
        FileNotFoundError: there is no such file.
    """
    state = read_checkpoint(checkpoint)
    state = state.get('state_dict', state)
    own = model.state_dict()
    # A backbone of mmpretrain lies in a MaskedBackbone, and that in the model of the run.
    for prefix in ('network.', 'backbone.', 'network.'):
        if not any(name.startswith(prefix) for name in own):
            inside = {name[len(prefix) :]: value for name, value in state.items() if name.startswith(prefix)}
            state = inside or state
    if 'classifier.weight' in own and 'classifier.weight' not in state:
        head = next((name for name in _CLASSIFIERS if f'{name}weight' in state), None)
        state = {
            **{name: value for name, value in state.items() if name.startswith('backbone.')},
            **{f'classifier.{k}': state[f'{head}{k}'] for k in ('weight', 'bias') if f'{head}{k}' in state},
        }
    try:
        check_weights(model, state)
        model.load_state_dict(state, strict=False)
    except ValueError as error:
        raise ValueError(f'checkpoint {os.fspath(checkpoint)!r}: {error}') from None


def _to_onnx(model: nn.Module, images: Tensor, path: Path, dynamo: bool) -> None:
    _need('onnx', *(['onnxscript'] if dynamo else []))
    with torch.no_grad():
        output = model(images)
    outputs = ['output'] if isinstance(output, Tensor) else [f'feature{i}' for i in range(len(output))]
    names = dict(input_names=['image'], output_names=outputs)
    if dynamo:
        program = torch.onnx.export(model, (images,), dynamo=True, verbose=False, dynamic_shapes=_batch(), **names)
        program.save(str(path))
    else:
        axes = {name: {0: 'batch'} for name in ('image', *outputs)}
        torch.onnx.export(model, (images,), str(path), dynamo=False, dynamic_axes=axes, **names)


def _describe_onnx(path: Path, said: Mapping[str, Any]) -> None:
    import onnx

    model = onnx.load(str(path))
    for key, value in said.items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, json.dumps(value)
    onnx.save(model, str(path))


def _torch_export(model: nn.Module, images: Tensor) -> torch.export.ExportedProgram:
    return torch.export.export(model, (images,), dynamic_shapes=_batch())


def _batch() -> tuple[dict, ...]:
    return ({0: torch.export.Dim('batch')},)


def _need(*packages: str) -> None:
    for package in packages:
        try:
            __import__(package)
        except ModuleNotFoundError as error:
            raise ModuleNotFoundError(
                f'ONNX needs {package}, which is not installed: pip install {package}', name=error.name
            ) from None


class _Silence(nn.Module):
    """The mean of :class:`Noise`."""

    def __init__(self, stride: int) -> None:
        super().__init__()
        self.stride = stride

    def forward(self, x: Tensor, visible: None = None) -> Tensor:
        return x[:, :, :: self.stride, :: self.stride] * 0
