"""A search with one seed as a process that can be stopped and goes on, and many of them."""

import argparse
import json
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any, Mapping, Optional, Sequence, Union

from ..utils.config import read_config
from ..utils.options import OptionsAction
from ..utils.records import settings_hash, write_json
from .repeats import STATE

#: Output of the process, in the folder of the run.
LOG = 'repeat.log'
#: Scores of architectures, there too.
SCORES = 'scores.parquet'


class SeededRun:
    """One seed of one config: its folder, its command and its state on disk.

    Searches by gradient and retraining run through ``train.py``, which goes on from the last
    checkpoint, discrete searches through ``discrete_search.py``, scores of architectures through
    ``analysis/score_architectures.py``.

    Args:
        tools: folder of these tools.
        config: file of the config.
        folder: work directory of this seed.
        seed: the seed.
        options: ``key=value`` settings that override the config.
        extra: more flags for the tool.
        prefix: command in front, such as that of a scheduler.
        name: what messages call it.
        after: runs that must have finished before this one starts.
        scores: flags of ``score_architectures.py`` by name, and ``checkpoint``; None for a
            search. The seed is that of the sample of architectures too.

    Attributes:
        state: what ``repeat.json`` in the folder holds: ``seed``, ``settings`` (a hash),
            ``finished``, ``seconds`` over all pieces and ``starts``.
        failed: whether the process ended by itself with an error.

    Raises:
        FileNotFoundError: there is no such config.
        ModuleNotFoundError: see :func:`mmnas_mae.utils.config.read_config`.
        ValueError: the folder belongs to other settings, or the config names a class without its prefix.
    """

    def __init__(
        self,
        tools: Union[str, os.PathLike],
        config: str,
        folder: Union[str, os.PathLike],
        seed: int,
        options: Sequence[str] = (),
        extra: Sequence[str] = (),
        prefix: str = '',
        name: Optional[str] = None,
        after: Sequence['SeededRun'] = (),
        scores: Optional[Mapping[str, Any]] = None,
    ) -> None:
        self.tools, self.config, self.folder, self.seed = Path(tools), config, Path(folder), seed
        self.options, self.extra, self.prefix = list(options), list(extra), prefix
        self.name = name or f'seed {seed}'
        self.after = list(after)
        self.scores = scores
        cfg = read_config(config, _settings(options))
        self.discrete = 'search' in cfg
        digest = settings_hash({**cfg.to_dict(), **({} if scores is None else dict(scores=scores))})
        self.state = dict(seed=seed, settings=digest, finished=False, seconds=0.0, starts=0)
        path = self.folder / STATE
        if path.is_file():
            self.state = json.loads(path.read_text())
        if self.state['settings'] != digest:
            raise ValueError(f'{self.folder} was run with another config or other options; choose another --work-dir')
        self.failed = False
        self._process: Optional[subprocess.Popen] = None
        self._stopped = threading.Event()
        self._ended = threading.Event()

    def resolve(self, text: str) -> str:
        """An option or flag as the process gets it, asked for when it starts."""
        return text

    def command(self) -> list[str]:
        """What is run."""
        options = [self.resolve(option) for option in self.options]
        folder = ['--work-dir', str(self.folder)]
        if self.scores is not None:
            tool, own = 'analysis/score_architectures.py', self._score_flags()
            folder = ['--out', str(self.folder / SCORES)]
        elif self.discrete:
            tool, own = 'discrete_search.py', ['--seed', str(self.seed)]
        else:
            tool, own = 'train.py', ['--resume', 'auto']
            options.append(f'randomness.seed={self.seed}')
        return [
            *shlex.split(self.prefix),
            *(sys.executable, str(self.tools / tool), self.config, *own, *folder, *self.extra),
            *(['--cfg-options', *options] if options else []),
        ]

    def _score_flags(self) -> list[str]:
        flags = dict(self.scores)
        checkpoint = flags.pop('checkpoint', None)
        out = [] if checkpoint is None else [self.resolve(checkpoint)]
        out += ['--seed', str(self.seed), '--arch-seed', str(self.seed)]
        for name, value in flags.items():
            out.append(f'--{name.replace("_", "-")}')
            if isinstance(value, Mapping):
                out += [f'{key}={self.resolve(str(entry))}' for key, entry in value.items()]
            elif value is not True:
                out.append(str(value))
        return out

    def __call__(self) -> bool:
        """Runs to the end, or goes on where it stopped; returns whether it finished."""
        try:
            return self._run()
        finally:
            self._ended.set()

    def stop(self, kill: bool = False) -> None:
        """Ends the process, now or before it starts; with ``kill`` without leave to write a checkpoint."""
        self._stopped.set()
        process = self._process
        if process is not None and process.poll() is None:
            process.send_signal(signal.SIGKILL if kill else signal.SIGTERM)

    def _run(self) -> bool:
        if self.state['finished']:
            print(f'{self.name}: finished before', flush=True)
            return True
        for run in self.after:
            run._ended.wait()
            if not run.state['finished']:
                print(f'{self.name}: left out, since {run.name} has not finished', flush=True)
                return False
        if self._stopped.is_set():
            return False
        print(f'{self.name}: {"goes on" if self.state["starts"] else "starts"} in {self.folder}', flush=True)
        self.state['starts'] += 1
        self._save()
        before, start = self.state['seconds'], time.monotonic()
        with (self.folder / LOG).open('a') as log:
            self._process = subprocess.Popen(self.command(), stdout=log, stderr=subprocess.STDOUT)
            if self._stopped.is_set():
                self.stop()
            while True:
                try:
                    code = self._process.wait(timeout=5)
                except subprocess.TimeoutExpired:
                    code = None
                # Kept up to date, so that the cost of a run that is killed is not lost.
                self.state.update(seconds=round(before + time.monotonic() - start, 2), finished=code == 0)
                self._save()
                if code is not None:
                    break
        self.failed = bool(code) and not self._stopped.is_set()
        if self.failed:
            tail = (self.folder / LOG).read_text().splitlines()[-1:]
            print(f'{self.name}: failed with exit status {code}: {" ".join(tail)}', flush=True)
        elif code:
            print(f'{self.name}: stopped', flush=True)
        return code == 0

    def _save(self) -> None:
        """Writes the state; a crash leaves the old one or the new one."""
        write_json(self.folder / STATE, self.state)


