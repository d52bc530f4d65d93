"""Inputs at random: the errors are the documented ones, on one line, and what is read is a member."""

import copy
import io
import json
import random
from collections import Counter
from pathlib import Path
from typing import Any, Callable

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from PIL import Image

from mmnas_mae.datasets import ParquetImages
from mmnas_mae.models import PatchMaskGenerator
from mmnas_mae.spaces import ModelSpec, get_space, load_genotype

#: Inputs of the two parts of the suite, over all kinds.
FAST, SLOW = 2_000, 100_000

ODD = (None, True, False, 0, -1, 1, 3, 10**9, 10**400, 0.5, float('nan'), float('inf'), '', 'x', 'none', 'os.abort')
ODD += ([], {}, [[]], [None], ['a', 0], 'é' * 50, '\0', '../..', '9' * 5000, b'bytes')
TEXTS = (
    "Genotype(normal=[('sep_conv_3x3', 0), ('sep_conv_3x3', 1), ('skip_connect', 0), ('dil_conv_3x3', 2), "
    "('max_pool_3x3', 0), ('skip_connect', 1), ('sep_conv_3x3', 0), ('skip_connect', 2)], normal_concat=range(2, 6), "
    "reduce=[('max_pool_3x3', 0), ('max_pool_3x3', 1), ('skip_connect', 2), ('max_pool_3x3', 1), "
    "('max_pool_3x3', 0), ('skip_connect', 2), ('skip_connect', 2), ('max_pool_3x3', 1)], reduce_concat=range(2, 6))",
    '|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_3x3~1|skip_connect~2|',
    '(4, 0, 3, 1, 4, 3)',
    '02001|100110100001001010101',
    '64-41414-1_02_333',
    '64-1234-basic',
    'DARTS_V2',
)
ALPHABET = '0123456789|~+-_,.()[]{}\'"=: \\\n\0éabcnoprsvx'


def mutated_text(draw: random.Random) -> str:
    text = draw.choice(TEXTS)
    for _ in range(draw.randint(1, 4)):
        i, j = sorted(draw.choices(range(len(text) + 1), k=2))
        kind = draw.randrange(5)
        if kind == 0:
            text = text[:i] + draw.choice(ALPHABET) + text[i + 1 :]
        elif kind == 1:
            text = text[:i] + text[j:]
        elif kind == 2:
            text = text[:j] + text[i:j] * draw.randint(1, 3) + text[j:]
        elif kind == 3:
            text = text[:i] + draw.choice(ALPHABET) * draw.choice((1, 3, 300)) + text[i:]
        else:
            other = draw.choice(TEXTS)
            text = text[:i] + other[draw.randrange(len(other)) :]
    return text


def mutated(value: Any, draw: random.Random) -> Any:
    """A copy of plain data with a few of its parts changed, removed or doubled."""
    value = copy.deepcopy(value)
    for _ in range(draw.randint(1, 3)):
        place, parent, key = value, None, None
        while isinstance(place, (dict, list)) and place and draw.random() < 0.8:
            parent, key = place, draw.choice(list(place) if isinstance(place, dict) else range(len(place)))
            place = parent[key]
        if parent is None:
            value = draw.choice((*ODD, value))
        elif draw.random() < 0.2:
            del parent[key]
        elif isinstance(parent, list) and draw.random() < 0.2:
            parent[key:key] = [copy.deepcopy(place)] * draw.choice((1, 2, 50))
        else:
            parent[key] = copy.deepcopy(draw.choice(ODD))
    return value


def read_again(source: Any) -> None:
    """Reads a genotype; what is read is a member of its space, and reads the same from each of its forms."""
    found = load_genotype(source)
    space = get_space(found.space)
    space.validate(found)
    assert load_genotype(found.to_dict()) == found
    assert load_genotype(space.format(found), found.space).cells == found.cells


