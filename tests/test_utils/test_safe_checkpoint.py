"""Checkpoints hold numbers and texts and execute nothing, whoever reads them."""

import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from mmengine.logging import HistoryBuffer
from mmengine.runner.checkpoint import CheckpointLoader, load_checkpoint

import mmnas_mae.models  # noqa: F401, whose import makes the loaders MMEngine's
from mmnas_mae.utils.checkpoints.safe import load_from_local, trusted_checkpoints


class Bomb:
    """Makes a folder where it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)

    def __reduce__(self) -> tuple:
        return os.mkdir, (self.path,)


@pytest.mark.parametrize('new_format', [True, False])
def test_a_crafted_pickle_is_refused_in_one_line_that_says_what_it_would_do(tmp_path: Path, new_format: bool) -> None:
    trace, file = tmp_path / 'trace', tmp_path / 'evil.pth'
    content = dict(state_dict={}, extra=Bomb(trace))
    torch.save(content, file, _use_new_zipfile_serialization=new_format)
    for read in (
        lambda: load_from_local(file),
        lambda: CheckpointLoader.load_checkpoint(str(file)),
        lambda: load_checkpoint(torch.nn.Linear(1, 1), str(file)),
    ):
        with pytest.raises(ValueError, match=r"evil.pth' would execute posix.mkdir when it is read; --trust") as info:
            read()
        assert '\n' not in str(info.value)
    assert not trace.exists()
    with trusted_checkpoints(), trusted_checkpoints(False):
        CheckpointLoader.load_checkpoint(str(file))
    assert trace.is_dir()
    with pytest.raises(ValueError, match='would execute'):
        CheckpointLoader.load_checkpoint(str(file))


def test_what_a_training_writes_needs_no_trust(tmp_path: Path) -> None:
    history = HistoryBuffer([1.0, 3.0], [1, 1])
    scalars = [np.dtype(kind).type(1) for kind in ('float16', 'float32', 'float64', 'int8', 'int64', 'uint32', 'bool')]
    content = dict(history=history, scalars=scalars, array=np.arange(6.0).reshape(2, 3), weight=torch.ones(2))
    torch.save(content, tmp_path / 'own.pth')
    read = load_from_local(tmp_path / 'own.pth')
    assert type(read['history']) is HistoryBuffer
    assert read['history'].mean() == 2
    assert read['history'].statistics('max', 1) == 3
    assert [type(value) for value in read['scalars']] == [type(value) for value in scalars]
    assert np.array_equal(read['array'], content['array'])
    torch.save(read, tmp_path / 'again.pth')
    assert load_from_local(tmp_path / 'again.pth')['history'].mean() == 2


class Attribute:
    """Asks for an attribute by which a restricted unpickler could be left."""

    def __reduce__(self) -> tuple:
        return getattr, (HistoryBuffer, '__init__')


class Objects:
    """An array of a form that no file needs."""

    def __reduce__(self) -> tuple:
        return np.ones(1).__reduce__()[0], (np.ndarray, (10**12,), b'b')


@pytest.mark.parametrize('inside', [Objects(), np.array([{}], object), torch.nn.Linear(1, 1)])
def test_arrays_of_other_forms_and_modules_are_refused(tmp_path: Path, inside: Any) -> None:
    torch.save(dict(inside=inside), tmp_path / 'odd.pth')
    with pytest.raises(ValueError, match=r'odd.pth'):
        load_from_local(tmp_path / 'odd.pth')


def test_an_attribute_is_asked_for_in_vain(tmp_path: Path) -> None:
    torch.save(dict(inside=Attribute()), tmp_path / 'attribute.pth')
    assert load_from_local(tmp_path / 'attribute.pth') == dict(inside=None)


def test_the_text_of_a_config_that_mmengine_would_execute_is_left_out(tmp_path: Path) -> None:
    torch.save(dict(meta=dict(config='import os', epoch=1)), tmp_path / 'old.pth')
    assert load_from_local(tmp_path / 'old.pth') == dict(meta=dict(epoch=1))


def test_damaged_files_are_named(tmp_path: Path) -> None:
    torch.save(dict(weight=torch.zeros(100)), tmp_path / 'whole.pth')
    whole = (tmp_path / 'whole.pth').read_bytes()
    with (
        zipfile.ZipFile(tmp_path / 'whole.pth') as source,
        zipfile.ZipFile(tmp_path / 'packed.pth', 'w', zipfile.ZIP_DEFLATED) as packed,
    ):
        for name in source.namelist():
            packed.writestr(name, source.read(name))
    for name, content in dict(empty=b'', text=b'hello', cut=whole[: len(whole) // 2]).items():
        (tmp_path / f'{name}.pth').write_bytes(content)
    for name in ('empty', 'text', 'cut', 'packed'):
        with pytest.raises(ValueError, match=f"{name}.pth' cannot be read") as info:
            load_from_local(tmp_path / f'{name}.pth')
        assert '\n' not in str(info.value)
        assert len(str(info.value)) < 900
    with pytest.raises(FileNotFoundError, match=r"none.pth' does not exist"):
        load_from_local(tmp_path / 'none.pth')


def test_stores_that_mmengine_reads_without_restrictions_are_not_read() -> None:
    for name in ('s3://bucket/file.pth', 'petrel://bucket/file.pth', 'pavi://file.pth'):
        with pytest.raises(ValueError, match='download it first'):
            CheckpointLoader.load_checkpoint(name)
