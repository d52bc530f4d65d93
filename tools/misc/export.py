"""Writes a classifier or a backbone as ONNX, TorchScript or torch.export, for any batch size, compared with PyTorch.

The suffix of --out chooses the format: .onnx, .pt or .pt2. Images go in normalised, as the data_preprocessor of the
training leaves them; the file says mean, deviation, size and class names where they are known. Of a detector the
features are exported, which its report says, no boxes. Prints the file, its inputs and outputs, what it says, and the
largest difference found, as JSON.
"""

import argparse
import json
import sys

import torch

from mmnas_mae.apis import build_backbone, build_network, export_network, load_weights
from mmnas_mae.apis.export import max_difference, run_exported, without_noise
from mmnas_mae.apis.exported_model import ExportedModel, exported_model
from mmnas_mae.apis.network_flags import add_network_arguments, image_shape, network_size, network_stem
from mmnas_mae.models.networks.base_network import image_channels
from mmnas_mae.spaces import load_genotype
from mmnas_mae.utils.checkpoints.safe import trusted_checkpoints
from mmnas_mae.utils.command_line import add_import_argument, add_trust_argument, run_tool, within
from mmnas_mae.utils.config import read_config
from mmnas_mae.utils.options import OptionsAction
from mmnas_mae.utils.ranges import NOT_NEGATIVE


@run_tool
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        'model', help='config of any classifier of mmpretrain or of a detector, genotype.json, published name or text'
    )
    parser.add_argument('checkpoint', nargs='?', help='of mmpretrain, mmdet or plain torch; without it random weights')
    parser.add_argument('--out', required=True, help='file to write')
    parser.add_argument('--backbone', action='store_true', help='only the backbone: one output for each stage')
    add_network_arguments(parser)
    add_import_argument(parser)
    add_trust_argument(parser)
    parser.add_argument('--mean-noise', action='store_true', help='replace the operation noise of S4 by its mean, zero')
    parser.add_argument('--dynamo', action='store_true', help='export ONNX through torch.export instead of TorchScript')
    parser.add_argument(
        '--tolerance', type=float, action=within(NOT_NEGATIVE), default=1e-4, help='largest difference that is no error'
    )
    parser.add_argument('--cfg-options', nargs='+', action=OptionsAction, help='settings that override the config')
    args = parser.parse_args()
    by_config = args.model.endswith('.py')
    with trusted_checkpoints(args.trust_checkpoint):
        model, channels, sides, said = from_config(args) if by_config else from_genotype(args)
    shape = (channels, *sides)
    model = without_noise(model.eval()) if args.mean_noise else model.eval()
    images = torch.randn(3, *shape, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        one = isinstance(model(images[:1]), torch.Tensor)
    said = dict(said, channels=channels, outputs='logits' if one else 'features')
    path = export_network(model, args.out, shape, dynamo=args.dynamo, metadata=said)
    # Another batch than the one that was traced
    difference = max_difference(model, path, images)
    outputs = [list(output.shape[1:]) for output in run_exported(path, images)]
    report = dict(file=str(path), input=list(shape), outputs=outputs, metadata=said, max_difference=difference)
    if by_config and not one and not args.backbone:
        report['note'] = 'features; the boxes of a detector are left to mmdet'
    print(json.dumps(report))
    if not difference <= args.tolerance:
        sys.exit(f'error: {path} differs from PyTorch by {difference:.2g}, more than {args.tolerance:g}')


def from_config(args: argparse.Namespace) -> ExportedModel:
    """What a config describes."""
    cfg = read_config(args.model, args.cfg_options)
    found = exported_model(cfg, args.checkpoint, args.backbone)
    is_known = bool(args.shape or found.sides)
    if args.shape or not found.sides:
        _, *sides = image_shape(args, (cfg.model.get('backbone') or {}).get('stem') or 'cifar')
        found = found._replace(sides=tuple(sides))
    # Any size will do to trace it, but only of one that is known is it said that images have it.
    return found._replace(metadata=dict(found.metadata, size=list(found.sides))) if is_known else found


def from_genotype(args: argparse.Namespace) -> ExportedModel:
    """The stand-alone network of a genotype, or its backbone."""
    genotype = load_genotype(args.model)
    size, classes = network_size(args, genotype)
    model = (
        build_backbone(genotype, **size) if args.backbone else build_network(genotype.space, genotype, classes, **size)
    )
    if args.checkpoint:
        load_weights(model, args.checkpoint)
    channels, *sides = image_shape(args, network_stem(args, genotype), image_channels(genotype, None))
    return ExportedModel(model, channels, tuple(sides), dict(size=sides))


if __name__ == '__main__':
    sys.exit(main())
