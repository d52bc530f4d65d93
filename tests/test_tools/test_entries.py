"""A crafted checkpoint, genotype and work directory execute nothing, through whichever entry they come in."""

import json
import os
import pickle
from pathlib import Path
from typing import Any, Callable

import pytest
import torch
from mmengine.config import Config
from mmengine.runner import Runner
from mmpretrain import FeatureExtractor

from mmnas_mae.apis import build_backbone, build_network, build_runner, build_search_model, load_weights
from mmnas_mae.discrete import SearchRun
from mmnas_mae.ecosystem import HubClassifier
from mmnas_mae.ecosystem.inferencer_config import inferencer_config
from mmnas_mae.ecosystem.reconstruction_inferencer import ReconstructionInferencer
from mmnas_mae.models.checkpoint import load_checked, read_checkpoint
from mmnas_mae.registry import MODELS
from mmnas_mae.report import draw_genotype, read_search, write_report
from mmnas_mae.report.reconstructions import compare_reconstructions
from mmnas_mae.spaces import get_space, load_genotype
from mmnas_mae.studies.repeats import read_repeat

SIZE = dict(init_channels=4, layers=3)
RETRAIN = 'configs/retrain/genotype-l20-c36_1xb96-600e_cifar10.py'
DETECT = 'configs/detection/retinanet_genotype_fpn_1x_coco.py'
#: Tools that read neither a checkpoint nor a genotype nor a work directory of others, and why.
OTHERS = {
    'tools/doctor.py': 'takes no files',
    'tools/search.py': 'reads images, and resumes as train.py does',
    'tools/quickstart.py': 'takes no files',
    'tools/study.py': 'runs train.py and the scoring tools, and reads what they wrote as repeat.py does',
    'tools/analysis/search_lanes.py': 'reads images and writes records',
    'tools/analysis/lanes_table.py': 'reads records of searches, one JSON object a line',
    'tools/misc/build_mmcv_ops.py': 'builds a wheel',
    'tools/misc/compare_builds.py': 'compares configs of the checkout',
    'tools/misc/notebook.py': 'reads a script as text',
    'tools/misc/mutate.py': 'changes a module of the checkout in memory',
    'tools/misc/pack_nasbench201.py': 'reads a table',
    'tools/misc/results_table.py': 'reads metafiles',
    'tools/speed/device_rates.py': 'takes no files',
    'tools/speed/gpu_check.py': 'takes a config of the user',
    'tools/speed/latency_table.py': 'takes no files',
    'tools/speed/measure_search.py': 'takes no files',
    'tools/speed/node_check.py': 'takes no files',
    'tools/speed/search_memory.py': 'takes no files',
    'tools/speed/search_scaling.py': 'a module of measure_search.py',
    'tools/speed/search_speed.py': 'a module of measure_search.py',
}


class Bomb:
    """Makes a folder where it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)

    def __reduce__(self) -> tuple:
        return os.mkdir, (self.path,)


@pytest.fixture
def trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the crafted files would leave if they were executed."""
    module = tmp_path / 'evilmod.py'
    module.write_text(f'import os\nos.mkdir({str(tmp_path / "trace")!r})\ndef f(*a, **k): pass\n')
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path / 'trace'
    assert not (tmp_path / 'trace').exists()


@pytest.fixture
def config(search_cfg: Config, tmp_path: Path) -> Path:
    """File of a small search."""
    search_cfg.test_dataloader = search_cfg.val_dataloader
    search_cfg.test_cfg, search_cfg.test_evaluator = dict(), search_cfg.val_evaluator
    search_cfg.experiment_name = tmp_path.name
    search_cfg.dump(tmp_path / 'search.py')
    return tmp_path / 'search.py'


@pytest.fixture
def checkpoint(search_cfg: Config, trace: Path, tmp_path: Path) -> Path:
    """A checkpoint that fits the search, and whose reading would execute something."""
    model = build_search_model(search_cfg)
    meta = dict(epoch=1, iter=1, seed=0, cfg='', config=f'import os\nos.mkdir({str(trace)!r})')
    torch.save(dict(meta=meta, state_dict=model.state_dict(), message_hub={}, bomb=Bomb(trace)), tmp_path / 'evil.pth')
    return tmp_path / 'evil.pth'


