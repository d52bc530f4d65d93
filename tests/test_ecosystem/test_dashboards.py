"""Dashboards beside the files of a run: TensorBoard read back, W&B and MLflow by stand-ins of their packages."""

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
import torch
from mmengine.config import Config
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from mmnas_mae.costs.standalone import standalone_cost
from mmnas_mae.ecosystem.dashboard_hook import network_cost
from mmnas_mae.ecosystem.dashboards import DASHBOARDS
from mmnas_mae.report import SearchHistory, read_search
from mmnas_mae.report.alpha_tables import alpha_tables
from mmnas_mae.report.report import render
from mmnas_mae.spaces import published
from mmnas_mae.utils.config import read_config


class Wandb(ModuleType):
    """Stands in for W&B: notes what it is given."""

    def __init__(self):
        super().__init__('wandb')
        self.rows, self.metrics = [], []
        self.config = SimpleNamespace(update=lambda content, allow_val_change: None)
        self.run = SimpleNamespace(log_code=lambda name: None)

    def init(self, **kwargs):
        self.kwargs = kwargs

    def define_metric(self, **kwargs):
        self.metrics.append(kwargs)

    def log(self, row, commit):
        self.rows.append(row)

    def Image(self, image):
        return image

    def join(self):
        pass


class MLflow(ModuleType):
    """Stands in for MLflow."""

    MlflowException = RuntimeError

    def __init__(self):
        super().__init__('mlflow')
        self.metrics, self.pictures, self.experiments = [], [], {}
        for name in ('set_experiment', 'log_params', 'log_artifact', 'end_run'):
            setattr(self, name, lambda *args: None)

    def set_tracking_uri(self, uri):
        self.uri = uri

    def get_experiment_by_name(self, name):
        return self.experiments.get(name)

    def create_experiment(self, name, artifact_location):
        self.experiments[name] = artifact_location

    def log_text(self, text, name):
        self.text = name

    def log_metrics(self, values, step):
        self.metrics.append((step, values))

    def log_image(self, image, key, step):
        self.pictures.append((key, step, np.asarray(image).shape[-1]))


@pytest.fixture
def shown(search_cfg, run_search, monkeypatch) -> SimpleNamespace:
    """One search of two epochs with all three dashboards."""
    wandb, mlflow = Wandb(), MLflow()
    for name, package in dict(wandb=wandb, mlflow=mlflow).items():
        monkeypatch.setitem(sys.modules, name, package)
        package.__spec__ = SimpleNamespace(name=name)
    monkeypatch.delenv('MLFLOW_TRACKING_URI', raising=False)
    cfg = read_config(
        small(search_cfg), dict(dashboard=dict(tensorboard={}, wandb=dict(init_kwargs=dict(project='mine')), mlflow={}))
    )
    run_search(cfg).visualizer.close()
    return SimpleNamespace(folder=Path(cfg.work_dir).resolve(), wandb=wandb, mlflow=mlflow)


def test_dashboards_show_what_the_files_hold_and_the_report_keeps_its_curves(shown, search_cfg, run_search, tmp_path):
    history = read_search(shown.folder)
    check_tensorboard(shown.folder, history)
    check_wandb(shown.wandb, history)
    check_mlflow(shown.mlflow, shown.folder)
    page = render(history)
    assert 'id="curves"' in page
    assert 'id="curves"' not in page.partition('id="missing"')[2]
    # The search is the same without them.
    run_search(read_config(small(search_cfg), dict(work_dir=str(tmp_path / 'plain'))))
    recorded = [(folder / 'arch_history.jsonl').read_text() for folder in (shown.folder, tmp_path / 'plain')]
    assert recorded[0] == recorded[1]


def small(cfg: Config) -> Config:
    """Two steps in an epoch."""
    cfg.train_dataloader.dataset.parts = [('weights', 0.0004), ('arch', 0.0004)]
    cfg.val_dataloader.dataset.parts = [('heldout', 0.004)]
    return cfg


def check_tensorboard(folder: Path, history: SearchHistory) -> None:
    """The event file, read back, against the records."""
    (file,) = folder.glob('*/vis_data/events.out.tfevents.*')
    events = EventAccumulator(str(file), size_guidance=dict(scalars=0, images=0))
    events.Reload()
    read = {tag: [(event.step, event.value) for event in events.Scalars(tag)] for tag in events.Tags()['scalars']}

    # Every curve that the local backend has.
    for name, (steps, values) in history.scalars.items():
        if name.startswith(('arch/', 'reconstruction/')) or name in ('loss', 'arch_loss'):
            assert [step for step, _ in read[name]] == list(steps)
            assert [value for _, value in read[name]] == pytest.approx(values, rel=1e-6)
    assert [value for _, value in read['arch/skips']] == [epoch.skips for epoch in history.epochs]

    # Alpha: the weights of every candidate of every edge, as recorded.
    tables = alpha_tables(history)
    assert sum(name.startswith('alpha/') for name in read) == sum(table.weights[0].size for table in tables)
    table = next(table for table in tables if table.title == 'normal cell: operations')
    place = table.rows.index('input 1 → node 0'), table.columns.index('sep_conv_3x3')
    found = read['alpha/normal_cell_operations/input_1_to_node_0/sep_conv_3x3']
    assert [step for step, _ in found] == [1, 2]
    assert [value for _, value in found] == pytest.approx(table.weights[:, place[0], place[1]], rel=1e-6)

    # What the derived network costs, and the pictures.
    cost = standalone_cost(history.genotype).complexity
    assert read['cost/macs'][-1] == (2, pytest.approx(cost.macs / 1e6, rel=1e-6))
    assert read['cost/params'][-1] == (2, pytest.approx(cost.params / 1e6, rel=1e-6))
    assert [event.step for event in events.Images('reconstruction')] == [1, 2]
    assert events.Images('cell')[-1].step == 2
    assert events.Images('cell')[-1].width == 960


