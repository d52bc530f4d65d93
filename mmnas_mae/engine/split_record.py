"""Which images a search reads, so that a resumed one does not go on with others."""

from typing import Any, Mapping

from mmengine.runner import Runner

from .bilevel_hook import BilevelHook


def split_records(runner: Runner) -> dict[str, dict[str, Any]]:
    """What :meth:`mmnas_mae.SearchSplit.record` says of each such data set, by the loader that reads it.

    These are the loaders of the weights, of the architecture and of the held-out images;
    those of other data sets are left out.
    """
    datasets = {'train_dataloader': runner.train_dataloader.dataset}
    if runner.val_loop is not None:
        datasets['val_dataloader'] = runner.val_dataloader.dataset
    for hook in runner.hooks:
        if isinstance(hook, BilevelHook):
            datasets['arch_dataloader'] = hook.dataset
    return {name: dataset.record() for name, dataset in datasets.items() if hasattr(dataset, 'record')}


def check_splits(saved: Mapping[str, Mapping], now: Mapping[str, Mapping]) -> None:
    """Compares the loaders that both records know.

    Raises:
        ValueError: one reads other images, or in another order; names it and the settings
            that have changed.
    """
    for name in [name for name in saved if name in now]:
        before, after = saved[name], now[name]
        # A checkpoint of an earlier release, and most data sets, have no content.
        if all(before[key] == after.get(key) for key in ('images', 'total', 'content') if key in before):
            continue
        keys = [key for key in before if key != 'images' and before[key] != after.get(key)] or ['images']
        old, new = (', '.join(f'{key}={record.get(key)!r}' for key in keys) for record in (before, after))
        raise ValueError(f'resume: {name}.dataset must read the images of the checkpoint, cut with {old}, got {new}')
