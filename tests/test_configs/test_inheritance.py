"""Configs are flat and made of bases: a reader of one opens at most two others behind each other, nothing is copied."""

import ast
import itertools
from collections import defaultdict
from pathlib import Path

import pytest
from mmengine.config import Config
from mmengine.registry import init_default_scope

from mmnas_mae.models import SearchModel
from mmnas_mae.registry import MODELS

REPOSITORY = Path(__file__).resolve().parents[2]
BASE = REPOSITORY / 'configs' / '_base_'
CONFIGS = [path for path in sorted(REPOSITORY.glob('configs/*/*.py')) if path.parent.name != '_base_']


def bases(path: Path) -> list[Path]:
    """The files of this repository that ``path`` inherits from directly."""
    for statement in ast.parse(path.read_text()).body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == '_base_':
            named = ast.literal_eval(statement.value)
            named = [named] if isinstance(named, str) else named
            return [(path.parent / name).resolve() for name in named if '::' not in name]
    return []


def depth(path: Path) -> int:
    return max((1 + depth(base) for base in bases(path)), default=0)


@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
def test_inheritance_is_at_most_two_levels_deep(path: Path) -> None:
    assert depth(path) <= 2
    assert all(base.is_file() for base in bases(path))


def test_every_base_is_used_or_says_whose_place_it_takes() -> None:
    used, open_files = set(), list(CONFIGS)
    while open_files:
        new = {base for path in open_files for base in bases(path)} - used
        used |= new
        open_files = list(new)
    unused = {path for path in BASE.rglob('*.py') if path not in used}
    assert {path.stem for path in unused} == {
        'cifar10_search_array',
        'cifar100_search',
        'cifar100_search_labelled',
        'in16_search',
    }
    for path in unused:
        assert 'Takes the place of cifar10_search' in path.read_text()


def body(path: Path) -> list[str]:
    """Lines of a config beside its docstring, its list of bases and the merging of these."""
    text = path.read_text()
    statements = ast.parse(text).body[1:]
    own = [s for s in statements if not ast.unparse(s).startswith(('_base_ =', '_base_.merge('))]
    return [line.strip() for s in own for line in text.splitlines()[s.lineno - 1 : s.end_lineno]]


def test_no_two_searches_share_three_lines() -> None:
    runs = defaultdict(set)
    for path in REPOSITORY.glob('configs/search/*.py'):
        lines = body(path)
        for i in range(len(lines) - 2):
            runs[tuple(lines[i : i + 3])].add(path.stem)
    assert [names for names in runs.values() if len(names) > 1] == []


@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
def test_what_bases_change_is_merged(path: Path) -> None:
    assert not {'network', 'method'} & set(Config.fromfile(path))


def composed(folder: Path, *files: str) -> Config:
    """A config of these bases that is written nowhere, as configs/README.md describes it."""
    lines = [f'_base_ = {[f"{BASE}/{file}.py" for file in (*files, "search_runtime")]}']
    lines += [f"_base_.merge(_base_.pop('{axis}', {{}}))" for axis in ('network', 'method')]
    (folder / 'composed.py').write_text('\n'.join(lines))
    return Config.fromfile(folder / 'composed.py')


OBJECTIVES = [path.stem for path in sorted(BASE.glob('objectives/*.py'))]
METHODS = [path.stem for path in sorted(BASE.glob('methods/*.py'))]
#: Search networks, and what makes them small.
NETWORKS = {
    'darts-s0': dict(init_channels=2, layers=3),
    'nasbench201': dict(init_channels=2, cells_per_stage=1),
    'nasbench101': dict(stem_channels=6, num_modules_per_stack=1),
    'transnas101-micro': dict(init_channels=2),
}


@pytest.mark.parametrize('objective, network', list(itertools.product(OBJECTIVES, NETWORKS)))
def test_any_objective_searches_any_network(tmp_path: Path, objective: str, network: str) -> None:
    data, schedule = 'datasets/cifar10_search', 'schedules/search_50e'
    cfg = composed(tmp_path, f'objectives/{objective}', f'networks/{network}', data, schedule)
    cfg.model.backbone.update(NETWORKS[network])
    init_default_scope(cfg.default_scope)
    model = MODELS.build(cfg.model)
    assert isinstance(model, SearchModel)
    assert type(model).__name__ == cfg.model.type.removeprefix('mmnas_mae.')
    assert model.genotype().space == network.replace('-', '_')


@pytest.mark.parametrize('method', METHODS)
def test_any_method_changes_the_masked_and_the_labelled_search_alike(tmp_path: Path, method: str) -> None:
    masked, labelled = (
        composed(
            tmp_path,
            f'objectives/{objective}',
            'networks/nasbench201',
            f'datasets/{data}',
            'schedules/search_250e',
            f'methods/{method}',
        )
        for objective, data in (('maenas', 'cifar10_search'), ('classification', 'cifar10_search_labelled'))
    )
    assert masked.model.backbone == labelled.model.backbone
    assert masked.model.backbone.space == 'nasbench201'
    differing = {key for key in (*masked, *labelled) if masked.get(key) != labelled.get(key)}
    loaders = {f'{part}_dataloader' for part in ('train', 'val', 'test')}
    assert differing == {'model', 'train_pipeline', 'val_evaluator', 'test_evaluator', *loaders}
    assert masked.optim_wrapper.weights.optimizer.nesterov is True  # the network's
    plain = composed(
        tmp_path, 'objectives/maenas', 'networks/nasbench201', 'datasets/cifar10_search', 'schedules/search_250e'
    )
    assert plain.to_dict() != masked.to_dict()