@pytest.fixture
def work_dir(checkpoint: Path, search_cfg: Config, trace: Path, tmp_path: Path) -> Path:
    """A work directory of others: its config, its record, its checkpoint and its genotype all mean harm."""
    folder = tmp_path / 'theirs'
    part = folder / '20260101_000000' / 'vis_data'
    part.mkdir(parents=True)
    program = f'import os\nos.mkdir({str(trace)!r})\n'
    for file in (folder / 'search.py', part / 'config.py'):
        file.write_text(program)
    settings = search_cfg.to_dict()
    settings['custom_imports'] = dict(imports=['evilmod'])
    settings['model']['head']['type'] = 'evilmod.f'
    (folder / '20260101_000000/run.json').write_text(json.dumps(dict(config=settings), default=str))
    (part / 'scalars.json').write_text(json.dumps(dict(loss=1.0, iter=1, epoch=1, step=1)) + '\n')
    (folder / 'repeat.json').write_text(json.dumps(dict(seed=0, finished=True, seconds=1, settings='x', starts=1)))
    (folder / 'epoch_1.pth').write_bytes(checkpoint.read_bytes())
    (folder / 'last_checkpoint').write_text('epoch_1.pth')
    load_genotype('DARTS_V2').save(folder / 'genotype.json')
    return folder


@pytest.fixture
def genotype(tmp_path: Path) -> Path:
    """A genotype each of whose names would be imported."""
    content = load_genotype('DARTS_V2').to_dict()
    content.update(space='evilmod.f', skeleton='evilmod.f', search=dict(stem=dict(type='evilmod.f')))
    path = tmp_path / 'evil.json'
    path.write_text(json.dumps(content))
    return path


#: How each tool is called with a crafted checkpoint.
CHECKPOINT_TOOLS: dict[str, Callable[[Path, Path, Path], list]] = {
    'tools/train.py': lambda cfg, evil, out: [cfg, '--resume', evil, '--work-dir', out],
    'tools/train.py, auto': lambda cfg, evil, out: [cfg, '--resume', '--work-dir', out.parent / 'theirs'],
    'tools/train.py, load_from': lambda cfg, evil, out: [
        cfg, '--work-dir', out, '--cfg-options', f'load_from={evil}'
    ],
    'tools/train.py, init_cfg': lambda cfg, evil, out: [
        cfg, '--work-dir', out, '--cfg-options', 'model.init_cfg.type=Pretrained', f'model.init_cfg.checkpoint={evil}'
    ],
    'tools/test.py': lambda cfg, evil, out: [cfg, evil, '--work-dir', out],
    'tools/derive_genotype.py': lambda cfg, evil, out: [cfg, evil],
    'tools/discrete_search.py': lambda cfg, evil, out: [
        'configs/discrete/rs-mae_nasbench201_cifar10.py', '--work-dir', out, '--checkpoint', evil,
        '--cfg-options', f'run.config={cfg}', 'run.heldout=0',
    ],
    'tools/compare.py': lambda cfg, evil, out: ['DARTS_V2', 'nowhere', '--work-dir', out, '--weights', f'found={evil}'],
    'tools/misc/export.py': lambda cfg, evil, out: ['DARTS_V2', evil, '--out', out / 'x.onnx', '--init-channels', 4,
                                                    '--layers', 3],
    'tools/visualization/vis_reconstruction.py': lambda cfg, evil, out: [cfg, evil, '--work-dir', out],
    'tools/analysis/score_architectures.py': lambda cfg, evil, out: [cfg, evil, '--out', out / 'x.parquet'],
    'tools/analysis/rank_correlation.py': lambda cfg, evil, out: [cfg, evil, '--out', out / 'x.parquet'],
}  # fmt: skip


@pytest.mark.parametrize('tool', CHECKPOINT_TOOLS)
def test_a_crafted_checkpoint_executes_nothing_in_a_tool(
    tool: str, call: Callable, config: Path, work_dir: Path, checkpoint: Path, tmp_path: Path
) -> None:
    arguments = CHECKPOINT_TOOLS[tool](config, checkpoint, tmp_path / 'out')
    printed = call(tool.partition(',')[0], *arguments, expect=1)
    line = next(line for line in printed.splitlines() if line.startswith('error: '))
    assert 'would execute posix.mkdir when it is read; --trust-checkpoint' in line


