"""What a GPU says of the search step: one command, made to fit a few minutes of one card.

Parts, in the order of their worth:
  losses     10 steps captured as CUDA graphs against ordinary ones, for each family of search networks
  curvature  the dominant eigenvalue with node kernels against that of the library
  steps      seconds of a whole step in each execution, memory, and the share of the measured copy rate
  profile    which kernels a captured step spends its time in
  nodes      tools/speed/node_check.py
  train      tools/train.py on images in memory against the bare step
  tests      the tests marked gpu

Prints a line for each finding, writes all of them as JSON as it goes, and goes on where one part fails; the exit status
is 1 if any has.
--dry runs every part on the CPU at a size of seconds, without graphs.
"""

import argparse
import copy
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import Any, Callable, Optional, Sequence

import torch
from device_rates import Traffic, measure_rates, peak_memory
from measure_search import CASES
from search_speed import CAPTURED, STEPS, SearchStep

from mmnas_mae.engine.stabilisers.curvature import dominant_eigenvalue
from mmnas_mae.engine.step import step_loss
from mmnas_mae.models.layers.masked_norm import fuse_norms
from mmnas_mae.utils.records import write_json

#: Captured, with the library's normalisations.
LIBRARY = 'captured, normalised by the library'

S0, NASBENCH201 = (CASES[name][0] for name in ('s0-c16', 'nasbench201-c16'))
#: Families of search networks whose captured steps have to be the ordinary ones; small, but with every part.
FAMILIES = {
    's0': dict(S0, init_channels=8, layers=3),
    'nasbench201': dict(NASBENCH201, init_channels=8, cells_per_stage=1),
    's2': dict(S0, space='darts_s2', init_channels=8, layers=3),
    's4-noise': dict(S0, space='darts_s4', init_channels=8, layers=3),
    'pcdarts': dict(CASES['pcdarts-s0-c16'][0], init_channels=8, layers=3),
    'snas': dict(NASBENCH201, init_channels=8, cells_per_stage=1, relaxation=dict(type='mmnas_mae.ConcreteRelaxation')),
    'fairdarts': dict(S0, init_channels=8, layers=3, relaxation=dict(type='mmnas_mae.SigmoidRelaxation')),
    'darts-minus': dict(S0, init_channels=8, layers=3, connection=dict(type='mmnas_mae.AuxiliarySkipMixedOp')),
    'checkpointing': dict(NASBENCH201, init_channels=8, cells_per_stage=1, with_cp=True),
}


#: Relative difference of losses within ten steps that rounding explains.
MOST_APART = 1e-3


class Check:
    """The findings, and the time that is left.

    Args:
        minutes: after which no further part begins.
        dry: whether sizes are cut to run on the CPU.
        out: the JSON file.
        train_config: what tools/train.py runs.
    """

    def __init__(self, minutes: float, dry: bool, out: Path, train_config: Optional[str] = None) -> None:
        self.dry = dry
        self.cases: Optional[Sequence[str]] = None
        self.device = 'cpu' if dry else 'cuda'
        self.out = out
        self.start = time.monotonic()
        self.end = self.start + 60 * minutes
        self.train_config = train_config
        self.findings: list[dict[str, Any]] = []

    def say(self, part: str, **finding: Any) -> None:
        """Keeps a finding and prints it."""
        finding = {name: round(x, 6) if isinstance(x, float) else x for name, x in finding.items()}
        self.findings.append(dict(part=part, at=round(time.monotonic() - self.start, 1), **finding))
        print(f'{part}: ' + ', '.join(f'{name} {value}' for name, value in finding.items()), flush=True)
        write_json(self.out, self.findings, indent=1)

    def wanted(self, case: str) -> bool:
        """Whether a case was asked for."""
        return self.cases is None or case in self.cases

    def attempt(self, part: str, run: Callable[[], None]) -> bool:
        """Whether the part could begin and ended well."""
        if time.monotonic() > self.end:
            self.say(part, left_out='no time')
            return False
        try:
            run()
            return True
        except Exception as error:
            traceback.print_exc()
            self.say(part, failed=f'{type(error).__name__}: {str(error)[:300]}')
            return False

    def step(self, backbone: dict, batch: int = 64, **options: Any) -> SearchStep:
        """A search step at full size, or cut."""
        if self.dry:
            cut = dict(init_channels=4, layers=3, cells_per_stage=1)
            backbone = {name: cut.get(name, value) for name, value in backbone.items()}
        return SearchStep(backbone, 4 if self.dry else batch, 16 if self.dry else 32, device=self.device, **options)


