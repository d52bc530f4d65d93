"""Alpha over the epochs, in the terms of each space."""

import json

import numpy as np
import pytest
import torch
from mmengine.config import Config

from mmnas_mae.models import BaseArchitecture, ChoiceTable
from mmnas_mae.registry import MODELS
from mmnas_mae.report.alpha_tables import alpha_tables
from mmnas_mae.report.heat_maps import alpha_figure, weight_scale
from mmnas_mae.report.search_history import read_search

DARTS = dict(type='mmnas_mae.DARTSSupernet', init_channels=2, layers=3)
NB201 = dict(type='mmnas_mae.NASBench201Supernet', init_channels=2, cells_per_stage=1)
NB101 = dict(type='mmnas_mae.NASBench101Supernet', stem_channels=8, num_stacks=3, num_modules_per_stack=1)
TRANSNAS = dict(type='mmnas_mae.TransNASSupernet', space='transnas101_micro', init_channels=4)


def recorded(folder, name):
    """(T, E, K) parameters as they were written."""
    lines = (folder / 'arch_history.jsonl').read_text().splitlines()
    return torch.tensor([json.loads(line)['parameters'][name] for line in lines])


@pytest.mark.parametrize(
    'backbone, titles, shape',
    [
        (DARTS, ['normal cell: operations', 'reduce cell: operations'], (14, 8)),
        (NB201, ['operations'], (6, 5)),
        (TRANSNAS, ['operations'], (6, 4)),
    ],
    ids=['darts', 'nasbench201', 'transnas101'],
)
def test_weights_are_the_softmax_of_alpha(backbone, titles, shape, tmp_path, leave_search):
    history = read_search(leave_search(tmp_path, backbone))
    tables = alpha_tables(history)
    assert [table.title for table in tables] == titles
    for table, kind in zip(tables, history.genotype.cells):
        expected = recorded(tmp_path, f'alphas.{kind}').softmax(-1).numpy()
        assert table.weights.shape == (3, *shape) == (3, len(table.rows), len(table.columns))
        np.testing.assert_allclose(table.weights, expected, rtol=1e-5)
        # Every edge of the derived cell is marked once, where its operation stands.
        for t, epoch in enumerate(history.epochs):
            cell = epoch.cells[kind]
            assert table.chosen[t].sum() == cell.num_edges
            marked = [table.columns[k] for k in np.nonzero(table.chosen[t])[1]]
            assert sorted(marked) == sorted(op for node in cell.nodes for op, _ in node)
    if backbone is NB201:
        assert tables[0].rows[:3] == ('input → node 0', 'input → node 1', 'node 0 → node 1')


def test_edges_of_pc_darts_have_weights_of_their_own(tmp_path, leave_search):
    tables = alpha_tables(read_search(leave_search(tmp_path, dict(DARTS, edge_norm=True))))
    edges = next(table for table in tables if table.title == 'normal cell: edges')
    assert edges.weights.shape == (3, 14, 1)
    # Of each node with 2, 3, 4 and 5 incoming edges they sum to one, and two are kept.
    starts = [0, 2, 5, 9]
    np.testing.assert_allclose(np.add.reduceat(edges.weights, starts, axis=1), 1, rtol=1e-5)
    assert (np.add.reduceat(edges.chosen.astype(int), starts, axis=1) == 2).all()


def test_sigmoid_relaxation(tmp_path, leave_search):
    backbone = dict(DARTS, relaxation=dict(type='mmnas_mae.SigmoidRelaxation'))
    table = alpha_tables(read_search(leave_search(tmp_path, backbone)))[0]
    np.testing.assert_allclose(table.weights, recorded(tmp_path, 'alphas.normal').sigmoid().numpy(), rtol=1e-5)


def test_pruned_edges_keep_their_candidates_apart(tmp_path, leave_search):
    """After a stage of P-DARTS each edge has other candidates; each weight stands under its name."""
    lists = [['sep_conv_3x3', 'skip_connect'] if e % 2 else ['none', 'max_pool_3x3'] for e in range(14)]
    space = dict(type='darts_s0', restrict=dict(normal=lists, reduce=lists))
    table = alpha_tables(read_search(leave_search(tmp_path, dict(DARTS, space=space))))[0]
    assert table.columns == ('none', 'max_pool_3x3', 'sep_conv_3x3', 'skip_connect')
    assert np.isnan(table.weights[:, 0]).tolist() == [[False, False, True, True]] * 3
    assert np.isnan(table.weights[:, 1]).tolist() == [[True, True, False, False]] * 3
    expected = recorded(tmp_path, 'alphas.normal').softmax(-1).numpy()
    np.testing.assert_allclose(table.weights[:, 1, 2:], expected[:, 1], rtol=1e-5)
    assert weight_scale(table).vmax == pytest.approx(np.nanmax(table.weights))