class Inputs:
    """Kinds of inputs; each method tries one."""

    def __init__(self, folder: Path, draw: random.Random) -> None:
        self.draw, self.folder = draw, folder
        genotypes = [load_genotype(text) for text in TEXTS]
        self.dicts = [json.loads(json.dumps(genotype.to_dict())) for genotype in genotypes]
        self.dicts.append({'normal': [['skip_connect', 0]], 'normal_concat': [2]})
        spec = get_space('nasbench101').spec(TEXTS[3])
        self.spec = dict(matrix=[list(row) for row in spec.matrix], ops=list(spec.ops))
        picture = io.BytesIO()
        Image.fromarray(np.zeros((4, 4, 3), np.uint8)).save(picture, 'PNG')
        pq.write_table(pa.table({'image': [picture.getvalue()] * 3, 'label': [0, 1, 2]}), folder / 'whole.parquet')
        self.parquet = (folder / 'whole.parquet').read_bytes()

    def text(self) -> None:
        read_again(mutated_text(self.draw))

    def text_of_a_space(self) -> None:
        names = ('s0', 's2', 's4', 'nasbench201', 'nasbench101', 'transnas101_micro', 'transnas101_macro', 'nasnet')
        load_genotype(mutated_text(self.draw), self.draw.choice(names))

    def content(self) -> None:
        read_again(mutated(self.draw.choice(self.dicts), self.draw))

    def file(self) -> None:
        text = list(json.dumps(self.draw.choice(self.dicts)))
        for _ in range(self.draw.randint(0, 4)):
            text[self.draw.randrange(len(text))] = self.draw.choice(ALPHABET)
        (self.folder / 'genotype.json').write_text(''.join(text))
        read_again(self.folder / 'genotype.json')

    def spec_of_nasbench101(self) -> None:
        spec = mutated(self.spec, self.draw)
        if isinstance(spec, dict) and {'matrix', 'ops'} <= set(spec):
            ModelSpec(spec['matrix'], spec['ops']).check().hash()
        get_space('nasbench101').spec(spec)

    def mask_generator(self) -> None:
        settings = dict(patch_size=2, ratio=0.5)
        settings[self.draw.choice(list(settings))] = self.draw.choice((*ODD, self.draw.uniform(-1, 2)))
        generator = PatchMaskGenerator(**settings)
        size = self.draw.choice((1, 2, 4, 7, 32))
        mask = generator(torch.zeros(2, 3, size, size))
        assert mask.shape == (2, 1, size, size)
        assert set(mask.unique().tolist()) <= {0, 1}

    def table_of_images(self) -> None:
        content = bytearray(self.parquet)
        for _ in range(self.draw.randint(1, 3)):
            content[self.draw.randrange(len(content))] = self.draw.randrange(256)
        if self.draw.random() < 0.2:
            del content[self.draw.randrange(len(content)) :]
        (self.folder / 'broken.parquet').write_bytes(content)
        images = ParquetImages(str(self.folder / 'broken.parquet'), label_column=self.draw.choice((None, 'label')))
        for i in range(len(images)):
            images[i]


#: What each kind says that it raises.
RAISES = dict.fromkeys(
    ('text', 'text_of_a_space', 'content', 'file', 'spec_of_nasbench101'), (ValueError, FileNotFoundError)
)
RAISES['mask_generator'] = (ValueError,)
RAISES['table_of_images'] = (ValueError, TypeError, RuntimeError)


def fuzz(count: int, folder: Path, seed: int) -> Counter:
    """Tries so many inputs; gives how many of each kind were accepted and refused."""
    inputs, draw, seen = Inputs(folder, random.Random(seed)), random.Random(seed + 1), Counter()
    for number in range(count):
        kind = draw.choice(list(RAISES))
        method: Callable[[], None] = getattr(inputs, kind)
        try:
            method()
        except RAISES[kind] as error:
            seen[kind, 'refused'] += 1
            said = str(error)
            if '\n' in said or len(said) > 1500:
                raise AssertionError(f'input {number}, {kind}: not one short line: {said[:2000]!r}') from error
        else:
            seen[kind, 'accepted'] += 1
    return seen


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def test_two_thousand_inputs_raise_what_is_documented(folder: Path, seed: int) -> None:
    seen = fuzz(FAST, folder, seed)
    assert sum(seen.values()) == FAST
    assert all(seen[kind, 'refused'] > 10 for kind in RAISES)


@pytest.mark.slow
def test_a_hundred_thousand_inputs_raise_what_is_documented(folder: Path, seed: int) -> None:
    assert sum(fuzz(SLOW, folder, seed + 2).values()) == SLOW
