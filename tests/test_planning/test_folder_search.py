"""A search from one call, and what it leaves."""

import re

import pytest
from awkward_images import picture
from mmengine.config import Config
from PIL import Image

import mmnas_mae
from mmnas_mae.planning import search_plan
from mmnas_mae.planning.step_time import StepTime

#: Two operations on each edge.
SMALL = {
    'model.backbone.space': 'darts_s2',
    'model.backbone.init_channels': 2,
    'model.backbone.layers': 3,
    'log_level': 'ERROR',
}


@pytest.fixture
def photos(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(search_plan, 'measured_time', lambda cfg, size: StepTime(0.5, 0.5, 'measured'))
    for number in range(12):
        (tmp_path / 'photos').mkdir(exist_ok=True)
        Image.fromarray(picture(40, 44, 3, seed=number)).save(tmp_path / 'photos' / f'{number}.png')
    return 'photos'


def test_a_search_from_one_call(photos):
    said = []
    size = dict(size=16, batch_size=4, workers=0, options=SMALL, say=said.append)
    found = mmnas_mae.search(photos, epochs=1, **size)
    assert str(found.work_dir) == 'work_dirs/search_photos'
    assert [line.split()[0] for line in said] == [
        'device', 'size', 'patch', 'batch', 'workers', 'epochs', 'time', 'config',
    ]  # fmt: skip
    cfg = Config.fromfile(found.config)
    assert cfg.choices.size == dict(value=16, reason='given')
    assert (cfg.train_dataloader.batch_size, cfg.train_cfg.max_epochs, cfg.model.backbone.layers) == (4, 1, 3)
    assert found.report.is_file()
    assert found.genotype == mmnas_mae.get_genotype(found.work_dir / 'genotype.json')
    assert mmnas_mae.build_backbone(found.genotype, init_channels=4, layers=3).out_channels

    page = found._repr_html_()
    assert page.count('<svg') == 2
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert 'Curves of training loss' in page
    assert '✗' in page

    with pytest.raises(ValueError, match='holds an earlier run'):
        mmnas_mae.search(photos, epochs=1, **size)
    # The config of the run goes on, with options over it.
    again = dict(size, options={'train_cfg.max_epochs': 2}, say=said.append)
    assert mmnas_mae.search(photos, resume=True, **again).history.epochs[-1].epoch == 2
    assert said[-1] == f'going on with {found.config}'


def test_images_that_are_not_there_are_said(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"'.*none'"):
        mmnas_mae.search(tmp_path / 'none')
