"""tools/repeat.py and tools/discrete_search.py from the command line."""

import csv
import json
import signal
import statistics
import time

import pytest

REA = 'configs/discrete/rea-table_nasbench201_cifar10.py'
SEARCH = 'configs/search/maenas_nasbench201_1xb64-50e_cifar10.py'


def last_json(output):
    return json.loads(output.splitlines()[-1])


def test_a_discrete_search_writes_its_curve_and_goes_on(call, data_file, tmp_path):
    data_file('nb201.parquet')
    small = ['--cfg-options', 'search.cycles=40']
    first = json.loads(call('tools/discrete_search.py', REA, '--work-dir', tmp_path / 'a', '--seed', 3, *small))
    assert first['evaluations'] == 40
    assert first['seed'] == 3
    with (tmp_path / 'a' / 'curve.csv').open() as file:
        rows = list(csv.DictReader(file))
    scores = [float(row['score']) for row in rows]
    assert [float(row['best_score']) for row in rows] == [max(scores[: i + 1]) for i in range(40)]
    assert float(rows[-1]['best_cifar10_test']) == first['values']['cifar10_test']
    assert scores.index(first['score']) + 1 == first['found_at']
    log = (tmp_path / 'a' / 'evaluations.jsonl').read_text().splitlines(keepends=True)
    (tmp_path / 'b').mkdir()
    (tmp_path / 'b' / 'evaluations.jsonl').write_text(''.join(log[:20]))
    again = json.loads(call('tools/discrete_search.py', REA, '--work-dir', tmp_path / 'b', '--seed', 3, *small))
    assert {**again, 'seconds': 0} == {**first, 'seconds': 0}
    refused = call('tools/discrete_search.py', REA, '--work-dir', tmp_path / 'b', '--seed', 4, *small, expect=1)
    assert 'belongs to another search: seed is 3 there and 4 here' in refused


def test_repeats_of_a_discrete_search(call, data_file, tmp_path):
    data_file('nb201.parquet')
    flags = ['--work-dir', tmp_path, '--cfg-options', 'search.cycles=30']
    output = call('tools/repeat.py', REA, '--seeds', 5, 6, '--jobs', 2, *flags)
    summary = last_json(output)
    results = [json.loads((tmp_path / f'seed_{seed}' / 'result.json').read_text()) for seed in (5, 6)]
    found = [result['values']['cifar10_test'] for result in results]
    assert summary['values']['cifar10_test']['mean'] == pytest.approx(statistics.mean(found))
    assert summary['values']['cifar10_test']['std'] == pytest.approx(statistics.stdev(found))
    assert '| cifar10_test' in output
    assert json.loads((tmp_path / 'summary.json').read_text()) == summary
    before = (tmp_path / 'seed_5' / 'evaluations.jsonl').stat().st_mtime_ns
    assert 'seed 5: finished before' in call('tools/repeat.py', REA, '--seeds', 5, 6, *flags)
    assert (tmp_path / 'seed_5' / 'evaluations.jsonl').stat().st_mtime_ns == before
    assert last_json(call('tools/repeat.py', REA, '--seeds', 5, 6, 7, '--aggregate-only', *flags)) == summary
    other = ['--work-dir', tmp_path, '--cfg-options', 'search.cycles=31']
    refused = call('tools/repeat.py', REA, '--seeds', 5, *other, expect=1)
    assert 'was run with another config or other options; choose another --work-dir' in refused


def test_an_interrupted_search_goes_on_and_ends_as_if_it_had_not_been(call, command, data_file, tmp_path):
    options = [
        'train_dataloader.dataset.dataset.type=mmnas_mae.ParquetImages',
        f'train_dataloader.dataset.dataset.data_root={data_file("cifar10_train_20k.parquet")}',
        'val_dataloader.dataset.type=mmnas_mae.ParquetImages',
        f'val_dataloader.dataset.data_root={data_file("cifar10_test_4k.parquet")}',
        'val_dataloader.dataset.indices=16',
        'model.backbone.init_channels=2',
        'model.backbone.cells_per_stage=1',
        'train_dataloader.batch_size=16',
        'train_dataloader.num_workers=0',
        'val_dataloader.num_workers=0',
        'train_dataloader.dataset.parts=[(weights,0.002),(arch,0.002)]',
        'train_cfg.max_epochs=4',
        'train_cfg.val_interval=1',
        'optim_wrapper.arch.optimizer.lr=0.1',
    ]
    flags = ['tools/repeat.py', SEARCH, '--seeds', 1, '--cfg-options', *options]
    process = command(*flags, '--work-dir', tmp_path / 'cut')
    deadline = time.monotonic() + 200
    while not (tmp_path / 'cut' / 'seed_1' / 'epoch_2.pth').exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=60)
    assert 'interrupted; the same command goes on' in output
    part = last_json(call(*flags, '--work-dir', tmp_path / 'cut', '--aggregate-only'))
    assert (part['finished'], part['unfinished']) == ([], [1])
    assert 0 < part['runs'][0]['seconds']
    resumed = last_json(call(*flags, '--work-dir', tmp_path / 'cut'))
    whole = last_json(call(*flags, '--work-dir', tmp_path / 'whole'))
    assert resumed['finished'] == [1]
    assert resumed['runs'][0]['seconds'] > part['runs'][0]['seconds']
    for summary in (resumed, whole):
        for run in summary['runs']:
            del run['seconds']
    assert resumed['runs'] == whole['runs']
    assert resumed['runs'][0]['values']['cifar10_test'] > 0
    starts = json.loads((tmp_path / 'cut' / 'seed_1' / 'repeat.json').read_text())['starts']
    assert starts == 2
    assert json.loads((tmp_path / 'whole' / 'seed_1' / 'genotype.json').read_text())['meta']['seed'] == 1


def test_a_failed_run_is_told_and_does_not_stop_the_others(call, data_file, tmp_path):
    data_file('nb201.parquet')
    flags = ['--work-dir', tmp_path, '--cfg-options', 'search.cycles=20']
    (tmp_path / 'seed_0').mkdir()
    (tmp_path / 'seed_0' / 'evaluations.jsonl').write_text('{"settings": {"seed": 9}}\n')
    output = call('tools/repeat.py', REA, '--seeds', 0, 1, *flags, expect=1)
    assert 'seed 0: failed with exit status 1: error: ' in output
    summary = last_json(output)
    assert (summary['finished'], summary['unfinished']) == ([1], [0])


def test_wrong_arguments_are_named(call, tmp_path):
    assert "error: config 'nowhere.py' does not exist" in call('tools/repeat.py', 'nowhere.py', expect=1)
    twice = call('tools/repeat.py', REA, '--seeds', 1, 1, '--work-dir', tmp_path, expect=1)
    assert '--seeds must differ, got [1, 1]' in twice
