"""Latencies as sums over edges, of modules whose time is known."""

import json
import random
import time

import pytest
import torch
from torch import nn

from mmnas_mae.costs import Budget, LatencyTable, derive_within, measure_latency, measure_table
from mmnas_mae.costs.edge_costs import EdgeCosts
from mmnas_mae.spaces import get_space

AT = dict(init_channels=4, cells_per_stage=1, image_size=8)
#: Milliseconds of each operation on any edge of NAS-Bench-201.
MS = dict(none=0.0, skip_connect=0.1, avg_pool_3x3=0.5, nor_conv_1x1=1.0, nor_conv_3x3=3.0)
TABLE = dict(base=2.0, edges=dict(cell={'0': dict(MS), 'node': {op: 2 * ms for op, ms in MS.items()}}), at=AT)


def predicted(genotype):
    (cell,) = genotype.cells.values()
    return 2.0 + sum(MS[op] * (2 if source else 1) for node in cell.nodes for op, source in node)


def test_a_table_of_ones_own_is_a_sum_over_edges(tmp_path):
    (tmp_path / 'table.json').write_text(json.dumps(TABLE))
    space, generator = get_space('nasbench201'), random.Random(0)
    budget = Budget(latency_ms=9.0, latency=tmp_path / 'table.json', at=AT)
    counted = Budget(macs=1, at=AT)
    for _ in range(20):
        genotype = space.random_genotype(generator)
        cost = budget.cost(genotype)
        assert cost['latency_ms'] == pytest.approx(predicted(genotype))
        assert {key: cost[key] for key in ('params', 'macs')} == counted.cost(genotype)
        assert budget(genotype) == (cost['latency_ms'] <= 9.0)
    drawn = [budget.draw(space, random.Random(seed)) for seed in range(20)]
    assert all(predicted(genotype) <= 9.0 for genotype in drawn)
    with pytest.raises(ValueError, match='keeps within latency_ms=1; the smallest possible: latency_ms=2'):
        Budget(latency_ms=1, latency=TABLE, at=AT).check(space)


def test_a_limit_on_latency_and_one_on_multiply_adds_are_kept_together():
    space, generator = get_space('nasbench201'), random.Random(0)
    costs = EdgeCosts(space.random_genotype(generator), AT, latencies=LatencyTable.load(TABLE))
    members = list(space.enumerate())
    limits = dict(macs=sorted(costs.cost(member)['macs'] for member in members[::50])[150], latency_ms=12.0)

    weights = {'cell': torch.rand(6, 5, generator=torch.Generator().manual_seed(0))}
    found = derive_within(space, weights, costs, limits)

    def strength(member):
        ops = [op for node in member.cells['cell'].nodes for op, _ in node]
        return sum(float(row[space.cells['cell'].ops[0].index(op)]) for row, op in zip(weights['cell'], ops))

    fits = [m for m in members if all(costs.cost(m)[metric] <= limit for metric, limit in limits.items())]
    assert strength(found) == pytest.approx(max(map(strength, fits)))


class Sleeper(nn.Module):
    def __init__(self, module, clock, ms):
        super().__init__()
        self.module, self.clock, self.ms, self.runs = module, clock, ms, 0

    def forward(self, *args, **kwargs):
        self.runs += 1
        # A busy moment in the first run that is timed.
        self.clock[0] += (self.ms + (50 if self.runs == 4 else 0)) / 1e3
        return self.module(*args, **kwargs)


def test_the_time_of_one_image_is_that_without_disturbance(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(time, 'perf_counter', lambda: clock[0])
    assert measure_latency(Sleeper(nn.Identity(), clock, 4.0), (3, 4, 4), repeats=5) == pytest.approx(4.0)


def test_what_is_measured_has_every_operation(tmp_path):
    space = get_space('nasbench201')
    table = measure_table(space, AT, repeats=1, machine='this one')
    assert {kind: {state: set(ops) for state, ops in states.items()} for kind, states in table.edges.items()} == dict(
        cell={'0': set(MS), 'node': set(MS)}
    )
    table.save(tmp_path / 'table.json')
    assert LatencyTable.load(tmp_path / 'table.json') == table
    assert (table.at, table.machine) == (AT, 'this one')


@pytest.mark.parametrize(
    'settings, reason',
    [
        (dict(latency_ms=5), 'budget.latency_ms needs budget.latency, a table'),
        (dict(latency_ms=5, latency=TABLE), 'budget.latency is a table at .*, and budget.at is {}'),
        (dict(latency_ms=5, latency=dict(ms=3)), r"a table of latencies has 'base' and 'edges', got \['ms'\]"),
    ],
)
def test_a_wrong_table_is_named(settings, reason):
    with pytest.raises(ValueError, match=reason):
        Budget(**settings)


def test_an_operation_that_the_table_lacks_is_named():
    member = get_space('nasbench201').random_genotype(random.Random(0))
    table = dict(TABLE, edges=dict(cell={'0': {}}))
    with pytest.raises(ValueError, match="lacks '.*' on an edge from state 0 of cell 'cell'"):
        Budget(latency_ms=5, latency=table, at=AT).cost(member)
    with pytest.raises(FileNotFoundError, match="table of latencies 'none.json' does not exist"):
        Budget(latency_ms=5, latency='none.json')
