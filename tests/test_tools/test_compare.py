"""tools/compare.py from images to table, picture and report; called again it trains nothing."""

import json
import re
import shutil

import pytest
import torch
from awkward_images import picture
from PIL import Image

from mmnas_mae.apis import build_backbone
from mmnas_mae.comparison import trainings
from mmnas_mae.spaces import load_genotype

SMALL = ['--init-channels', 2, '--layers', 3, '--against', 'resnet', '--epochs', 1, '--rates', 0.05]
WORKERS = ['--cfg-options', 'train_dataloader.num_workers=0', 'val_dataloader.num_workers=0']


@pytest.fixture
def images(tmp_path):
    """Forty images of two classes, bright and dark, of 16 pixels."""
    for number in range(40):
        path = tmp_path / 'images' / ('bright', 'dark')[number % 2] / f'{number}.png'
        path.parent.mkdir(parents=True, exist_ok=True)
        values = picture(16, 16, 3, seed=number) // 2
        Image.fromarray(values + 127 * (1 - number % 2)).save(path)
    return tmp_path / 'images'


@pytest.fixture
def search(tmp_path):
    """A work directory with a genotype alone."""
    folder = tmp_path / 'search'
    folder.mkdir()
    load_genotype('PDARTS').save(folder / 'genotype.json')
    return folder


def test_from_images_to_a_table_and_again(call, images, search, monkeypatch):
    judged = ['--judge', 'train', 'linear', 'knn', '--seeds', 0, 1]
    command = ['tools/compare.py', search / 'genotype.json', images, *SMALL, *judged, *WORKERS]
    out = call(*command)
    folder = search / 'compare'
    content = json.loads((folder / 'comparison.json').read_text())
    assert [rival['name'] for rival in content['rivals']] == ['found', 'resnet']
    found, resnet = (rival['cost'] for rival in content['rivals'])
    assert 0.4 * found['macs'] < resnet['macs'] <= found['macs'] == content['budget_macs']
    assert (content['shape'], content['classes'], content['images'], content['heldout_images']) == (
        [3, 16, 16],
        2,
        32,
        8,
    )
    assert len(content['rows']) == 6
    for row in content['rows']:
        # Of 8 held-out images.
        assert all(value * 8 / 100 == pytest.approx(round(value * 8 / 100)) for value in row['accuracies'].values())
        assert list(row['accuracies']) == ['0', '1']
    # Brightness is seen by any filter.
    neighbours = [row for row in content['rows'] if row['judge'] == 'knn']
    assert all(row['accuracy']['mean'] > 75 for row in neighbours)
    assert 'gradients are not clipped' in content['recipe']
    assert all(verdict['sentence'] in out for verdict in content['verdicts'])
    assert 'Init' not in out
    assert (folder / 'comparison.png').stat().st_size > 10_000

    monkeypatch.setattr(trainings, 'run_training', lambda cfg: pytest.fail('trained again'))
    again = call(*command)
    assert (
        re.sub(r'\d+\.\d+ +\|$', '', again, flags=re.MULTILINE)[-2000:]
        == (re.sub(r'\d+\.\d+ +\|$', '', out, flags=re.MULTILINE)[-2000:])
    )
    more = [*command[: command.index('--epochs') + 1], 2, *command[command.index('--epochs') + 2 :]]
    assert 'belongs to a comparison with other settings' in call(*more, expect=1)


def test_a_training_that_was_interrupted_goes_on_as_if_it_had_not_been(call, images, search, tmp_path, monkeypatch):
    small = ['--init-channels', 2, '--layers', 3, '--against', '--epochs', 4, '--rates', 0.05, '--seeds', 0]
    command = ['tools/compare.py', search / 'genotype.json', images, *small, '--work-dir', tmp_path / 'out', *WORKERS]
    call(*command)
    place = tmp_path / 'out' / 'found' / 'scratch' / 'train' / 'labels_1' / 'seed_0'
    whole = torch.load(place / 'epoch_4.pth', weights_only=False)['state_dict']
    kept, train = json.loads((place / 'result.json').read_text()), trainings.run_training
    shutil.rmtree(place)

    def stopped(cfg):
        cfg.train_cfg.max_epochs = 2
        train(cfg)
        raise KeyboardInterrupt

    monkeypatch.setattr(trainings, 'run_training', stopped)
    with pytest.raises(KeyboardInterrupt):
        call(*command)
    monkeypatch.setattr(trainings, 'run_training', train)
    call(*command)
    again = torch.load(place / 'epoch_4.pth', weights_only=False)['state_dict']
    assert all(torch.equal(value, again[name]) for name, value in whole.items())
    assert json.loads((place / 'result.json').read_text())['accuracy'] == kept['accuracy']


@pytest.mark.parametrize(
    'flags, message',
    [
        (['--labels', '0'], '--labels must be shares above 0 and at most 1, got 0.0'),
        (['--against', 'vgg'], '--against must be of darts_v2, random, largest, resnet, mobilenet'),
        (['--seeds', '1', '1'], '--seeds must differ'),
        (['--rates', '-1'], '--rates must be positive'),
        (['--weights', 'x.pth'], '--weights must read NAME=CHECKPOINT'),
        (['--weights', 'found=x.pth'], 'x.pth'),
        (['--budget', '1K'], 'no network of this genotype keeps within the budget'),
    ],
)
def test_what_cannot_be_is_said_in_one_line(flags, message, call, images, search):
    small = ['--init-channels', 2, '--layers', 3]
    against = [] if '--against' in flags else ['--against']
    out = call('tools/compare.py', search / 'genotype.json', images, *small, *against, *flags, *WORKERS, expect=1)
    assert message in out.strip().splitlines()[-1]


def test_weights_that_do_not_fit_are_refused_before_anything_is_trained(call, images, search, tmp_path, monkeypatch):
    monkeypatch.setattr(trainings, 'run_training', lambda cfg: pytest.fail('trained'))
    other = build_backbone('PDARTS', init_channels=3, layers=3, stem='cifar')
    state = {f'backbone.{name}': value for name, value in other.state_dict().items()}
    torch.save(dict(state_dict=state, meta={}), tmp_path / 'other.pth')
    command = ['tools/compare.py', search / 'genotype.json', images, '--init-channels', 2, '--layers', 3, '--against']
    refused = call(*command, '--weights', f'found={tmp_path}/other.pth', *WORKERS, expect=1)
    assert 'these weights are not of this genotype, init_channels, layers and stem' in refused
    unknown = call(*command, '--weights', f'vgg={tmp_path}/other.pth', *WORKERS, expect=1)
    assert "--weights must name one of found, got 'vgg'" in unknown