def test_nasbench101(tmp_path, leave_search):
    history = read_search(leave_search(tmp_path, NB101))
    ops, edges = alpha_tables(history)
    np.testing.assert_allclose(ops.weights, recorded(tmp_path, 'alphas.ops').softmax(-1).numpy(), rtol=1e-5)
    assert edges.weights.shape == (3, 21, 1)
    assert ((edges.weights > 0) & (edges.weights < 1)).all()
    for t, epoch in enumerate(history.epochs):
        (cell,) = epoch.cells.values()
        assert edges.chosen[t].sum() == cell.num_edges
        assert ops.chosen[t].sum() == len(cell.nodes) - 1
        # The last place is the output, whatever the size of the cell.
        marked = {edges.rows[e] for e in np.nonzero(edges.chosen[t])[0]}
        assert {row.split(' → ')[0] for row in marked if row.endswith('output')} == {
            'input' if source == 0 else f'node {source - 1}' for _, source in cell.nodes[-1]
        }


def test_the_heat_map_has_the_weights(tmp_path, leave_search):
    table = alpha_tables(read_search(leave_search(tmp_path, NB201)))[0]
    figure = alpha_figure(table, [1, 2, 3])
    panels = [axis for axis in figure.axes if axis.get_title(loc='left') in table.rows]
    assert [axis.get_title(loc='left') for axis in panels] == list(table.rows)
    for e, axis in enumerate(panels):
        np.testing.assert_allclose(axis.collections[0].get_array(), table.weights[:, e].T)
        (dots,) = axis.lines
        assert {(int(x), int(y)) for x, y in zip(*dots.get_data())} == {
            (t + 1, k) for t, k in zip(*np.nonzero(table.chosen[:, e]))
        }


def test_what_does_not_fit_is_said(tmp_path, leave_search):
    folder = leave_search(tmp_path, NB201)
    lines = (folder / 'arch_history.jsonl').read_text().replace('alphas.cell', 'alphas.other')
    (folder / 'arch_history.jsonl').write_text(lines)
    with pytest.raises(
        ValueError, match=r'the config has the parameters alphas.cell \(6, 5\), epoch 1 has alphas.other'
    ):
        alpha_tables(read_search(folder))
    next(folder.glob('*/vis_data/config.py')).unlink()
    with pytest.raises(ValueError, match='no config of a search network is in the work directory'):
        alpha_tables(read_search(folder))


class OneRow(BaseArchitecture):
    """The parameters of an outside project: one choice of three depths."""

    def __init__(self) -> None:
        super().__init__()
        self.depths = torch.nn.Parameter(torch.zeros(3))

    def choices(self, cells):
        weights = self.depths.softmax(0).unsqueeze(0)
        return [ChoiceTable('depth', ['network'], ['two', 'four', 'six'], weights, weights == weights.max())]


@MODELS.register_module()
class DepthNetwork(torch.nn.Module):
    out_channels, out_strides = (4,), (1,)

    def __init__(self, shown=True):
        super().__init__()
        self.arch = OneRow() if shown else BaseArchitecture()


def search(**backbone):
    head = dict(type='mmnas_mae.LinearHead', num_classes=2)
    return dict(type='mmnas_mae.ClassificationSearch', backbone=backbone, head=head)


def test_the_parameters_of_an_outside_project_are_shown(tmp_path, leave_search):
    folder = leave_search(tmp_path, NB201)
    (config,) = folder.glob('*/vis_data/config.py')
    lines = [json.loads(line) for line in (folder / 'arch_history.jsonl').read_text().splitlines()]
    for shift, line in enumerate(lines):
        line['parameters'] = dict(depths=[0.0, float(shift), -1.0])
    (folder / 'arch_history.jsonl').write_text(''.join(f'{json.dumps(line)}\n' for line in lines))
    Config(dict(model=search(type='mmnas_mae.DepthNetwork'))).dump(config)
    (table,) = alpha_tables(read_search(folder))
    assert (table.title, table.rows, table.columns) == ('depth', ('network',), ('two', 'four', 'six'))
    assert table.weights.shape == table.chosen.shape == (3, 1, 3)
    np.testing.assert_allclose(table.weights[2, 0], np.exp([0, 2, -1]) / np.exp([0, 2, -1]).sum(), rtol=1e-6)
    assert table.chosen[2, 0].tolist() == [False, True, False]
    for line in lines:
        line['parameters'] = {}
    (folder / 'arch_history.jsonl').write_text(''.join(f'{json.dumps(line)}\n' for line in lines))
    Config(dict(model=search(type='mmnas_mae.DepthNetwork', shown=False))).dump(config)
    with pytest.raises(ValueError, match='BaseArchitecture shows no choices'):
        alpha_tables(read_search(folder))
