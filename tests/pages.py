"""The fenced blocks of the pages, and how their commands are run at a small size, as a reader would run them.

A block of ``bash`` or ``python`` is run in the order of its page, in a folder that has the repository's ``configs/``,
``tools/``, ``projects/`` and what the pages take for granted: your own images, a finished search, data. A comment on
the line before the fence takes it out: ``<!-- not run: WHY -->``.

bash itself reads the commands, with its quotes, variables and continued lines; the programs that pages may call
(:data:`PROGRAMS`) are functions there that say how they were called. Each ``python tools/X.py`` is then run in this
process with the options of :data:`SMALL` that fit it added, so that it takes seconds. No other text of a page is
replaced but the number of the last epoch (:data:`LAST`).
"""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

FENCE = re.compile(r'^(?:<!-- ([^\n]*) -->\n)?```(\w*)\n(.*?)^```$', re.MULTILINE | re.DOTALL)
NOT_RUN = 'not run: '
PROGRAMS = ('python', 'tools/dist_train.sh', 'tools/dist_test.sh')
#: What stands for a program: it says its words and its environment.
TELL = r"""() { printf '%s\0' BEGIN "$FUNCNAME" "$@" ENV; /usr/bin/env -0; printf 'END\0'; }"""
#: No other program is found, so that none runs.
UNKNOWN = 'command_not_found_handle() { echo "no program of tests/pages.py: $*" >&2; exit 9; }'
OF_BASH = {'_', 'SHLVL', 'PWD', 'OLDPWD', 'PATH'}
#: The last epoch of a small training.
LAST = 'epoch_1.pth'

LOADERS = ['train_dataloader.num_workers=0', 'val_dataloader.num_workers=0']
TESTED = ['test_dataloader.num_workers=0']
NETWORK = ['model.backbone.init_channels=2', 'model.backbone.layers=3']
BENCHMARK = ['model.backbone.init_channels=2', 'model.backbone.cells_per_stage=1']
ONE = ['train_cfg.max_epochs=1']
#: A few images of a search on CIFAR-10, from a file of real ones.
FEW = [
    'train_dataloader.batch_size=8',
    'train_dataloader.dataset.parts=[(weights,0.0008),(arch,0.0008)]',
    'train_dataloader.dataset.dataset.type=mmnas_mae.ParquetImages',
    'train_dataloader.dataset.dataset.data_root=train.parquet',
]
HELD = [
    'val_dataloader.dataset.type=mmnas_mae.ParquetImages',
    'val_dataloader.dataset.data_root=test.parquet',
    'val_dataloader.dataset.indices=16',
]
#: The same for a network whose cells are selected at the end.
SELECTED = [
    'val_dataloader.dataset.dataset.type=mmnas_mae.ParquetImages',
    'val_dataloader.dataset.dataset.data_root=train.parquet',
    'val_dataloader.dataset.parts=[(weights,0.0008),(arch,0.0008)]',
    'default_hooks.selection.heldout=16',
    'default_hooks.selection.scorer.batch_size=8',
    'default_hooks.selection.search.budget=3',
]
PHOTOS = ['train_dataloader.dataset.dataset.indices=32', 'train_dataloader.dataset.parts=[(weights,0.5),(arch,0.5)]']
#: Of the images that pages take for granted some are broken.
BROKEN = 'own_images.max_broken=0.1'
HEADS = 'model.head.in_channels=[32,32]'
RETRAINED = ['model.backbone.init_channels=2', 'model.backbone.layers=5']
DETECTOR = [f'model.{key}=8' for key in ('neck.out_channels', 'bbox_head.in_channels', 'bbox_head.feat_channels')]
CIFAR = [
    f'{part}_dataloader.dataset.{key}'
    for part, file in (('train', 'train'), ('val', 'test'), ('test', 'test'))
    for key in (
        'type=mmnas_mae.ParquetImages',
        f'data_root={file}.parquet',
        'label_column=label',
        'indices=16',
        'channel_order=rgb',
    )
]
#: What a command has -> settings, and flags with their values, that make it small. All that fit count, in this order.
SMALL: dict[str, tuple[list[str], dict[str, str]]] = {
    r'train\.(?:py|sh) configs/search/\S+(darts-s\d|nasbench201)_1xb64-50e_(cifar10|folder)': (LOADERS + ONE, {}),
    r'train\.(?:py|sh) configs/search/\S+darts-s\d_': (NETWORK, {}),
    r'train\.(?:py|sh) configs/search/(?!\S+rsps)\S+_cifar10': (FEW + HELD, {}),
    r'train\.(?:py|sh) configs/search/\S+_folder': (['train_dataloader.batch_size=8', BROKEN], {}),
    r'train\.(?:py|sh) configs/quickstart/': (
        [*PHOTOS, *ONE, 'train_dataloader.batch_size=16', 'val_dataloader.dataset.dataset.indices=16'],
        {},
    ),
    r'train\.(?:py|sh) projects/': ([*PHOTOS, *ONE, 'val_dataloader.dataset.dataset.indices=16'], {}),
    r'train\.(?:py|sh) configs/retrain/\S+_folder': (
        [*LOADERS, *TESTED, *RETRAINED, *ONE, BROKEN],
        {},
    ),
    r'(?:train|test)\.py configs/retrain/\S+_cifar10': (
        [*LOADERS, *TESTED, *RETRAINED, *CIFAR, HEADS],
        {},
    ),
    r'train\.(?:py|sh) configs/retrain/\S+_cifar10': (ONE, {}),
    r'export\.py configs/retrain/': ([*RETRAINED, HEADS], {}),
    r'train\.(?:py|sh) configs/detection/\S+_own': ([*LOADERS, *TESTED, *NETWORK, *DETECTOR, *ONE], {}),
    r'test\.py \S+/genotype-l20-c36_1xb96-200e_folder': (TESTED, {}),
    r'test\.py \S+/retinanet_genotype_fpn_own': (TESTED, {}),
    r'train\.(?:py|sh) configs/ablation/': ([*LOADERS, *NETWORK, *ONE, *FEW, *HELD], {}),
    r'train\.(?:py|sh) configs/search/\S+-rsps_nasbench201': ([*LOADERS, *BENCHMARK, *ONE, *FEW, *SELECTED], {}),
    r'repeat\.py configs/search/\S+nasbench201': ([*LOADERS, *BENCHMARK, *ONE, *FEW, *HELD], {}),
    r'search_memory\.py': ([], {'--cases': 'NAS-Bench-201, C=16, N=5'}),
    r'rank_correlation\.py configs': ([*BENCHMARK, *FEW, *SELECTED], {'--num': '4', '--heldout': '16'}),
    r'rank_correlation\.py': ([], {'--resamples': '20'}),
    r'score_architectures\.py': (
        [*BENCHMARK, *FEW, *HELD],
        {'--num': '4', '--heldout': '16', '--train': '16', '--scorer-options': 'steps=2 batch_size=8'},
    ),
}


