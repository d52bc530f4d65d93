"""Table 6: the backbones of its rows, in the metafile and in the README."""

import pytest
import yaml

from mmnas_mae.apis import build_network
from mmnas_mae.costs import measure_complexity


@pytest.fixture(scope='module')
def models(repository):
    return yaml.safe_load((repository / 'configs/detection/metafile.yml').read_text())['Models']


def test_the_rows_are_those_of_the_paper(models, repository):
    published = [tuple(model['Metadata']['Published'].values()) for model in models]
    assert published == [
        (4.7, 519, 31.7, 50.4, 33.4),
        (4.7, 531, 31.5, 50.3, 33.1),
        (4.9, 544, 32.9, 51.8, 34.8),
        (5.3, 582, 32.9, 51.8, 34.8),
        (5.1, 552, 32.8, 51.5, 34.7),
        (5.2, 561, 32.9, 51.6, 34.8),
        (4.7, 533, 33.0, 51.8, 35.1),
    ]
    assert len({model['Name'] for model in models}) == 7
    assert all((repository / model['Config']).is_file() for model in models)
    assert all(model['Results'] == [] for model in models)


def test_the_backbones_have_the_size_and_cost_that_the_paper_prints(models):
    counted = [model['Metadata'] for model in models if model['Metadata']['Genotype'] is not None]
    assert len(counted) == 5
    for row in counted:
        network = build_network(
            'darts', row['Genotype'], 1000, init_channels=row['Init Channels'], layers=14, stem='imagenet'
        )
        cost = measure_complexity(network, (3, 224, 224))
        assert (cost.params, cost.macs) == (row['Parameters'], row['Multiply-Adds'])
        assert round(cost.params / 1e6, 1) == row['Published']['Parameters (M)']
        assert cost.macs / 1e6 == pytest.approx(row['Published']['FLOPs (M)'], rel=0.003)


def test_the_readme_shows_the_metafile(models, repository):
    lines = (repository / 'configs/detection/README.md').read_text().splitlines()
    table = lines[next(i for i, line in enumerate(lines) if line.startswith('| row |')) :]
    assert table[2:] == [_line(model['Metadata']) for model in models]


def _line(row):
    published = row['Published']
    counted = ('unpublished', '-', '-', '-')
    if row['Genotype'] is not None:
        macs = f'{row["Multiply-Adds"] / 1e6:.1f}'
        counted = (f'`{row["Genotype"]}`', row['Init Channels'], f'{row["Parameters"] / 1e6:.2f}', macs)
    genotype, channels, params, macs = counted
    cells = [row['Row of Table 6'], genotype, channels, f'{params} / {published["Parameters (M)"]}']
    cells += [f'{macs} / {published["FLOPs (M)"]}', published['box AP'], published['AP50'], published['AP75']]
    return f'| {" | ".join(map(str, cells))} |'
