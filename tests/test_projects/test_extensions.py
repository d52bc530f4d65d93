"""Every worked extension from outside: it trains, is derived from, drawn, counted and built, in 40 lines at most."""

import json
import os
import subprocess
import sys

import pytest

#: Of each extension its config, and what only it brings about, an expression of the ``run`` of :data:`SCRIPT`.
SEARCHES = {
    'example_space': ('maenas_two-node-c4-l5_photos', 'genotype.space == "two_node"'),
    'example_skeleton': (
        'maenas-pyramid_photos',
        'genotype.skeleton == "pyramid" and network.backbone.out_strides == (4, 8, 16, 32)',
    ),
    'example_relaxation': (
        'maenas-sparsemax_photos',
        'all((w >= 0).all() and w.sum(-1).allclose(torch.ones(14)) for w in model.arch.weights().values())',
    ),
    'example_objective': (
        'upside-down_photos',
        'model.head.num_classes == 2 and "objective/accuracy" in scalars',
    ),
    'example_target': (
        'maenas-luminance_photos',
        'model.neck.linear.out_channels == 1 and "reconstruction/l1" not in scalars',
    ),
    'example_stabiliser': ('maenas-mask-ratio_photos', 'sorted(set(RATIOS)) == [0.25, 0.75]'),
    'example_table': ('maenas-table_photos', 'scalars["benchmark/photos_test"] == TRUE'),
}
SEARCHER = 'projects/example_searcher/configs/hill-climbing_nasbench201.py'

#: Runs searches one after another, with the project's own tools; prints a line of JSON for each.
SCRIPT = """
import json, runpy, sys
from pathlib import Path
import pyarrow as pa, pyarrow.parquet as pq, torch
from mmnas_mae.apis import build_network
from mmnas_mae.models import PatchMaskGenerator
from mmnas_mae.models.build import build_search_model
from mmnas_mae.report import read_search
from mmnas_mae.spaces import get_space, load_genotype
from mmnas_mae.utils.config import read_config

torch.set_num_threads(1)
out, TRUE, RATIOS, draw = Path(sys.argv[1]), 61.5, [], PatchMaskGenerator.__call__
SMALL = [
    'train_dataloader.dataset.dataset.indices=32', 'train_dataloader.dataset.parts=[(weights,0.5),(arch,0.5)]',
    'val_dataloader.dataset.dataset.indices=20', 'train_cfg.max_epochs=2', 'train_cfg.val_interval=2',
    'log_level=ERROR',
]


def noted(self, *args, **kwargs):
    RATIOS.append(self.ratio)
    return draw(self, *args, **kwargs)


PatchMaskGenerator.__call__ = noted


def tool(path, *arguments):
    sys.argv = [path, *map(str, arguments)]
    try:
        runpy.run_path(path, run_name='__main__')
    except SystemExit as error:
        if error.code:
            raise


for name, (config, expression) in json.loads(sys.argv[2]).items():
    config, folder, options = f'projects/{name}/configs/{config}.py', out / name, list(SMALL)
    if name == 'example_table':
        from projects.example_table import two_node_table
        space = get_space('two_node')
        archs = [space.format(genotype) for genotype in space.enumerate()]
        table = {'arch': archs, 'photos.test': [TRUE] * len(archs), 'photos.params': list(range(len(archs)))}
        pq.write_table(pa.table(table), out / 'two_node_photos.parquet')
        options.append(f'default_hooks.benchmark.table={out}')
    RATIOS.clear()
    # A skeleton of four stages says itself how many cells each has.
    layers = {} if name == 'example_skeleton' else dict(layers=5)
    extra = [part for key, value in layers.items() for part in (f'--{key}', value)]
    tool('tools/train.py', config, '--work-dir', folder, '--cfg-options', *options)
    tool('tools/derive_genotype.py', config, folder / 'epoch_2.pth', '--out', folder / 'derived.json')
    genotype = load_genotype(folder / 'derived.json')
    tool('tools/visualization/draw_genotype.py', folder / 'derived.json', '--out', folder / 'cells.png')
    tool('tools/analysis/get_flops.py', folder / 'derived.json', '--init-channels', 4, *extra)
    network = build_network(genotype.space, genotype, num_classes=7, init_channels=4, **layers).eval()
    model = build_search_model(read_config(config), folder / 'epoch_2.pth')
    scalars = {key: values[-1] for key, (steps, values) in read_search(folder).scalars.items()}
    print('\\n' + json.dumps(dict(
        name=name,
        logits=list(network(torch.randn(2, 3, 32, 32)).shape),
        picture=(folder / 'cells.png').stat().st_size,
        same=genotype == load_genotype(folder / 'genotype.json'),
        own=bool(eval(expression)),
    )), flush=True)
"""

