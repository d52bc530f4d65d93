"""Runs a search with several seeds and sums up what the runs found.

The paper reports means of 3, 4 or 5 searches. Each seed has its own folder, work_dirs/repeat/<config>/seed_<seed>.
Called again, the same command skips runs that finished and goes on with those that were interrupted. Searches by
gradient run through tools/train.py, those of configs/discrete through tools/discrete_search.py; flags that are not
listed here go to that tool. --launch-prefix puts a scheduler in front of every run, such as "srun -p gpu --gres=gpu:1",
and --jobs says how many it gets at a time.
"""

import argparse
import hashlib
import json
import shlex
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Optional, Sequence

from mmengine.config import Config, DictAction

from mmnas_mae.analysis.repeats import STATE, format_summary, read_repeat, summarize

TOOLS = Path(__file__).resolve().parent


class Run:
    """One seed: its folder, its command and its state on disk.

    Args:
        args: the command line.
        extra: flags for the tool that runs it.
        settings: hash of the config with its options.
        seed: the seed.
    """

    def __init__(
        self, args: argparse.Namespace, extra: Sequence[str], settings: str, discrete: bool, seed: int
    ) -> None:
        self.seed = seed
        self.folder = Path(args.work_dir or Path('work_dirs', 'repeat', Path(args.config).stem), f'seed_{seed}')
        self.settings = settings
        options = list(args.cfg_options or [])
        tool, own = ('discrete_search.py', ['--seed', str(seed)]) if discrete else ('train.py', ['--resume', 'auto'])
        if not discrete:
            options.append(f'randomness.seed={seed}')
        self.command = [
            *shlex.split(args.launch_prefix or ''),
            *(sys.executable, str(TOOLS / tool), args.config, '--work-dir', str(self.folder), *own, *extra),
            *(['--cfg-options', *options] if options else []),
        ]
        self.process: Optional[subprocess.Popen] = None
        path = self.folder / STATE
        self.state = dict(seed=seed, settings=settings, finished=False, seconds=0.0, starts=0)
        if path.is_file():
            self.state = json.loads(path.read_text())
        if self.state['settings'] != settings:
            raise ValueError(f'{self.folder} was run with another config or other options; choose another --work-dir')

    def save(self) -> None:
        """Writes the state; a crash leaves the old one or the new one."""
        path = self.folder / STATE
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix('.tmp')
        unfinished.write_text(json.dumps(self.state))
        unfinished.replace(path)

    def __call__(self) -> bool:
        """Runs to the end, or goes on where it stopped; returns whether it finished."""
        if self.state['finished']:
            print(f'seed {self.seed}: finished before', flush=True)
            return True
        print(f'seed {self.seed}: {"goes on" if self.state["starts"] else "starts"} in {self.folder}', flush=True)
        self.state['starts'] += 1
        self.save()
        before, start = self.state['seconds'], time.monotonic()
        with (self.folder / 'repeat.log').open('a') as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=subprocess.STDOUT)
            while True:
                try:
                    code = self.process.wait(timeout=5)
                except subprocess.TimeoutExpired:
                    code = None
                # Kept up to date, so that the cost of a run that is killed is not lost.
                self.state.update(seconds=round(before + time.monotonic() - start, 2), finished=code == 0)
                self.save()
                if code is not None:
                    break
        if code:
            tail = (self.folder / 'repeat.log').read_text().splitlines()[-1:]
            print(f'seed {self.seed}: failed with exit status {code}: {" ".join(tail)}', flush=True)
        return code == 0


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], epilog=' '.join(__doc__.split('\n', 2)[2].split())
    )
    parser.add_argument('config', help='config of a search')
    parser.add_argument('--seeds', type=int, nargs='+', default=[0, 1, 2, 3], help='seeds (default: 0 1 2 3)')
    parser.add_argument('--work-dir', help='folder of all runs (default: work_dirs/repeat/<config>)')
    parser.add_argument('--cfg-options', nargs='+', help='settings that override the config, as key=value')
    parser.add_argument('--jobs', type=int, default=1, help='runs at a time (default: 1)')
    parser.add_argument('--launch-prefix', help='command in front of every run, such as that of a scheduler')
    parser.add_argument('--aggregate-only', action='store_true', help='run nothing, sum up what there is')
    parser.add_argument('--json', action='store_true', help='print the JSON only')
    args, extra = parser.parse_known_args()
    try:
        runs = prepare(args, extra)
        finished = True if args.aggregate_only else execute(runs, args.jobs)
        repeats = [read_repeat(run.folder) for run in runs if (run.folder / STATE).is_file()]
    except (ValueError, FileNotFoundError) as error:
        sys.exit(f'error: {error}')
    summary = summarize(repeats)
    file = runs[0].folder.parent / 'summary.json'
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(summary, indent=2) + '\n')
    if not args.json:
        print(format_summary(summary) + '\n')
    print(json.dumps(summary))
    return 0 if finished else 1


def prepare(args: argparse.Namespace, extra: Sequence[str]) -> list[Run]:
    """One run for each seed.

    Raises:
        FileNotFoundError: there is no such config.
        ValueError: seeds repeat, or a folder belongs to other settings.
    """
    if not Path(args.config).is_file():
        raise FileNotFoundError(f'config {args.config!r} does not exist')
    if len(set(args.seeds)) < len(args.seeds) or args.jobs < 1:
        raise ValueError(f'--seeds must differ and --jobs be at least 1, got {args.seeds} and {args.jobs}')
    cfg = Config.fromfile(args.config)
    parser = argparse.ArgumentParser()
    parser.add_argument('--cfg-options', nargs='+', action=DictAction, default={})
    cfg.merge_from_dict(parser.parse_args(['--cfg-options', *args.cfg_options] if args.cfg_options else []).cfg_options)
    settings = {k: v for k, v in cfg.to_dict().items() if k not in ('work_dir', 'randomness', 'launcher', 'resume')}
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True, default=str).encode()).hexdigest()[:16]
    return [Run(args, extra, digest, 'search' in cfg, seed) for seed in args.seeds]


def execute(runs: Sequence[Run], jobs: int) -> bool:
    """Runs all, ``jobs`` at a time; an interruption ends those that are under way."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
    pool = ThreadPoolExecutor(jobs)
    futures = [pool.submit(run) for run in runs]
    try:
        return sum(future.result() for future in futures) == len(runs)
    except KeyboardInterrupt:
        pool.shutdown(wait=False, cancel_futures=True)
        for run in runs:
            if run.process is not None and run.process.poll() is None:
                run.process.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


if __name__ == '__main__':
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit('interrupted; the same command goes on')
