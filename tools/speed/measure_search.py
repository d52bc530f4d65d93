"""Times the alpha step and the weight step of a search, the plain execution of the public code beside ours.

Both run in turn in one process on the same parameters. The plain one uses the library's depthwise convolutions in
NCHW and computes the gradient of every weight in the alpha step too. Rates of the device (a large matrix product, a
large copy) are measured in the same run. Prints a table to stderr and JSON to stdout.
"""

import argparse
import json
import sys

import torch
from device_rates import measure_rates
from search_scaling import measure_growth, measure_processes, plot_growth, table
from search_speed import SearchStep, measure_search_step

from mmnas_mae.utils.command_line import run_tool, within
from mmnas_mae.utils.ranges import COUNT
from mmnas_mae.utils.records import write_json

#: name -> (config of the search network, batch size)
CASES = {
    's0-c16': (dict(type='mmnas_mae.DARTSSupernet', space='darts_s0', init_channels=16, layers=8), 64),
    's0-c4': (dict(type='mmnas_mae.DARTSSupernet', space='darts_s0', init_channels=4, layers=5), 64),
    's2-c16': (dict(type='mmnas_mae.DARTSSupernet', space='darts_s2', init_channels=16, layers=8), 64),
    'nasbench201-c16': (dict(type='mmnas_mae.NASBench201Supernet', init_channels=16, cells_per_stage=5), 64),
    'pcdarts-s0-c16': (
        dict(
            type='mmnas_mae.DARTSSupernet',
            space='darts_s0',
            init_channels=16,
            layers=8,
            connection=dict(type='mmnas_mae.PartialMixedOp', portion=4),
            edge_norm=True,
        ),
        256,
    ),
}


@run_tool
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--cases', nargs='+', choices=sorted(CASES), default=list(CASES), help='what to measure')
    parser.add_argument('--orders', nargs='+', type=int, choices=[1, 2], default=[1, 2], help='of the alpha gradient')
    devices = ['cpu', 'cuda'] if torch.cuda.is_available() else ['cpu']
    parser.add_argument('--devices', nargs='+', default=devices, help='cpu and, where there is one, cuda')
    parser.add_argument(
        '--repeats', type=int, action=within(COUNT), default=3, help='timed runs, of which the median counts'
    )
    parser.add_argument(
        '--batch-size', type=int, action=within(COUNT), help="images of a batch, instead of the case's own"
    )
    parser.add_argument('--image-size', type=int, action=within(COUNT), default=32, help='side of an image in pixels')
    parser.add_argument('--threads', type=int, action=within(COUNT), help='threads of torch on the CPU')
    parser.add_argument('--with-cp', action='store_true', help='activation checkpointing in both executions')
    parser.add_argument(
        '--processes', type=int, action=within(COUNT), help='also compares one process with so many, on the CPU'
    )
    parser.add_argument('--plot', help='also draws how the cost grows with layers, channels and edges, to this file')
    parser.add_argument('--out', help='writes the JSON to this file as well')
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    report: dict = dict(torch=torch.__version__, threads=torch.get_num_threads(), rates={}, cases=[])
    for device in args.devices:
        report['rates'][device] = rates = measure_rates(device)
        print(f'{device}: {rates["flops"] / 1e9:.0f} GFLOP/s, {rates["bytes"] / 1e9:.1f} GB/s', file=sys.stderr)
        for name in args.cases:
            for order in args.orders:
                backbone, batch_size = CASES[name]
                batch_size = args.batch_size or batch_size
                step = SearchStep(dict(backbone, with_cp=args.with_cp), batch_size, args.image_size, order, device)
                result = measure_search_step(step, args.repeats, rates)
                result = dict(case=name, order=order, device=device, batch_size=batch_size, **result)
                report['cases'].append(result)
                print(
                    f'{name} order {order} on {device}: features differ by {result["difference"]:.1e}, '
                    f'{result["plain"]["step"]:.2f} s -> {result["ours"]["step"]:.2f} s, {result["speedup"]:.2f} times',
                    file=sys.stderr,
                )
    if args.processes:
        try:
            backbone, batch_size = CASES[args.cases[0]]
            scaling = measure_processes(backbone, args.batch_size or batch_size, args.repeats, args.processes)
        except ValueError as error:
            sys.exit(f'error: {error}')
        report['scaling'] = dict(case=args.cases[0], **scaling)
    if args.plot:
        report['growth'] = measure_growth(args.batch_size or 16, args.repeats, args.devices[0])
        plot_growth(report['growth'], args.plot)
    print(table(report['cases']), file=sys.stderr)
    print(json.dumps(report))
    if args.out:
        write_json(args.out, report, indent=2)


if __name__ == '__main__':
    sys.exit(main())
