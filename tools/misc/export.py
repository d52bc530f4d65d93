"""Writes a derived network as ONNX, TorchScript or torch.export, for any batch size, and compares it with PyTorch.

The suffix of --out chooses the format: .onnx, .pt or .pt2. Images go in normalised, as the data_preprocessor of the
training leaves them. Prints the file, its inputs and outputs, and the largest difference found, as JSON.
"""

import argparse
import json
import sys

import torch
from mmengine.config import Config, DictAction

from mmnas_mae.apis import build_backbone, build_network, export_network, load_weights
from mmnas_mae.apis.export import max_difference, run_exported, without_noise
from mmnas_mae.models import skeleton_name
from mmnas_mae.spaces import load_genotype


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('model', help='config of a retraining or a detector, genotype.json, published name or text')
    parser.add_argument('checkpoint', nargs='?', help='of mmpretrain, mmdet or plain torch; without it random weights')
    parser.add_argument('--out', required=True, help='file to write')
    parser.add_argument('--backbone', action='store_true', help='only the backbone: one output for each stage')
    parser.add_argument('--shape', type=int, nargs='+', help='height and width of the image (default: by the stem)')
    parser.add_argument('--init-channels', type=int, help='C of a genotype (default: 36, or 48 with --stem imagenet)')
    parser.add_argument('--layers', type=int, help='cells of a genotype (default: 20, or 14 with --stem imagenet)')
    parser.add_argument(
        '--stem', choices=['cifar', 'imagenet'], help='of a genotype (default: of its search, or cifar)'
    )
    parser.add_argument('--num-classes', type=int, help='classes of a genotype (default: 10, or 1000)')
    parser.add_argument('--mean-noise', action='store_true', help='replace the operation noise of S4 by its mean, zero')
    parser.add_argument('--dynamo', action='store_true', help='export ONNX through torch.export instead of TorchScript')
    parser.add_argument('--tolerance', type=float, default=1e-4, help='largest difference that is no error')
    parser.add_argument('--cfg-options', nargs='+', action=DictAction, help='settings that override the config')
    args = parser.parse_args()
    try:
        backbone, classes = describe(args)
        shape = args.shape or ([32] if backbone.get('stem', 'cifar') == 'cifar' else [224])
        # The features of a detector's strides or of a classifier's stages, whatever its head reads.
        if args.backbone or classes is None:
            model = build_backbone(**backbone)
        else:
            backbone = {name: value for name, value in backbone.items() if name != 'out_indices'}
            genotype = load_genotype(backbone.pop('genotype'))
            model = build_network(genotype.space, genotype, classes, **backbone)
        if args.checkpoint:
            load_weights(model, args.checkpoint)
        model = without_noise(model.eval()) if args.mean_noise else model.eval()
        path = export_network(model, args.out, (3, shape[0], shape[-1]), dynamo=args.dynamo)
    except (ValueError, FileNotFoundError, ModuleNotFoundError) as error:
        sys.exit(f'error: {error}')
    # Another batch than the one that was traced
    images = torch.randn(3, 3, shape[0], shape[-1], generator=torch.Generator().manual_seed(0))
    difference = max_difference(model, path, images)
    outputs = [list(output.shape[1:]) for output in run_exported(path, images)]
    print(json.dumps(dict(file=str(path), input=list(images.shape[1:]), outputs=outputs, max_difference=difference)))
    if difference > args.tolerance:
        sys.exit(f'error: {path} differs from PyTorch by {difference:.2g}, more than {args.tolerance:g}')


def describe(args: argparse.Namespace) -> tuple[dict, int | None]:
    """Arguments of the backbone, and the number of classes (None for a detector)."""
    if args.model.endswith('.py'):
        cfg = Config.fromfile(args.model)
        cfg.merge_from_dict(args.cfg_options or {})
        backbone = dict(cfg.model.backbone)
        if backbone.pop('type') != 'mmnas_mae.GenotypeBackbone':
            raise ValueError(f'the backbone of {args.model!r} is no mmnas_mae.GenotypeBackbone')
        for name in ('init_cfg', 'frozen_stages', 'norm_eval', 'with_cp'):
            backbone.pop(name, None)
        if cfg.get('default_scope') == 'mmdet':
            return backbone, None
        backbone.pop('out_indices', None)
        return backbone, cfg.model.head.num_classes
    genotype = load_genotype(args.model)
    if skeleton_name(genotype) != 'darts':
        # Another skeleton takes what is given, by its own defaults else.
        given = dict(init_channels=args.init_channels, layers=args.layers)
        macro = {name: value for name, value in given.items() if value is not None}
        return dict(genotype=genotype, **macro), args.num_classes or 10
    stem = args.stem or genotype.search.get('stem', 'cifar')
    size = (36, 20, 10) if stem == 'cifar' else (48, 14, 1000)
    channels, layers, classes = (
        given or default for given, default in zip((args.init_channels, args.layers, args.num_classes), size)
    )
    return dict(genotype=genotype, init_channels=channels, layers=layers, stem=stem), classes


if __name__ == '__main__':
    sys.exit(main())