def check_wandb(wandb: Wandb, history: SearchHistory) -> None:
    """What W&B was given."""
    assert wandb.kwargs['project'] == 'mine'
    assert wandb.metrics == DASHBOARDS['wandb'][1]['define_metric_cfg']
    logged = [row for row in wandb.rows if 'cost/macs' in row]
    assert [row['epoch'] for row in logged] == [1, 2]
    # 14 edges and 8 operations of both cells, two scalars of cost, the epoch.
    assert {len(row) for row in logged} == {2 * 14 * 8 + 3}
    skips = [row['arch/skips'] for row in wandb.rows if 'arch/skips' in row]
    assert skips == [epoch.skips for epoch in history.epochs]
    # The epoch is told before anything that is drawn over it.
    order = [next(iter(row)).partition('/')[0] for row in wandb.rows if {'cost/macs', 'arch/skips'} & set(row)]
    assert order == ['alpha', 'arch'] * 2
    assert sum('reconstruction' in row for row in wandb.rows) == 2


def check_mlflow(mlflow: MLflow, folder: Path) -> None:
    """What MLflow was given."""
    assert mlflow.uri == f'sqlite:///{folder}/mlflow.db'
    assert mlflow.experiments == {'mmnas_mae': (folder / 'mlflow_artifacts').as_uri()}
    assert [step for step, values in mlflow.metrics if 'cost/macs' in values] == [1, 2]
    assert not any('epoch' in values for _, values in mlflow.metrics if 'cost/macs' in values)
    assert {(key, channels) for key, _, channels in mlflow.pictures} == {('cell', 3), ('reconstruction', 3)}
    assert [step for key, step, _ in mlflow.pictures if key == 'reconstruction'] == [1, 2]


def backends(cfg: Config) -> list[str]:
    return [backend['type'] for backend in cfg.visualizer.vis_backends]


@pytest.mark.parametrize(
    'dashboard, expected',
    [
        ('tensorboard', ['TensorboardVisBackend']),
        (['tensorboard', 'wandb'], ['TensorboardVisBackend', 'WandbVisBackend']),
        (dict(mlflow=dict(exp_name='mine')), ['mmnas_mae.MLflowVisBackend']),
    ],
)
def test_backends_are_added_to_what_a_config_has(search_cfg, monkeypatch, dashboard, expected):
    monkeypatch.setattr('importlib.util.find_spec', lambda name: True)
    # The config has lost the local backend, whose files a report reads.
    search_cfg.visualizer = dict(type='Visualizer', vis_backends=[dict(type='AimVisBackend')])
    cfg = read_config(search_cfg, dict(dashboard=dashboard))
    assert backends(cfg) == ['LocalVisBackend', 'AimVisBackend', *expected]
    assert cfg.default_hooks.dashboard == dict(type='mmnas_mae.DashboardHook')
    assert 'dashboard' not in cfg
    if isinstance(dashboard, dict):
        assert cfg.visualizer.vis_backends[-1].exp_name == 'mine'


def test_settings_of_a_dashboard_by_dotted_options(search_cfg, monkeypatch):
    monkeypatch.setattr('importlib.util.find_spec', lambda name: True)
    cfg = read_config(search_cfg, {'dashboard.wandb.init_kwargs.mode': 'offline'})
    wandb = cfg.visualizer.vis_backends[-1]
    assert wandb.init_kwargs == dict(mode='offline')
    assert dict(name='arch/*', step_metric='epoch') in wandb.define_metric_cfg


def test_a_retraining_gets_the_backend_alone(repository):
    config = repository / 'configs/retrain/genotype-l20-c36_1xb96-600e_cifar10.py'
    cfg = read_config(config, dict(dashboard='tensorboard'))
    assert backends(cfg) == ['LocalVisBackend', 'TensorboardVisBackend']
    assert 'dashboard' not in cfg.default_hooks


def test_wrong_dashboards_are_named(search_cfg, monkeypatch, repository):
    with pytest.raises(ValueError, match="dashboard must be of tensorboard, wandb, mlflow, got 'tensorbord'"):
        read_config(search_cfg, dict(dashboard='tensorbord'))
    with pytest.raises(ValueError, match="dashboard.tensorboard must be a dict of settings, got 'on'"):
        read_config(search_cfg, dict(dashboard=dict(tensorboard='on')))
    with pytest.raises(ValueError, match='this config has no visualizer'):
        read_config(repository / 'configs/discrete/rs-table_nasbench201_cifar10.py', dict(dashboard='tensorboard'))
    monkeypatch.setattr('importlib.util.find_spec', lambda name: None)
    with pytest.raises(ModuleNotFoundError, match='dashboard=wandb needs wandb, which is not installed'):
        read_config(search_cfg, dict(dashboard='wandb'))


def test_counting_the_cost_draws_nothing():
    before = torch.get_rng_state()
    found = network_cost(published('DARTS_V2'))
    assert torch.equal(torch.get_rng_state(), before)
    # quark0/darts: 3.3 M on CIFAR-10 with 10 classes, without the auxiliary head.
    assert found == {'cost/params': 3.349342, 'cost/macs': 528.35904}