@dataclass
class Block:
    """A fenced block.

    Attributes:
        place: page and line.
        section: the heading of second level above it, '' without one.
        language: of the fence.
        text: what is fenced.
        mark: the comment before it, '' without one.
    """

    place: str
    section: str
    language: str
    text: str
    mark: str

    @property
    def reason(self) -> str:
        """Why it is not run; '' where it is."""
        return self.mark.removeprefix(NOT_RUN) if self.mark.startswith(NOT_RUN) else ''


def blocks(page: Path) -> Iterator[Block]:
    """All fenced blocks of a page."""
    text = page.read_text(encoding='utf-8')
    for match in FENCE.finditer(text):
        before = text[: match.start()]
        headings = re.findall(r'^## (.*)$', before, re.MULTILINE)
        place = f'{page.name}:{text[: match.start(2)].count(chr(10)) + 1}'
        yield Block(place, headings[-1] if headings else '', match[2], match[3], match[1] or '')


def commands(block: Block, environment: dict[str, str]) -> list[tuple[dict[str, str], list[str]]]:
    """The commands of a block of bash.

    Args:
        environment: variables that the commands may use.

    Returns:
        list: what each command sets in its environment, and its words.

    Raises:
        AssertionError: a program is none of :data:`PROGRAMS`.
    """
    prelude = [f'function {name} {TELL}' for name in PROGRAMS] + ['PATH=/nowhere', UNKNOWN, 'set -euo pipefail']
    script = '\n'.join([*prelude, block.text])
    process = subprocess.run(['bash', '-c', script], env=environment, capture_output=True, text=True, check=False)
    assert (process.returncode, process.stderr) == (0, ''), f'{block.place}: {process.stderr}'
    found = []
    for part in process.stdout.split('BEGIN\0')[1:]:
        words, _, told = part.partition('\0ENV\0')
        variables = dict(entry.split('=', 1) for entry in told.removesuffix('END\0').split('\0') if '=' in entry)
        ours = {name for name, value in variables.items() if environment.get(name) != value} - OF_BASH
        found.append(({name: variables[name] for name in ours}, words.split('\0')))
    return found


def small(words: list[str], options: tuple[str, ...] = ()) -> list[str]:
    """A command with the settings and flags that make it small, and ``options`` after all of its own."""
    words = [re.sub(r'epoch_\d+\.pth', LAST, word) for word in words]
    line = ' '.join(words)
    fitting = [extra for start, extra in SMALL.items() if re.search(start, line)]
    settings = [setting for extra, _ in fitting for setting in extra] + list(options)
    if settings:
        # After those of the page, which they override.
        if '--cfg-options' not in words:
            words.append('--cfg-options')
        first = words.index('--cfg-options') + 1
        words[_end(words, first) : _end(words, first)] = settings
    for _, flags in fitting:
        for flag, value in flags.items():
            if flag not in words:
                words.append(flag)
            first = words.index(flag) + 1
            words[first : _end(words, first)] = [value] if flag == '--cases' else value.split()
    return words


def _end(words: list[str], first: int) -> int:
    """Where the values of a flag end."""
    return next((i for i in range(first, len(words)) if words[i].startswith('--')), len(words))
