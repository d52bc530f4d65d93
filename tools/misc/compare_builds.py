"""Compares what every config gives in two checkouts: each setting, and the shape of each parameter and buffer.

Run it on a change that should leave behaviour as it is. The older revision is checked out beside this tree, both
describe their configs in processes of their own, and every difference is printed; the exit status is 1 where one is not
expected.

    python tools/misc/compare_builds.py REVISION [--expected FILE]

FILE is JSON: "renamed" maps old to new config names, "settings" maps patterns of "<config>: <setting>" that may differ
to the reason. A build that fails is described by its error.
"""

import argparse
import fnmatch
import json
import os
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any, Iterator

ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('revision', nargs='?', help='git revision to compare with')
    parser.add_argument('--expected', type=Path, help='JSON file of expected differences')
    parser.add_argument('--describe', type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.describe is not None:
        print(json.dumps(describe(args.describe)))
        return 0
    if args.revision is None:
        parser.error('a revision is needed')
    expected = json.loads(args.expected.read_text()) if args.expected else {}
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(['git', '-C', ROOT, 'worktree', 'add', '-q', '--detach', folder, args.revision], check=True)
        try:
            before, after = (described(Path(root)) for root in (folder, ROOT))
        finally:
            subprocess.run(['git', '-C', ROOT, 'worktree', 'remove', '--force', folder], check=True)
    return report(before, after, expected)


def described(root: Path) -> dict[str, dict[str, Any]]:
    """What the configs of a checkout give under its own code."""
    environment = dict(os.environ, PYTHONPATH=str(root))
    command = [sys.executable, str(Path(__file__).resolve()), '--describe', str(root)]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f'error: {root}: {done.stderr}')
    return json.loads(done.stdout.splitlines()[-1])


def describe(root: Path) -> dict[str, dict[str, Any]]:
    """By config, relative to configs/: every setting and every shape, flat."""
    import warnings

    import torch
    from mmengine.config import Config

    warnings.simplefilter('ignore')
    with suppress(ImportError):  # an earlier state of the package has no segmentation
        from mmnas_mae.utils.config import find_mmsegmentation

        find_mmsegmentation()
    out = {}
    for path in sorted((root / 'configs').rglob('*.py')):
        name = str(path.relative_to(root / 'configs').with_suffix(''))
        if name.startswith('_base_'):
            continue
        cfg = Config.fromfile(path)
        found = dict(flat('', cfg.to_dict()))
        if 'model' in cfg:
            torch.manual_seed(0)
            found.update(shapes(cfg))
        out[name] = found
    return out


def flat(prefix: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Nested settings as dotted keys; an empty dict or list is a value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, (list, tuple)) else ()
    if not items:
        yield prefix, value if isinstance(value, (str, int, float, bool, type(None), list, dict)) else str(value)
    for key, item in items:
        yield from flat(f'{prefix}.{key}' if prefix else str(key), item)


def shapes(cfg: Any) -> dict[str, Any]:
    """Class of the model and of its backbone, and every parameter and buffer, or why the model cannot be built."""
    from mmengine.registry import MODELS, init_default_scope

    init_default_scope(cfg.get('default_scope', 'mmpretrain'))
    model_cfg = dict(cfg.model)
    if cfg.get('data_preprocessor'):
        model_cfg.setdefault('data_preprocessor', cfg.data_preprocessor)
    try:
        model = MODELS.build(model_cfg)
    except Exception as error:  # whatever a build raises is what it gives
        return {'built': ' '.join(f'{type(error).__name__}: {error}'.split())}
    out: dict[str, Any] = {'built': type(model).__name__}
    for kind, tensors in (('parameter', model.named_parameters()), ('buffer', model.named_buffers())):
        out.update({f'{kind} {name}': f'{tuple(tensor.shape)} {tensor.dtype}' for name, tensor in tensors})
    return out


def report(before: dict, after: dict, expected: dict) -> int:
    renamed, allowed = expected.get('renamed', {}), expected.get('settings', {})
    old = {renamed.get(name, name): content for name, content in before.items()}
    unexpected, known = [], 0
    for name in [*old, *(name for name in after if name not in old)]:
        if name not in after or name not in old:
            lines = [f'{name}: {"gone" if name not in after else "new"}']
        else:
            a, b = old[name], after[name]
            lines = [
                f'{name}: {key}: {a.get(key, "absent")!r} -> {b.get(key, "absent")!r}'
                for key in dict.fromkeys([*a, *b])
                if a.get(key, 'absent') != b.get(key, 'absent')
            ]
        for line in lines:
            if any(fnmatch.fnmatchcase(line, f'{pattern}*') for pattern in allowed):
                known += 1
            else:
                unexpected.append(line)
    print('\n'.join(unexpected[:200]))
    total = sum(map(len, after.values()))
    print(f'{len(after)} configs, {total} settings and shapes: {known} expected differences, {len(unexpected)} others')
    return int(bool(unexpected))


if __name__ == '__main__':
    sys.exit(main())
