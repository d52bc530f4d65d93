"""A work directory is used by one run."""

from pathlib import Path

import pytest
from mmengine.config import Config

from mmnas_mae.apis.work_dir import claim_work_dir


def test_a_used_work_directory_is_refused(tmp_path: Path) -> None:
    """An earlier run is neither mixed with nor lost; other files stay whatever is asked for."""
    cfg = Config(dict(work_dir=str(tmp_path / 'run')))
    claim_work_dir(cfg)  # it does not exist yet
    (tmp_path / 'run' / '20260101_000000').mkdir(parents=True)
    for name in ('genotype.json', 'arch_history.jsonl', 'epoch_1.pth', 'last_checkpoint', 'notes.txt'):
        (tmp_path / 'run' / name).touch()
    with pytest.raises(ValueError, match=r"'.*run' holds an earlier run \(.*\): --resume auto goes on"):
        claim_work_dir(cfg)
    claim_work_dir(Config(dict(work_dir=str(tmp_path / 'run'), resume=True)))
    assert (tmp_path / 'run' / 'genotype.json').exists()
    claim_work_dir(cfg, overwrite=True)
    assert [path.name for path in (tmp_path / 'run').iterdir()] == ['notes.txt']
    claim_work_dir(cfg)


def test_a_start_that_failed_is_no_earlier_run(tmp_path: Path) -> None:
    """It has left a folder with a log. A user's folder is no stage of a run."""
    for name in ('20260101_000000', 'stage_photos'):
        (tmp_path / name).mkdir()
    cfg = Config(dict(work_dir=str(tmp_path)))
    claim_work_dir(cfg)
    claim_work_dir(cfg, overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == ['stage_photos']
    (tmp_path / '20260102_000000' / 'vis_data').mkdir(parents=True)
    (tmp_path / '20260102_000000' / 'vis_data' / 'scalars.json').touch()
    with pytest.raises(ValueError, match='holds an earlier run .20260102_000000.'):
        claim_work_dir(cfg)


@pytest.mark.parametrize('key', ['load_from', 'model.backbone.genotype'])
def test_what_the_config_reads_is_not_removed(tmp_path: Path, key: str) -> None:
    (tmp_path / 'genotype.json').touch()
    (tmp_path / 'epoch_1.pth').touch()
    cfg = Config(dict(work_dir=str(tmp_path), model=dict(backbone=dict())))
    cfg.merge_from_dict({key: str(tmp_path / ('epoch_1.pth' if key == 'load_from' else 'genotype.json'))})
    with pytest.raises(ValueError, match=f'--overwrite would remove .*, which {key} names'):
        claim_work_dir(cfg, overwrite=True)
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize('name', ['RANK', 'SLURM_PROCID', 'OMPI_COMM_WORLD_RANK'])
def test_one_process_of_a_job_removes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    (tmp_path / 'genotype.json').touch()
    monkeypatch.setenv(name, '1')
    claim_work_dir(Config(dict(work_dir=str(tmp_path))), overwrite=True)
    assert (tmp_path / 'genotype.json').exists()


def test_a_work_directory_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / 'run').touch()
    with pytest.raises(ValueError, match="--work-dir: '.*run' is a file"):
        claim_work_dir(Config(dict(work_dir=str(tmp_path / 'run'))))
