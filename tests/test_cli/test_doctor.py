"""What is installed, and what a missing part would give."""

from importlib.metadata import PackageNotFoundError

import pytest
import torch

from mmnas_mae.cli import doctor
from mmnas_mae.cli.main import main


def test_what_is_there_has_its_version(capsys):
    assert main(['doctor']) == 0
    lines = {line[:18].strip(): line[19:43].strip() for line in capsys.readouterr().out.splitlines()}
    assert lines['torch'] == torch.__version__.partition('+')[0]
    assert lines['GPU'] == (str(torch.cuda.device_count()) if torch.cuda.is_available() else 'missing')
    assert {"mmcv's operators", 'onnx', 'triton', 'MMNAS_DATA', 'mmnas_mae', 'Python'} <= set(lines)


def test_a_missing_part_says_what_it_gives_and_how_to_get_it(monkeypatch, capsys):
    known = doctor.find_spec
    monkeypatch.setattr(doctor, 'find_spec', lambda name: None if name in ('mmdet', 'mmpretrain') else known(name))
    lines = {name: (found, remark) for name, found, remark in doctor.examine()}
    assert lines['onedl-mmdetection'] == ('missing', 'detection: `mmnas detect`: pip install onedl-mmdetection')
    assert doctor.missing_needs() == ['onedl-mmpretrain']
    assert main(['doctor']) == 1
    assert capsys.readouterr().out.endswith('nothing works without: pip install onedl-mmpretrain\n')


@pytest.mark.parametrize(
    'installed, found, remark',
    [
        ({'onedl-mmcv': '2.3.6'}, '2.3.6', 'reading'),
        ({'mmcv': '2.1.0'}, 'mmcv 2.1.0', 'reading'),
        (
            {'onedl-mmcv': '2.3.6', 'mmcv-lite': '2.1.0'},
            '2.3.6 and mmcv-lite 2.1.0',
            'two packages with one import name',
        ),
        ({}, 'found', 'reading'),
    ],
)
def test_both_families_are_known_and_not_both_at_once(installed, found, remark, monkeypatch):
    def version(name):
        if name not in installed:
            raise PackageNotFoundError(name)
        return installed[name]

    monkeypatch.setattr(doctor, 'version', version)
    line = next(line for line in doctor.examine() if line[0] == 'onedl-mmcv')
    assert line[1] == found
    assert line[2].startswith(remark)
