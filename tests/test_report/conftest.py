"""Work directories of searches, and a browser that looks at pages."""

import json
import os
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path
from typing import Any, Callable

import pytest
import torch
from mmengine.config import Config

from mmnas_mae.registry import MODELS
from mmnas_mae.spaces import Genotype

#: Nothing of a browser that would ask a network, and no graphics card.
FLAGS = (
    '--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking '
    '--disable-component-update --disable-sync --window-size=1200,2000'
).split()
OFFLINE = '--host-resolver-rules=MAP * ~NOTFOUND'


@pytest.fixture
def write_lines() -> Callable[[Path, list], None]:
    """Writes a JSON-lines file."""
    return _write_lines


def _write_lines(path: Path, lines: list) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(''.join(json.dumps(line) + '\n' for line in lines))


@pytest.fixture
def leave_search() -> Callable[..., Path]:
    """Writes what a search over ``backbone`` leaves, each epoch with random alpha of standard deviation 0.5."""

    def leave(folder: Path, backbone: dict, epochs: int = 3, max_epochs: int = 3, **hooks: Any) -> Path:
        model = dict(type='mmnas_mae.MAENAS', backbone=backbone, neck=dict(type='mmnas_mae.HierarchicalDecoder'))
        model['head'] = dict(type='mmnas_mae.MaskedReconstructionHead')
        model['mask_generator'] = dict(type='mmnas_mae.PatchMaskGenerator', patch_size=2, ratio=0.5)
        cfg = Config(dict(model=model, train_cfg=dict(max_epochs=max_epochs), default_hooks=dict(genotype=hooks)))
        part = folder / '20260101_000000' / 'vis_data'
        part.mkdir(parents=True)
        cfg.dump(part / 'config.py')
        arch = MODELS.build(dict(backbone)).arch
        lines, scalars = [], []
        for epoch in range(1, epochs + 1):
            for parameter in arch.parameters():
                torch.nn.init.normal_(parameter, std=0.5)
            genotype = arch.genotype()
            record = dict(epoch=epoch, genotype=genotype.to_dict()['cells'], entropy=arch.entropy())
            record['parameters'] = {name: p.tolist() for name, p in arch.named_parameters()}
            record['skips'] = next(iter(genotype.cells.values())).count(arch.space.skip_op)
            lines.append(record)
            scalars.append(dict(loss=1 / epoch, arch_loss=2 / epoch, time=0.5, epoch=epoch, iter=10 * epoch))
            scalars[-1]['step'] = 10 * epoch
            scalars.append({'arch/entropy': record['entropy'], 'arch/skips': record['skips'], 'step': epoch})
        _write_lines(folder / 'arch_history.jsonl', lines)
        _write_lines(part / 'scalars.json', scalars)
        Genotype(genotype.space, genotype.cells, dict(epoch=epochs), genotype.macro).save(folder / 'genotype.json')
        return folder

    return leave


@pytest.fixture(scope='session')
def browser() -> str:
    """A Chromium; missing, it fails with CI=true and skips elsewhere."""
    names = ('chromium', 'chromium-browser', 'google-chrome')
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        message = f'no browser found, none of {", ".join(names)}'
        pytest.fail(message) if os.environ.get('CI') == 'true' else pytest.skip(message)
    return found


@pytest.fixture
def look(browser: str, tmp_path: Path) -> Callable[..., Any]:
    """Opens a page without a network and gives the value of a JavaScript expression in it."""

    def evaluate(page: Path, expression: str, anchor: str = '') -> Any:
        probe = '<script>document.body.insertAdjacentHTML("beforeend", "<pre id=probe></pre>");'
        probe += f'document.getElementById("probe").textContent = JSON.stringify({expression});</script>'
        copy = tmp_path / 'probed.html'
        copy.write_text(page.read_text().replace('</body>', f'{probe}</body>'))
        command = [browser, *FLAGS, OFFLINE, f'--user-data-dir={tmp_path / "browser"}', '--dump-dom']
        done = subprocess.run(
            [*command, copy.as_uri() + anchor], capture_output=True, text=True, timeout=120, check=True
        )
        found = re.search(r'<pre id="probe">(.*?)</pre>', done.stdout, re.DOTALL)
        assert found, f'the page ran no script: {done.stdout[-500:]} {done.stderr[-2000:]}'
        return json.loads(unescape(found[1]))

    return evaluate
