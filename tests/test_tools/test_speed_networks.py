"""The tool that times derived networks beside mmpretrain's."""

import json
import subprocess
import sys

import pytest


def run(repository, *arguments):
    command = [sys.executable, 'tools/speed/measure_networks.py', *map(str, arguments)]
    return subprocess.run(command, cwd=repository, capture_output=True, text=True)


def test_one_run_has_the_genotype_and_the_references(repository, tmp_path):
    flags = ['--repeats', 1, '--batch-size', 2, '--threads', 1, '--out', tmp_path / 'report.json']
    result = run(repository, 'DARTS_V2', 'UNNAS_IMAGENET_ROT@42', *flags)
    report = json.loads(result.stdout)
    assert report == json.loads((tmp_path / 'report.json').read_text())
    rows = {row['network']: row for row in report['networks']}
    # Table 6, and the published sizes of the others
    assert {name: (row['params'], row['macs']) for name, row in rows.items()} == {
        'DARTS_V2': (4_718_752, 529_911_552),
        'UNNAS_IMAGENET_ROT@42': (5_138_083, 551_491_584),
        'ResNet-50': (25_557_032, 4_089_184_256),
        'MobileNetV3-Large': (5_483_032, 216_589_760),
    }
    for row in rows.values():
        assert 0 < row['latency_ms'] <= row['latency_p90_ms']
        assert row['throughput'] > 0
    assert (report['input'], report['batch_size'], report['machine']['threads']) == ([3, 224, 224], 2, 1)
    lines = [line for line in result.stderr.splitlines() if line.startswith('| ')]
    assert [line.split('|')[1].strip() for line in lines] == ['network', *rows]
    assert '| 25.56 | 4089.18 |' in lines[3]


@pytest.mark.parametrize('genotype', ['DARTS_V9', '64-1234-basic'])
def test_what_is_no_darts_genotype_is_refused_in_one_line(repository, genotype):
    result = run(repository, genotype, '--no-references')
    assert result.returncode == 1
    assert result.stderr.startswith('error: ')
    assert result.stderr.count('\n') == 1