def _settings(options: Sequence[str]) -> dict[str, Any]:
    """Options of the command line, ``key=value`` each, as settings by their dotted keys."""
    parser = argparse.ArgumentParser()
    parser.add_argument('--cfg-options', nargs='+', action=OptionsAction, default={})
    return parser.parse_args(['--cfg-options', *options] if options else []).cfg_options


def run_all(runs: Sequence[SeededRun], jobs: int, seconds: Optional[float] = None, grace: float = 45.0) -> bool:
    """Runs all, ``jobs`` at a time; an interruption ends those that are under way.

    Args:
        runs: in an order in which each comes behind those it waits for.
        jobs: how many at a time.
        seconds: time after which those under way are told to stop and no other starts.
        grace: seconds that they then have for a checkpoint.

    Returns:
        bool: whether all have finished.
    """

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
    pool = ThreadPoolExecutor(jobs)
    futures = [pool.submit(run) for run in runs]
    try:
        if wait(futures, timeout=seconds).not_done:
            for kill, patience in ((False, grace), (True, None)):
                for run in runs:
                    run.stop(kill)
                if not wait(futures, timeout=patience).not_done:
                    break
        return sum(future.result() for future in futures) == len(runs)
    except KeyboardInterrupt:
        pool.shutdown(wait=False, cancel_futures=True)
        for run in runs:
            run.stop()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
