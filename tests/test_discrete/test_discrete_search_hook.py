"""One-shot searches from the first step to the selected architecture, on real CIFAR-10."""

import argparse
import json
import shutil

import pytest
import torch

from mmnas_mae.apis import build_runner
from mmnas_mae.apis.launch import add_train_arguments, config_from_arguments
from mmnas_mae.discrete import AngleScorer, InheritedScorer, SearchRun
from mmnas_mae.spaces import get_space, load_genotype


@pytest.fixture
def search(repository, data_file):
    """Runs a small uniform-path search over NAS-Bench-201 with a selection at its end."""

    def run(work_dir, selection, *flags, epochs=2):
        options = {
            'train_dataloader.dataset.dataset.type': 'mmnas_mae.ParquetImages',
            'train_dataloader.dataset.dataset.data_root': str(data_file('cifar10_train_20k.parquet')),
            'val_dataloader.dataset.type': 'mmnas_mae.ParquetImages',
            'val_dataloader.dataset.data_root': str(data_file('cifar10_test_4k.parquet')),
            'val_dataloader.dataset.indices': 16,
            'model.backbone.init_channels': 2,
            'model.backbone.cells_per_stage': 1,
            'model.backbone.relaxation': dict(type='mmnas_mae.UniformPathRelaxation'),
            'train_dataloader.batch_size': 8,
            'train_dataloader.num_workers': 0,
            'val_dataloader.num_workers': 0,
            'train_dataloader.dataset.parts': [('weights', 0.001), ('arch', 0.001)],
            'train_cfg.max_epochs': epochs,
            'train_cfg.val_interval': 1,
            'default_hooks.bilevel': None,
            'default_hooks.genotype': None,
            'default_hooks.benchmark': None,
            'default_hooks.selection': dict(
                type='mmnas_mae.DiscreteSearchHook',
                benchmark='nasbench201',
                table=str(data_file('nb201.parquet')),
                **selection,
            ),
        }
        parser = argparse.ArgumentParser()
        add_train_arguments(parser)
        config = repository / 'configs/search/maenas_nasbench201_1xb64-50e_cifar10.py'
        args = parser.parse_args([str(config), '--work-dir', str(work_dir), *flags])
        args.cfg_options = options
        runner = build_runner(config_from_arguments(args))
        runner.train()
        return runner

    return run


RSPS = dict(
    search=dict(type='mmnas_mae.RandomSearch', budget=12), scorer=dict(type='mmnas_mae.InheritedScorer'), heldout=16
)


def read_lines(file):
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_rsps_writes_the_best_child_and_its_true_accuracy(search, tmp_path):
    runner = search(tmp_path, RSPS)
    evaluated = read_lines(tmp_path / 'selection.jsonl')[1:]
    assert len(evaluated) == 12
    best = max(evaluated, key=lambda line: line['score'])
    genotype = load_genotype(tmp_path / 'genotype.json')
    space = get_space('nasbench201')
    assert space.format(genotype) == best['arch']
    assert genotype.meta['score'] == best['score']
    assert genotype.meta['selected_by'] == 'mmnas_mae.RandomSearch'
    (line,) = read_lines(tmp_path / 'benchmark_history.jsonl')
    table = runner.hooks[[type(h).__name__ for h in runner.hooks].index('DiscreteSearchHook')].table
    assert line['selected'] is True
    assert line['arch'] == best['arch']
    assert line['values']['cifar10_test'] == table.query(best['arch'], 'cifar10', 'test')
    # The score is that of the trained weights.
    again = InheritedScorer(SearchRun.from_runner(runner, heldout=16))
    assert again(genotype) == pytest.approx(best['score'], abs=1e-6)


def test_the_angle_is_taken_to_the_weights_before_the_first_step(search, tmp_path):
    selection = dict(
        search=dict(type='mmnas_mae.AngleEvolution', population=6, top=2, mutation=2, crossover=2, generations=2),
        scorer=dict(type='mmnas_mae.AngleScorer'),
        heldout=0,
        keep_initial=True,
    )
    runner = search(tmp_path / 'a', selection)
    initial = torch.load(tmp_path / 'a' / 'initial_weights.pth')
    moved = sum(not torch.equal(initial[name], value) for name, value in runner.model.state_dict().items())
    assert moved > 10
    run = SearchRun.from_runner(runner, heldout=0, initial=tmp_path / 'a' / 'initial_weights.pth')
    scorer = AngleScorer(run)
    for line in read_lines(tmp_path / 'a' / 'selection.jsonl')[1:]:
        assert scorer(run.space.parse(line['arch'])) == pytest.approx(line['score'], abs=1e-9)
        assert 0 < line['score'] < 1.6
    # A run that is resumed from its first epoch selects the same.
    shutil.copytree(tmp_path / 'a', tmp_path / 'b')
    (tmp_path / 'b' / 'epoch_2.pth').unlink()
    (tmp_path / 'b' / 'last_checkpoint').write_text(str(tmp_path / 'b' / 'epoch_1.pth'))
    search(tmp_path / 'b', selection, '--resume')
    assert (tmp_path / 'b' / 'genotype.json').read_text() == (tmp_path / 'a' / 'genotype.json').read_text()
    (tmp_path / 'b' / 'initial_weights.pth').unlink()
    with pytest.raises(FileNotFoundError, match='a resumed search needs the weights that it started from'):
        search(tmp_path / 'b', selection, '--resume')


def test_setn_selects_among_what_alpha_makes_likely(search, tmp_path):
    selection = dict(
        search=dict(type='mmnas_mae.MostLikelySearch', num=5),
        scorer=dict(type='mmnas_mae.InheritedScorer', batch_size=8, one_batch=True),
        heldout=16,
    )
    runner = search(tmp_path, selection, epochs=1)
    first = read_lines(tmp_path / 'selection.jsonl')[1]
    assert first['arch'] == get_space('nasbench201').format(runner.model.genotype())
