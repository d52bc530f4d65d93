"""Every config says by which command it runs, on which hardware, and what to expect of it."""

import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
CONFIGS = sorted(
    str(path.relative_to(REPOSITORY))
    for path in (REPOSITORY / 'configs').glob('**/*.py')
    if '_base_' not in path.relative_to(REPOSITORY).parts
)


@pytest.mark.parametrize('name', CONFIGS)
def test_the_config_says_how_to_run_it_and_what_to_expect(name: str) -> None:
    docstring = (REPOSITORY / name).read_text().split('"""')[1]
    parts = dict(re.findall(r'^(Command|Hardware|Expected): (.*?)(?=^\w+: |\Z)', docstring, re.MULTILINE | re.DOTALL))
    assert set(parts) == {'Command', 'Hardware', 'Expected'}
    command, hardware, expected = (' '.join(parts[key].split()) for key in ('Command', 'Hardware', 'Expected'))
    several = re.search(r'_[2-9]xb', name) is not None or re.match(r'[2-9] GPUs', hardware) is not None
    if command == 'make quickstart':
        assert f"'{name}'" in (REPOSITORY / 'tools/quickstart.py').read_text()
    else:
        assert re.match(rf'\S.* {re.escape(name)}\b', command)
        assert command.startswith('tools/dist_train.sh') == several
    assert re.match(r'\d+ (GPU|CPU)', hardware)
    # A published figure comes with what became of it here; anything else says that there is none.
    assert re.search(r'reproduced|no (table|figure) of the paper|far too small', expected)
