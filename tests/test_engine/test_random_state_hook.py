"""What the random state hook tells the data."""

from typing import Callable

from mmengine.config import Config


def test_the_augmentation_goes_on_where_alpha_is_not_optimised(search_cfg: Config, run_search: Callable) -> None:
    search_cfg.default_hooks.pop('bilevel')
    search_cfg.model.backbone.relaxation = dict(type='mmnas_mae.UniformPathRelaxation')
    search_cfg.train_dataloader.dataset.parts = [('weights', 0.001), ('arch', 0.001)]
    search_cfg.val_cfg = search_cfg.val_dataloader = search_cfg.val_evaluator = None
    search_cfg.train_cfg.max_epochs = 3
    assert run_search(search_cfg).train_dataloader.dataset.epoch == 2
