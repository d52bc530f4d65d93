"""Measures a table of latencies for a budget, each operation as it stands in the networks of a space on this device.

The table is one of a device, a number of threads and a size. Whole networks, timed in turn, say how far it is off.
"""

import argparse
import json
import random
import statistics
import sys
from typing import Any

import torch

from mmnas_mae.costs import LatencyTable, measure_latency, measure_table
from mmnas_mae.costs.standalone import SIZES, build_standalone, size_at
from mmnas_mae.spaces import CellSpace, get_space
from mmnas_mae.utils.command_line import add_import_argument, run_tool, within
from mmnas_mae.utils.ranges import COUNT

#: Times that each network of the check is timed, in turn with the others.
_ROUNDS = 5


@run_tool
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('space', help='name of a space of cells, such as darts_s0')
    parser.add_argument('--out', required=True, help='file of the table')
    parser.add_argument(
        '--shape', type=int, action=within(COUNT), nargs='+', help='height and width of an image (default: by the stem)'
    )
    for name in ('init-channels', 'layers', 'cells-per-stage', 'num-classes'):
        parser.add_argument(
            f'--{name}', type=int, action=within(COUNT), help='as in get_flops.py (default: the usual size)'
        )
    parser.add_argument('--stem', choices=list(SIZES), help='stem of the network (default: cifar)')
    parser.add_argument(
        '--repeats',
        type=int,
        action=within(COUNT),
        default=20,
        help='timed runs of each part, of which the fastest counts',
    )
    parser.add_argument(
        '--networks', type=int, action=within(COUNT), default=30, help='whole networks to check with (default: 30)'
    )
    parser.add_argument('--device', default='cuda' if torch.cuda.is_available() else 'cpu')
    parser.add_argument('--threads', type=int, action=within(COUNT), help='threads of torch on the CPU')
    add_import_argument(parser)
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    space = get_space(args.space)
    if not isinstance(space, CellSpace):
        raise ValueError(f'space {space.name} is none of cells, whose latency would be a sum over edges')
    names = ('init_channels', 'layers', 'cells_per_stage', 'num_classes', 'stem')
    at = {name: getattr(args, name) for name in names if getattr(args, name) is not None}
    if args.shape:
        at['image_size'] = args.shape if len(args.shape) > 1 else args.shape[0]
    machine = f'{args.device}, {torch.get_num_threads()} threads, torch {torch.__version__}'
    table = measure_table(space, at, args.device, args.repeats, machine=machine)
    table.save(args.out)
    print(
        json.dumps(
            dict(machine=machine, base_ms=round(table.base, 3), **check(table, space, args.networks, args.device))
        )
    )


def check(table: LatencyTable, space: CellSpace, number: int, device: str) -> dict[str, Any]:
    """How far the table is off the latency of whole networks, whose constant it does not know.

    Returns:
        dict: median and largest relative error, and the range of the measured latencies in milliseconds.
    """
    generator = random.Random(1)
    members = [space.random_genotype(generator) for _ in range(number)]
    size = size_at(members[0], **table.at)
    networks = [build_standalone(member, size, device) for member in members]
    times: list[list[float]] = [[] for _ in members]
    for _ in range(_ROUNDS):
        for network, seen in zip(networks, times):
            seen.append(measure_latency(network, size.shape, repeats=5, warmup=1, device=device))
    measured = list(map(min, times))
    errors = [abs(table.latency(member) / true - 1) for member, true in zip(members, measured)]
    return dict(
        networks=number,
        median_error=round(statistics.median(errors), 4),
        largest_error=round(max(errors), 4),
        measured_ms=[round(min(measured), 3), round(max(measured), 3)],
    )


if __name__ == '__main__':
    sys.exit(main())
