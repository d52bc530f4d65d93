"""What `import mmnas_mae` gives."""

import subprocess
import sys

import pytest

import mmnas_mae
from mmnas_mae.apis.training import load_config


def test_every_name_is_there():
    assert set(mmnas_mae.__all__) <= set(dir(mmnas_mae))
    for name in mmnas_mae.__all__:
        value = getattr(mmnas_mae, name)
        assert callable(value) or name == '__version__'
        assert name.startswith('__') or value.__doc__ or type(value).__call__.__doc__
    with pytest.raises(AttributeError, match="module 'mmnas_mae' has no attribute 'serch'"):
        mmnas_mae.serch  # noqa: B018


@pytest.mark.parametrize('first', ['', 'import mmnas_mae.report; '])
def test_report_is_a_room_and_a_function(first):
    """Importing the room sets it over a function of its name."""
    ask = f'import mmnas_mae; {first}mmnas_mae.report("no such folder")'
    process = subprocess.run([sys.executable, '-c', ask], capture_output=True, text=True)
    assert process.stderr.splitlines()[-1] == "FileNotFoundError: work directory 'no such folder' does not exist"
    assert mmnas_mae.report.write_report.__name__ == 'write_report'


def test_genotypes_by_name():
    names = mmnas_mae.list_genotypes()
    assert {'DARTS_V2', 'PDARTS', 'PC_DARTS_cifar'} <= set(names)
    assert mmnas_mae.get_genotype('DARTS_V2').space == 'darts_s0'
    assert mmnas_mae.build_network('darts', 'DARTS_V2', init_channels=4, layers=3)(torch_images()).shape == (2, 10)


def torch_images():
    import torch

    return torch.rand(2, 3, 32, 32)


def test_a_config_by_its_name_in_the_package(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cfg = mmnas_mae.load_config('mmnas_mae::search/maenas_nasbench201_1xb64-50e_cifar10', {'train_cfg.max_epochs': 3})
    assert cfg.train_cfg.max_epochs == 3
    assert cfg.work_dir == 'work_dirs/maenas_nasbench201_1xb64-50e_cifar10'
    assert load_config('configs/search/maenas_nasbench201_1xb64-50e_cifar10.py', work_dir='there').work_dir == 'there'
    with pytest.raises(ValueError, match='did you mean mmnas_mae.MAENAS'):
        mmnas_mae.load_config('configs/search/maenas_nasbench201_1xb64-50e_cifar10.py', {'model.type': 'MAENAS'})


def test_a_work_directory_in_use_is_not_trained_over(search_cfg, tmp_path):
    (tmp_path / 'search').mkdir()
    (tmp_path / 'search/genotype.json').write_text('{}')
    with pytest.raises(ValueError, match='holds an earlier run'):
        mmnas_mae.train(search_cfg)
