"""The example project: a space from outside the package searches, derives and builds."""

import json
import os
import subprocess
import sys

import pytest
import torch

#: In a process of its own, so that what the project registers does not reach other tests.
CHECK = """
import json, random, sys
import torch
import projects.example_space.two_node_space
from mmnas_mae.apis import build_network
from mmnas_mae.models import OpArgs, Visibility, build_op
from mmnas_mae.spaces import get_space, load_genotype

torch.manual_seed(0)
torch.set_num_threads(1)
space = get_space('two_node')
genotype = load_genotype(sys.argv[1])
text = space.format(genotype)
network = build_network('two_node', sys.argv[1], num_classes=7, init_channels=4, layers=5).eval()
op = build_op('asym_conv_3x3', OpArgs(4, 6, 2))
mask = torch.ones(1, 1, 8, 8)
mask[..., :4] = 0
hidden = op(torch.randn(1, 4, 8, 8), Visibility(mask))[..., 2:]
print(json.dumps(dict(
    space=genotype.space,
    ops=sorted({name for cell in genotype.cells.values() for node in cell.nodes for name, _ in node}),
    same=load_genotype(text, 'two_node') == genotype == network.genotype,
    members=len(list(space.enumerate())),
    random=space.random_genotype(random.Random(0)).space,
    logits=list(network(torch.randn(2, 3, 32, 32)).shape),
    op_params=sum(p.numel() for p in op.parameters()),
    hidden=float(hidden.abs().max()),
)))
"""


def _run(repository, *command):
    environment = dict(os.environ, PYTHONPATH=str(repository), OMP_NUM_THREADS='1')
    return subprocess.run(
        [sys.executable, *map(str, command)],
        cwd=repository,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    ).stdout


@pytest.fixture(scope='module')
def work_dir(repository, tmp_path_factory):
    folder = tmp_path_factory.mktemp('example_space')
    config = 'projects/example_space/configs/maenas_two-node-c4-l5_photos.py'
    options = ['train_dataloader.dataset.dataset.indices=64', 'train_cfg.max_epochs=1']
    options += ['train_dataloader.dataset.parts=[(weights,0.5),(arch,0.5)]']
    options += ['val_dataloader.dataset.dataset.indices=40']
    _run(repository, 'tools/train.py', config, '--work-dir', folder, '--cfg-options', *options)
    return folder


@pytest.fixture(scope='module')
def facts(repository, work_dir):
    return json.loads(_run(repository, '-c', CHECK, work_dir / 'genotype.json').splitlines()[-1])


def test_one_epoch_of_two_iterations_writes_a_genotype_of_the_space(work_dir, facts):
    (record,) = map(json.loads, (work_dir / 'arch_history.jsonl').read_text().splitlines())
    assert record['epoch'] == 1
    checkpoint = torch.load(work_dir / 'epoch_1.pth', weights_only=False)
    assert checkpoint['meta']['iter'] == 2
    # Two inputs, two nodes: 2 + 3 edges with four candidates each.
    alphas = {name: list(value.shape) for name, value in checkpoint['state_dict'].items() if '.alphas.' in name}
    assert alphas == {f'backbone.arch.alphas.{kind}': [5, 4] for kind in ('normal', 'reduce')}
    assert facts['space'] == 'two_node'
    assert set(facts['ops']) <= {'skip_connect', 'sep_conv_3x3', 'asym_conv_3x3'}


def test_the_derived_network_is_built_from_the_file(facts):
    assert facts['logits'] == [2, 7]
    assert facts['same'] is True


def test_the_space_counts_and_draws_its_members(facts):
    # A node with two sources has 3 ** 2 choices, one with three of which two stay 3 * 3 ** 2; two kinds of cell.
    assert facts['members'] == (9 * 27) ** 2
    assert facts['random'] == 'two_node'


def test_the_operation_hides_what_is_masked(facts):
    assert facts['op_params'] == 4 * 6 * 3 + 6 * 6 * 3 + 2 * 6
    assert facts['hidden'] == 0


def test_the_space_takes_less_than_sixty_lines(repository):
    folder = repository / 'projects' / 'example_space'
    assert sum(len(path.read_text().splitlines()) for path in folder.rglob('*.py')) < 60
