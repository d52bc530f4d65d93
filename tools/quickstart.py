"""Searches on photographs that come with installed packages, draws the result and says where it is."""

import subprocess
import sys
from pathlib import Path

from mmnas_mae.report.report_truth import landscape
from mmnas_mae.report.search_history import read_search

ROOT = Path(__file__).resolve().parent.parent
CONFIG = Path('configs/quickstart/maenas_nasbench201-c8-n3_photos.py')
WORK_DIR = Path('work_dirs/quickstart')


def main() -> None:
    _run('tools/train.py', CONFIG, '--work-dir', WORK_DIR, '--overwrite')
    _run('tools/visualization/draw_genotype.py', WORK_DIR / 'genotype.json')
    _run('tools/visualization/report.py', WORK_DIR)
    history = read_search(ROOT / WORK_DIR)
    verdict, known = history.final_verdict(), landscape(history)
    pictures = (ROOT / WORK_DIR).glob('*/vis_data/vis_image/reconstruction_*.png')
    newest = max(pictures, key=lambda path: path.stat().st_mtime)
    print()
    for sentence in verdict.reasons().values() or ['decided, and not collapsed']:
        print(f'found            {sentence}')
    if known is not None:
        print(f'true accuracy    {known.sentence()}')
    print(f'the search       {WORK_DIR / "report.html"}')
    print(f'genotype         {WORK_DIR / "genotype.json"}')
    print(f'its drawing      {WORK_DIR / "genotype.png"}')
    print(f'reconstructions  {newest.relative_to(ROOT)}')
    print()
    print('your own images  IMAGE_FOLDER=path/to/images .venv/bin/python tools/train.py \\')
    print('                     configs/search/maenas_darts-s0_1xb64-50e_folder.py')


def _run(script: str, *arguments: object) -> None:
    subprocess.run([sys.executable, '-W', 'ignore', script, *map(str, arguments)], cwd=ROOT, check=True)


if __name__ == '__main__':
    sys.exit(main())
