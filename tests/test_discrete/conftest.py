"""A small search over real CIFAR-10 as the scorers see it."""

from typing import Callable

import pytest

from mmnas_mae.discrete import SearchRun


@pytest.fixture
def small_run(repository, data_file) -> Callable[..., SearchRun]:
    """A search of a config, made small; 96 held-out images unless told."""

    def build(config: str = 'maenas_nasbench201_1xb64-50e_cifar10', **kwargs) -> SearchRun:
        options = {
            'train_dataloader.dataset.dataset.type': 'mmnas_mae.ParquetImages',
            'train_dataloader.dataset.dataset.data_root': str(data_file('cifar10_train_20k.parquet')),
            'val_dataloader.dataset.type': 'mmnas_mae.ParquetImages',
            'val_dataloader.dataset.data_root': str(data_file('cifar10_test_4k.parquet')),
        }
        if 'nasbench201' in config:
            options |= {'model.backbone.init_channels': 2, 'model.backbone.cells_per_stage': 1}
        elif 'nasbench101' in config:
            options |= {'model.backbone.stem_channels': 6, 'model.backbone.num_modules_per_stack': 1}
        else:
            options |= {'model.backbone.init_channels': 2, 'model.backbone.layers': 3}
        if config.startswith('darts'):
            for loader in ('train_dataloader.dataset.dataset', 'val_dataloader.dataset'):
                options[f'{loader}.label_column'] = 'label'
        kwargs.setdefault('heldout', 96)
        options |= kwargs.pop('options', {})
        return SearchRun.from_config(repository / 'configs' / 'search' / f'{config}.py', cfg_options=options, **kwargs)

    return build