DETECTOR = """
import json, torch
from mmdet.registry import MODELS
from mmengine.config import Config
from mmengine.registry import init_default_scope

config = Config.fromfile('projects/example_skeleton/configs/retinanet_pyramid_fpn_1x_coco.py')
config.model.backbone.genotype = 'DARTS_V2'
init_default_scope('mmdet')
model = MODELS.build(config.model).eval()
levels = [list(level.shape) for level in model.extract_feat(torch.randn(1, 3, 128, 128))]
print(json.dumps(dict(strides=model.backbone.out_strides, levels=levels)))
"""


def run(repository, *command, **environment):
    environment = dict(os.environ, PYTHONPATH=str(repository), OMP_NUM_THREADS='1', MPLBACKEND='Agg', **environment)
    process = subprocess.run(
        [sys.executable, *map(str, command)], cwd=repository, env=environment, capture_output=True, text=True
    )
    assert process.returncode == 0, process.stderr[-3000:]
    return process.stdout


@pytest.fixture(scope='module')
def facts(repository, tmp_path_factory):
    printed = run(repository, '-W', 'ignore', '-c', SCRIPT, tmp_path_factory.mktemp('extensions'), json.dumps(SEARCHES))
    found = [json.loads(line) for line in printed.splitlines() if line.startswith('{"name"')]
    return {line['name']: line for line in found}


@pytest.mark.parametrize('name', SEARCHES)
def test_an_extension_goes_all_the_way_by_the_tools(facts, name):
    found = facts[name]
    assert found['own']
    assert found['same']
    assert found['logits'] == [2, 7]
    assert found['picture'] > 5_000


def test_a_detector_builds_on_the_four_levels_of_the_skeleton(repository):
    printed = run(repository, '-W', 'ignore', '-c', DETECTOR)
    assert json.loads(printed.splitlines()[-1]) == {
        'strides': [4, 8, 16, 32],
        'levels': [[1, 256, side, side] for side in (16, 8, 4, 2, 1)],
    }


def test_the_searcher_finds_a_cell_that_no_neighbour_beats(repository, data_file, tmp_path):
    folder = data_file('nb201.parquet').parent
    run(repository, 'tools/discrete_search.py', SEARCHER, '--work-dir', tmp_path, MMNAS_DATA=str(folder))
    lines = [json.loads(line) for line in (tmp_path / 'evaluations.jsonl').read_text().splitlines()[1:]]
    scores = {line['arch']: line['score'] for line in lines}
    result = json.loads((tmp_path / 'result.json').read_text())
    assert result['score'] == max(scores.values())
    # Six edges with four other operations each: one start and one round at least, twice.
    assert result['evaluations'] >= 2 * 25
    # The table's best has 84.892 after 12 epochs; two climbs end within a per cent of it.
    assert result['score'] > 83.8
    assert result['values']['cifar10_test'] > 93


def test_no_extension_but_a_skeleton_takes_more_than_forty_lines(repository):
    for module in (repository / 'projects').glob('*/*.py'):
        if module.parent.name != 'example_skeleton':
            assert len(module.read_text().splitlines()) <= 40, module
