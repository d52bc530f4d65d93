"""Writes a derived network as ONNX, TorchScript or torch.export, for any batch size, and compares it with PyTorch.

The suffix of --out chooses the format: .onnx, .pt or .pt2. Images go in normalised, as the data_preprocessor of the
training leaves them. Prints the file, its inputs and outputs, and the largest difference found, as JSON.
"""

import argparse
import json
import sys

import torch
from mmengine.config import DictAction

from mmnas_mae.apis import build_backbone, build_network, export_network, load_weights
from mmnas_mae.apis.export import max_difference, run_exported, without_noise
from mmnas_mae.apis.network_flags import add_network_arguments, image_shape, network_size, network_stem
from mmnas_mae.spaces import load_genotype
from mmnas_mae.utils.command_line import add_import_argument, run_tool
from mmnas_mae.utils.config import read_config


@run_tool
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('model', help='config of a retraining or a detector, genotype.json, published name or text')
    parser.add_argument('checkpoint', nargs='?', help='of mmpretrain, mmdet or plain torch; without it random weights')
    parser.add_argument('--out', required=True, help='file to write')
    parser.add_argument('--backbone', action='store_true', help='only the backbone: one output for each stage')
    add_network_arguments(parser)
    add_import_argument(parser)
    parser.add_argument('--mean-noise', action='store_true', help='replace the operation noise of S4 by its mean, zero')
    parser.add_argument('--dynamo', action='store_true', help='export ONNX through torch.export instead of TorchScript')
    parser.add_argument('--tolerance', type=float, default=1e-4, help='largest difference that is no error')
    parser.add_argument('--cfg-options', nargs='+', action=DictAction, help='settings that override the config')
    args = parser.parse_args()
    backbone, classes = describe(args)
    genotype = backbone['genotype']
    shape = image_shape(args, backbone.get('stem') or network_stem(args, genotype))
    # The features of a detector's strides or of a classifier's stages, whatever its head reads.
    if args.backbone or classes is None:
        model = build_backbone(**backbone)
    else:
        settings = {key: value for key, value in backbone.items() if key not in ('genotype', 'out_indices')}
        model = build_network(settings.pop('space', None) or genotype.space, genotype, classes, **settings)
    if args.checkpoint:
        load_weights(model, args.checkpoint)
    model = without_noise(model.eval()) if args.mean_noise else model.eval()
    path = export_network(model, args.out, shape, dynamo=args.dynamo)
    # Another batch than the one that was traced
    images = torch.randn(3, *shape, generator=torch.Generator().manual_seed(0))
    difference = max_difference(model, path, images)
    outputs = [list(output.shape[1:]) for output in run_exported(path, images)]
    print(json.dumps(dict(file=str(path), input=list(images.shape[1:]), outputs=outputs, max_difference=difference)))
    if difference > args.tolerance:
        sys.exit(f'error: {path} differs from PyTorch by {difference:.2g}, more than {args.tolerance:g}')


def describe(args: argparse.Namespace) -> tuple[dict, int | None]:
    """Arguments of the backbone, and the number of classes (None for a detector)."""
    if args.model.endswith('.py'):
        cfg = read_config(args.model, args.cfg_options)
        backbone = dict(cfg.model.backbone)
        if backbone.pop('type') != 'mmnas_mae.GenotypeBackbone':
            raise ValueError(f'the backbone of {args.model!r} is no mmnas_mae.GenotypeBackbone')
        for name in ('init_cfg', 'frozen_stages', 'norm_eval', 'with_cp'):
            backbone.pop(name, None)
        backbone['genotype'] = load_genotype(backbone['genotype'], backbone.get('space'))
        if cfg.get('default_scope') == 'mmdet':
            return backbone, None
        backbone.pop('out_indices', None)
        return backbone, cfg.model.head.num_classes
    genotype = load_genotype(args.model)
    size, classes = network_size(args, genotype)
    return dict(genotype=genotype, **size), classes


if __name__ == '__main__':
    sys.exit(main())