def losses(check: Check) -> None:
    """Captured steps against ordinary ones from equal weights, masks and draws."""
    for name, backbone in ((name, each) for name, each in FAMILIES.items() if check.wanted(name)):
        for order in (1, 2) if name == 'nasbench201' else (1,):
            check.attempt('losses', lambda b=backbone, n=name, o=order: compare_losses(check, n, b, o))


def compare_losses(check: Check, name: str, backbone: dict, order: int) -> None:
    """The largest relative difference of the losses, and that of two ordinary executions."""
    curves = {}
    for execution in ('ours', 'again', CAPTURED):
        torch.manual_seed(0)
        step = check.step(backbone, 16, order=order)
        kept: list[torch.Tensor] = []
        step.keep = lambda loss, kept=kept: kept.append(loss)
        for _ in range(3 if check.dry else 10):
            for part in STEPS:
                step.run(part, CAPTURED if execution == CAPTURED else 'ours')
        curves[execution] = torch.stack(kept).cpu().double()

    def furthest(a: str, b: str) -> float:
        return float(((curves[a] - curves[b]).abs() / curves[a].abs()).max())

    check.say(
        'losses',
        family=name,
        order=order,
        captured=furthest('ours', CAPTURED),
        first_step=float((curves['ours'][:2] / curves[CAPTURED][:2] - 1).abs().max()),
        ordinary_twice=furthest('ours', 'again'),
        last=float(curves[CAPTURED][-1]),
    )

    # Rounding drives two ordinary executions apart as well.
    if furthest('ours', CAPTURED) > max(10 * furthest('ours', 'again'), MOST_APART):
        raise ValueError(f'captured steps of {name} are not the ordinary ones')


def curvature(check: Check) -> None:
    """Second derivatives, which the node kernels leave to the definition."""
    step, values = check.step(FAMILIES['nasbench201'], 16), {}
    state = copy.deepcopy(step.model.state_dict())
    for name, fused in (('library', False), ('kernels', True)):
        step.model.load_state_dict(state)
        fuse_norms(step.model, fused)
        torch.manual_seed(0)
        with step.model.kept_generators():
            loss = step_loss(step.model, None, dict(inputs=step.batches[0]), alpha_step=True, twice=True)
            values[name] = dominant_eigenvalue(loss, step.model.arch_parameters(), list(step.model.buffers()), 5)
    check.say('curvature', **values)
    if abs(values['kernels'] - values['library']) > 1e-3 * abs(values['library']):
        raise ValueError('the curvature with node kernels is not that of the library')


def median_step(check: Check, step: SearchStep, execution: str, repeats: int) -> float:
    """Seconds of an alpha step and a weight step together, run without pause."""
    seconds = []
    for _ in range(2):
        for part in STEPS:
            step.run(part, execution)
    synchronize(check)
    for _ in range(repeats):
        start = time.perf_counter()
        for part in STEPS:
            step.run(part, execution)
        synchronize(check)
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def synchronize(check: Check) -> None:
    if not check.dry:
        torch.cuda.synchronize()


def steps(check: Check) -> None:
    """The table of docs/speed.md."""
    rates = measure_rates(check.device)
    check.say('rates', tflops=rates['flops'] / 1e12, gigabytes=rates['bytes'] / 1e9)
    for name, order in (
        ('nasbench201-c16', 1),
        ('s0-c16', 1),
        ('nasbench201-c16', 2),
        ('s2-c16', 1),
        ('pcdarts-s0-c16', 1),
        ('s0-c16', 2),
    ):
        if not check.wanted(name):
            continue
        check.attempt('steps', lambda n=name, o=order: time_case(check, n, o, rates))


def time_case(check: Check, name: str, order: int, rates: dict) -> None:
    """One case in each execution."""
    backbone, batch = CASES[name]
    for execution in (CAPTURED, LIBRARY, 'ours', 'plain') if order == 1 else (CAPTURED, 'ours'):
        step = check.step(backbone, batch, order=order)
        step.fused = execution != LIBRARY
        with peak_memory(torch.device(check.device)) as peak:
            first = time.perf_counter()
            known = CAPTURED if execution == LIBRARY else execution
            seconds = median_step(check, step, known, 2 if execution == 'plain' else 5)
            first = time.perf_counter() - first
        traffic = {}
        if execution == 'ours' and order == 1:
            with Traffic() as counted:
                for part in STEPS:
                    step.run(part, execution)
            traffic = dict(gigabytes=counted.bytes / 1e9, copy_share=counted.bytes / seconds / rates['bytes'])
        check.say(
            'steps', case=name, order=order, execution=execution, seconds=seconds, peak=peak(), all=first, **traffic
        )