#: The same in Python.
CHECKPOINT_APIS: dict[str, Callable[[Config, str], Any]] = {
    'read_checkpoint': lambda cfg, evil: read_checkpoint(evil),
    'load_checked': lambda cfg, evil: load_checked(build_search_model(cfg), evil, 'it'),
    'load_weights': lambda cfg, evil: load_weights(build_backbone('DARTS_V2', **SIZE), evil),
    'build_search_model': lambda cfg, evil: build_search_model(cfg, evil),
    'ReconstructionInferencer': lambda cfg, evil: ReconstructionInferencer(cfg, evil),
    'FeatureExtractor': lambda cfg, evil: FeatureExtractor(inferencer_config(cfg), evil),
    'SearchRun': lambda cfg, evil: SearchRun.from_config(cfg, evil),
    'SearchRun, initial': lambda cfg, evil: SearchRun.from_config(cfg, None, evil),
    'build_backbone': lambda cfg, evil: build_backbone('DARTS_V2', **SIZE, init_cfg=pretrained(evil)).init_weights(),
    'build_network': lambda cfg, evil: build_network(
        'nasbench201', '|none~0|+|none~0|none~1|+|none~0|none~1|none~2|', init_cfg=pretrained(evil)
    ).init_weights(),
    'mmpretrain': lambda cfg, evil: MODELS.build(
        dict(
            type='mmpretrain.ImageClassifier',
            backbone=dict(type='mmnas_mae.GenotypeBackbone', genotype='DARTS_V2', **SIZE, init_cfg=pretrained(evil)),
        )
    ).init_weights(),
    'Runner': lambda cfg, evil: Runner.from_cfg(Config(dict(cfg, load_from=evil))).train(),
    'build_runner': lambda cfg, evil: build_runner(Config(dict(cfg, load_from=evil, resume=True))).train(),
}


def pretrained(checkpoint: str) -> dict:
    return dict(type='Pretrained', checkpoint=checkpoint)


@pytest.mark.parametrize('entry', CHECKPOINT_APIS)
def test_a_crafted_checkpoint_executes_nothing_in_python(entry: str, search_cfg: Config, checkpoint: Path) -> None:
    with pytest.raises(ValueError, match='would execute posix.mkdir when it is read'):
        CHECKPOINT_APIS[entry](search_cfg, str(checkpoint))


def test_a_plain_pickle_executes_nothing(trace: Path, tmp_path: Path) -> None:
    (tmp_path / 'evil.pkl').write_bytes(pickle.dumps(Bomb(trace), 2))
    with pytest.raises(ValueError, match='posix.mkdir'):
        read_checkpoint(tmp_path / 'evil.pkl')


#: How each tool is called with a crafted genotype.
GENOTYPE_TOOLS: dict[str, Callable[[Path, Path], list]] = {
    'tools/train.py, genotype': lambda evil, out: [
        RETRAIN, '--work-dir', out, '--cfg-options', f'model.backbone.genotype={evil}'
    ],
    'tools/compare.py, genotype': lambda evil, out: [evil, 'nowhere', '--work-dir', out],
    'tools/retrain.py': lambda evil, out: [evil, '--config', RETRAIN, '--work-dir', out],
    'tools/detect.py': lambda evil, out: [evil, '--config', DETECT, '--work-dir', out],
    'tools/misc/export.py, genotype': lambda evil, out: [evil, '--out', out / 'x.onnx'],
    'tools/analysis/get_flops.py': lambda evil, out: [evil],
    'tools/analysis/query_benchmark.py': lambda evil, out: ['nasbench201', evil],
    'tools/speed/measure_networks.py': lambda evil, out: [evil, '--no-references'],
    'tools/visualization/draw_genotype.py': lambda evil, out: [evil, '--out', out / 'x.png'],
}  # fmt: skip


