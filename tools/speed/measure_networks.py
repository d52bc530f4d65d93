"""Parameters, multiply-adds, latency and throughput of derived networks beside ResNet-50 and MobileNetV3.

All are whole classifiers, timed in one run on one machine; a latency says little without the rows beside it.
"""

import argparse
import contextlib
import io
import json
import sys
from pathlib import Path

import torch
from torch import nn

from mmnas_mae.apis import build_network
from mmnas_mae.costs import measure_complexity
from mmnas_mae.costs.latency import measure_speed
from mmnas_mae.utils.command_line import add_import_argument, run_tool, within
from mmnas_mae.utils.ranges import COUNT
from mmnas_mae.utils.records import write_json

#: mmpretrain's name of each network of reference.
REFERENCES = {'ResNet-50': 'resnet50_8xb32_in1k', 'MobileNetV3-Large': 'mobilenet-v3-large_8xb128_in1k'}
COLUMNS = ('network', 'params_m', 'macs_m', 'latency_ms', 'latency_p90_ms', 'throughput')


@run_tool
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('genotypes', nargs='+', help='genotype.json, published name or text; NAME@C for other channels')
    parser.add_argument(
        '--init-channels', type=int, action=within(COUNT), default=48, help='C of a genotype without @C'
    )
    parser.add_argument('--layers', type=int, action=within(COUNT), default=14, help='cells')
    parser.add_argument('--stem', choices=['cifar', 'imagenet'], default='imagenet')
    parser.add_argument('--num-classes', type=int, action=within(COUNT), default=1000)
    parser.add_argument(
        '--shape', type=int, action=within(COUNT), nargs='+', default=[224], help='height and width of an image'
    )
    parser.add_argument(
        '--batch-size', type=int, action=within(COUNT), default=32, help='images of a batch, for the throughput'
    )
    parser.add_argument(
        '--repeats', type=int, action=within(COUNT), default=20, help='timed runs, of which the median counts'
    )
    parser.add_argument('--device', default='cuda' if torch.cuda.is_available() else 'cpu')
    parser.add_argument('--threads', type=int, action=within(COUNT), help='threads of torch on the CPU')
    parser.add_argument('--channels-last', action='store_true', help='the memory layout that some devices prefer')
    parser.add_argument('--no-references', action='store_true', help='the genotypes alone')
    parser.add_argument('--out', help='writes the JSON to this file as well')
    add_import_argument(parser)
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    shape = (3, args.shape[0], args.shape[-1])
    networks = {name: build_genotype(name, args) for name in args.genotypes}
    if not args.no_references:
        networks.update({name: build_reference(config, args.num_classes) for name, config in REFERENCES.items()})
    rows = []
    for name, network in networks.items():
        cost = measure_complexity(network, shape)
        speed = measure_speed(
            network, shape, args.batch_size, args.repeats, device=args.device, channels_last=args.channels_last
        )
        rows.append(dict(network=name, params=cost.params, macs=cost.macs, **vars(speed)))
    report = dict(
        machine=describe_machine(args.device),
        input=shape,
        batch_size=args.batch_size,
        repeats=args.repeats,
        channels_last=args.channels_last,
        networks=rows,
    )
    print(table(rows), file=sys.stderr)
    print(json.dumps(report))
    if args.out:
        write_json(args.out, report, indent=2)


def build_genotype(text: str, args: argparse.Namespace) -> nn.Module:
    """The classifier of ``GENOTYPE`` or ``GENOTYPE@C``."""
    name, _, channels = text.rpartition('@') if text.rpartition('@')[2].isdigit() else (text, '', '')
    return build_network(
        'darts',
        name,
        args.num_classes,
        init_channels=int(channels or args.init_channels),
        layers=args.layers,
        stem=args.stem,
    )


def build_reference(config: str, num_classes: int) -> nn.Module:
    """A classifier of mmpretrain as a plain module, untrained."""
    # It reports what it could not import to stdout.
    with contextlib.redirect_stdout(io.StringIO()):
        from mmpretrain import get_model

        return Logits(get_model(config, pretrained=False, head=dict(num_classes=num_classes)))


class Logits(nn.Module):
    """An image classifier of mmpretrain: (B, 3, H, W) -> (B, num_classes)."""

    def __init__(self, classifier: nn.Module) -> None:
        super().__init__()
        self.classifier = classifier

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.classifier(x, mode='tensor')


def describe_machine(device: str) -> dict:
    """What the times belong to."""
    name = torch.cuda.get_device_name(device) if device.startswith('cuda') else cpu_name()
    return dict(device=device, name=name, threads=torch.get_num_threads(), torch=torch.__version__)


def cpu_name() -> str:
    """As Linux gives it, else that of the architecture."""
    info = Path('/proc/cpuinfo')
    lines = info.read_text().splitlines() if info.is_file() else []
    return next((line.split(':', 1)[1].strip() for line in lines if line.startswith('model name')), 'CPU')


def table(rows: list[dict]) -> str:
    """The rows as a Markdown table."""
    lines = ['| ' + ' | '.join(COLUMNS) + ' |', '|---' * len(COLUMNS) + '|']
    for row in rows:
        values = dict(row, params_m=row['params'] / 1e6, macs_m=row['macs'] / 1e6)
        cells = [f'{value:.2f}' if isinstance(value, float) else value for value in map(values.get, COLUMNS)]
        lines.append('| ' + ' | '.join(cells) + ' |')
    return '\n'.join(lines)


if __name__ == '__main__':
    sys.exit(main())