def profile(check: Check) -> None:
    """Kernels of a captured step by their time."""
    activities = [torch.profiler.ProfilerActivity.CPU if check.dry else torch.profiler.ProfilerActivity.CUDA]
    for case in filter(check.wanted, ('nasbench201-c16', 's0-c16')):
        step = check.step(*CASES[case])
        median_step(check, step, CAPTURED, 1)
        with torch.profiler.profile(activities=activities) as profiled:
            for part in STEPS:
                step.run(part, CAPTURED)
            synchronize(check)
        rows = sorted(profiled.key_averages(), key=_device_time, reverse=True)
        total = sum(map(_device_time, rows))
        for row in rows[:14]:
            check.say(
                'profile',
                case=case,
                kernel=row.key[:90],
                milliseconds=_device_time(row) / 1e3,
                calls=row.count,
                share=_device_time(row) / max(total, 1),
            )
        check.say('profile', case=case, kernels=sum(row.count for row in rows), milliseconds=total / 1e3)


def _device_time(row: Any) -> float:
    return getattr(row, 'self_device_time_total', 0.0)


def nodes(check: Check) -> None:
    """The node as one function."""
    _run(check, 'nodes', [str(Path(__file__).with_name('node_check.py')), *(['--dry'] if check.dry else [])], 90)


def train(check: Check) -> None:
    """tools/train.py beside the bare step: the seconds an iteration that its log gives."""
    if check.train_config is None:
        check.say('train', left_out='--train-config is not given')
        return
    root = Path(__file__).parents[2]
    with tempfile.TemporaryDirectory() as folder:
        _run(check, 'train', [str(root / 'tools/train.py'), check.train_config, '--work-dir', folder], 90)
        for line in next(Path(folder).glob('*/vis_data/scalars.json')).read_text().splitlines():
            row = json.loads(line)
            if 'data_time' in row:
                check.say('train', **{name: row.get(name) for name in ('step', 'time', 'data_time', 'loss')})


def tests(check: Check) -> None:
    """By name what fails of the tests on a GPU."""
    os.environ['MMNAS_TEST_GPU'] = '1'
    _run(check, 'tests', ['-m', 'pytest', '-m', 'gpu', '-rfEs', str(Path(__file__).parents[2] / 'tests')], 120)


def _run(check: Check, part: str, command: list[str], limit: int) -> None:
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, timeout=limit)
    print(done.stdout[-4000:], done.stderr[-2000:], sep='\n')
    check.say(part, exit=done.returncode, end=(done.stdout or done.stderr)[-600:])


PARTS = dict(losses=losses, curvature=curvature, steps=steps, profile=profile, nodes=nodes, train=train, tests=tests)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--parts', nargs='+', choices=list(PARTS), default=list(PARTS), help='what to look at')
    parser.add_argument('--cases', nargs='+', help='of steps, and families of losses; all by default')
    parser.add_argument('--minutes', type=float, default=6, help='after which no further part begins')
    parser.add_argument('--dry', action='store_true', help='on the CPU, at small sizes')
    parser.add_argument('--out', type=Path, default=Path('gpu_check.json'), help='the findings as JSON')
    parser.add_argument('--train-config', help='a short search of NAS-Bench-201 at C=16, N=5 for tools/train.py')
    args = parser.parse_args()
    if not args.dry and not torch.cuda.is_available():
        sys.exit('error: there is no GPU; --dry runs everything on the CPU')
    check = Check(args.minutes, args.dry, args.out, args.train_config)
    check.cases = args.cases
    name = 'CPU' if args.dry else torch.cuda.get_device_name()
    check.say('machine', name=name, torch=torch.__version__, cudnn=str(torch.backends.cudnn.version()))
    for part in args.parts:
        check.attempt(part, lambda p=part: PARTS[p](check))
    failed = [finding for finding in check.findings if 'failed' in finding or finding.get('exit')]
    if failed:
        sys.exit(f'failed: {", ".join(sorted({finding["part"] for finding in failed}))}')


if __name__ == '__main__':
    main()