@pytest.mark.parametrize('tool', GENOTYPE_TOOLS)
def test_a_crafted_genotype_executes_nothing_in_a_tool(
    tool: str, call: Callable, genotype: Path, trace: Path, tmp_path: Path
) -> None:
    printed = call(tool.partition(',')[0], *GENOTYPE_TOOLS[tool](genotype, tmp_path / 'out'), expect=1)
    assert 'evil' in next(line for line in printed.splitlines() if line.startswith('error: '))


GENOTYPE_APIS: dict[str, Callable[[str], Any]] = {
    'load_genotype': load_genotype,
    'get_space': lambda evil: get_space(json.loads(Path(evil).read_text())['space']),
    'build_backbone': build_backbone,
    'build_network': lambda evil: build_network('darts', evil),
    'GenotypeBackbone': lambda evil: MODELS.build(dict(type='mmnas_mae.GenotypeBackbone', genotype=evil)),
    'GenotypeNetwork': lambda evil: MODELS.build(dict(type='mmnas_mae.GenotypeNetwork', genotype=evil)),
    'HubClassifier': HubClassifier,
    'draw_genotype': lambda evil: draw_genotype(load_genotype(evil), Path(evil).with_suffix('.png')),
}


@pytest.mark.parametrize('entry', GENOTYPE_APIS)
def test_a_crafted_genotype_executes_nothing_in_python(entry: str, genotype: Path, trace: Path) -> None:
    with pytest.raises(ValueError, match='evilmod.f'):
        GENOTYPE_APIS[entry](str(genotype))


#: What reads a work directory, and whether that is refused.
WORK_DIR_TOOLS: dict[str, tuple[Callable[[Path, Path], list], str]] = {
    'tools/visualization/report.py': (lambda folder, out: [folder, '--out', out / 'x.html'], ''),
    'tools/visualization/compare_searches.py': (
        lambda folder, out: [folder, '--curves', out / 'x.png', '--reconstructions', out / 'y.png'],
        "names 'evilmod.f', which is not registered",
    ),
    'tools/repeat.py': (
        lambda folder, out: [RETRAIN, '--work-dir', out, '--seeds', 0, '--aggregate-only'],
        'was run with another config',
    ),
}  # fmt: skip


@pytest.mark.parametrize('tool', WORK_DIR_TOOLS)
def test_a_crafted_work_directory_executes_nothing_in_a_tool(
    tool: str, call: Callable, work_dir: Path, trace: Path, tmp_path: Path
) -> None:
    arguments, refused = WORK_DIR_TOOLS[tool]
    (tmp_path / 'out').mkdir()
    (tmp_path / 'out/seed_0').symlink_to(work_dir)
    printed = call(tool, *arguments(work_dir, tmp_path / 'out'), expect=1 if refused else 0)
    assert refused in printed


def test_a_crafted_work_directory_executes_nothing_in_python(work_dir: Path, trace: Path, tmp_path: Path) -> None:
    assert read_repeat(work_dir).finished
    write_report(work_dir, tmp_path / 'page.html')
    with pytest.raises(ValueError, match="names 'evilmod.f', which is not registered"):
        compare_reconstructions([read_search(work_dir)], 2)
    record = work_dir / '20260101_000000/run.json'
    content = json.loads(record.read_text())
    content['config']['model']['head']['type'] = 'mmnas_mae.MaskedReconstructionHead'
    for scope in ('evilmod', 'os'):
        content['config']['default_scope'] = scope
        record.write_text(json.dumps(content))
        with pytest.raises(ValueError, match='default_scope must be one of'):
            compare_reconstructions([read_search(work_dir)], 2)
    content['config']['default_scope'] = 'mmpretrain'
    record.write_text(json.dumps(content))
    with pytest.raises(ValueError, match='would execute posix.mkdir when it is read'):
        compare_reconstructions([read_search(work_dir)], 2)


def test_every_tool_is_walked_over(repository: Path) -> None:
    walked = {name.partition(',')[0] for name in (*CHECKPOINT_TOOLS, *GENOTYPE_TOOLS, *WORK_DIR_TOOLS)}
    tools = {path.relative_to(repository).as_posix() for path in repository.glob('tools/**/*.py')}
    assert tools == walked | set(OTHERS)
