"""Does it pay? Trains the found network and the obvious alternatives of the same cost on your labelled images.

All have one recipe, a config of configs/compare, the same images, seeds and epochs; the learning rate of each is
chosen in a short trial on labelled images held back. Rivals are DARTS_V2, a random cell of the space, the largest
cell that fits, ResNet-18 and MobileNetV2 of mmpretrain, each as wide as the budget allows: the multiply-adds of the
found network, or --budget. A table says accuracy, differences seed by seed with t intervals, parameters, multiply-
adds, latency and time; comparison.json, comparison.md and comparison.png hold it, and report.html of the search if
the genotype is one of a work directory. Called again, the same command goes on: what was trained is read.
"""

import argparse
import sys
from pathlib import Path
from typing import Any, Sequence

import torch
from mmengine.logging import MMLogger

from mmnas_mae.apis import training_config
from mmnas_mae.apis.network_flags import read_limits
from mmnas_mae.comparison.compare import check_weights_of, compare
from mmnas_mae.comparison.pretraining import Pretraining
from mmnas_mae.comparison.recipe import Recipe
from mmnas_mae.comparison.rivals import FOUND, RIVALS, Field, Rival
from mmnas_mae.comparison.table import format_comparison
from mmnas_mae.comparison.trainings import JUDGES, Trainings
from mmnas_mae.models import skeleton_name
from mmnas_mae.models.checkpoint import read_checkpoint
from mmnas_mae.report.report import write_report
from mmnas_mae.spaces import Genotype, load_genotype
from mmnas_mae.utils.checkpoints.safe import trusted_checkpoints
from mmnas_mae.utils.command_line import add_import_argument, add_trust_argument, run_tool
from mmnas_mae.utils.options import format_value

PRETRAIN = 'configs/pretrain/sparse_genotype-l8-c16_1xb64-200e_folder.py'
CONFIG = 'configs/compare/genotype-l8-c16_1xb64-30e_folder.py'


@run_tool
def main() -> None:
    args = arguments().parse_args()
    check(args)
    with trusted_checkpoints(args.trust_checkpoint):
        run(args)


def run(args: argparse.Namespace) -> None:
    """Compares, and writes what was found."""
    weights = dict(pair.split('=', 1) for pair in args.weights)
    for path in weights.values():
        # Before the images are looked through.
        read_checkpoint(path)
    genotype = load_genotype(args.genotype)
    folder = Path(args.work_dir or Path(args.genotype).parent / 'compare')
    cfg = training_config(args.config, *config_flags(args, folder))
    cfg.log_level = 'ERROR'
    # How each weight was drawn is of no interest to who watches.
    MMLogger.get_instance('comparison', log_level='ERROR')
    field = make_field(args, genotype, cfg, folder)
    rivals, left_out = field.make(args.against)
    for name, reason in left_out.items():
        print(f'left out: {name}: {reason}', flush=True)
    check_weights_of(weights, rivals)
    device = 'cuda' if torch.cuda.is_available() else 'cpu'
    recipe = Recipe(cfg, args.epochs)
    pretrained = pretrain(args, recipe, rivals, folder)
    weights.update({name: each['checkpoint'] for name, each in pretrained.items()})
    trainings = Trainings(recipe, folder, args.rates, args.trial_share, field.num_classes, device, tell)
    content = compare(field, rivals, left_out, trainings, args.seeds, args.judge, args.labels, weights, pretrained)
    print(f'\n{format_comparison(content)}')
    written = [folder / name for name in ('comparison.json', 'comparison.md', 'comparison.png')]
    search = Path(args.genotype).parent
    if folder == search / 'compare' and (search / 'arch_history.jsonl').is_file():
        written.append(write_report(search))
    print(' '.join(map(str, written)))


def arguments() -> argparse.ArgumentParser:
    """What the tool takes."""
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], epilog=' '.join(__doc__.split('\n', 2)[2].split())
    )
    parser.add_argument('genotype', help='genotype.json of a search, or a published name')
    parser.add_argument('images', help='folder with a folder for each class, or Parquet files with labels')
    parser.add_argument('--heldout', help='other images to judge on (default: a fifth of the images)')
    parser.add_argument('--work-dir', help='folder of all trainings (default: compare beside the genotype)')
    parser.add_argument('--config', default=CONFIG, help=f'the recipe (default: {CONFIG})')
    parser.add_argument('--size', type=int, help='side of an image in pixels (default: by the images)')
    parser.add_argument('--init-channels', type=int, help='channels of the found network (default: of its search)')
    parser.add_argument('--layers', type=int, help='cells of the found network (default: of its search)')
    parser.add_argument('--budget', help='multiply-adds of every network, such as 30M (default: of the found network)')
    parser.add_argument('--against', nargs='*', default=list(RIVALS), help=f'rivals (default: {" ".join(RIVALS)})')
    parser.add_argument('--random-seed', type=int, default=0, help='seed of the random cell (default: 0)')
    parser.add_argument('--seeds', type=int, nargs='+', default=[0, 1, 2], help='seeds (default: 0 1 2)')
    parser.add_argument('--epochs', type=int, default=30, help='epochs over all training images (default: 30)')
    parser.add_argument('--rates', type=float, nargs='+', default=[0.02, 0.06, 0.2], help='learning rates of the trial')
    parser.add_argument('--trial-share', type=float, default=0.3, help='epochs of a trial, as a share (default: 0.3)')
    parser.add_argument(
        '--judge', nargs='+', default=['train'], choices=JUDGES, help='train, or linear and knn on frozen weights'
    )
    parser.add_argument('--labels', type=float, nargs='+', default=[1.0], help='shares of the labels (default: 1)')
    parser.add_argument(
        '--weights', nargs='+', default=[], metavar='NAME=CHECKPOINT', help='pre-trained weights, as found=epoch_9.pth'
    )
    parser.add_argument(
        '--pretrain',
        nargs='+',
        default=[],
        metavar='NAME',
        help='networks to pre-train without labels, as found resnet',
    )
    parser.add_argument('--pretrain-config', default=PRETRAIN, help=f'how (default: {PRETRAIN})')
    parser.add_argument('--pretrain-epochs', type=int, default=200, help='epochs of that (default: 200)')
    parser.add_argument('--pretrain-options', nargs='+', default=[], help='settings of that config, as key=value')
    parser.add_argument('--cfg-options', nargs='+', default=[], help='settings of the recipe, as key=value')
    add_import_argument(parser)
    add_trust_argument(parser)
    return parser


def check(args: argparse.Namespace) -> None:
    """Refuses numbers that cannot be.

    Raises:
        ValueError: names the flag, what it got and what it may be.
    """
    if len(set(args.seeds)) < len(args.seeds):
        raise ValueError(f'--seeds must differ, got {args.seeds}')
    for flag, epochs in (('--epochs', args.epochs), ('--pretrain-epochs', args.pretrain_epochs)):
        if epochs < 1:
            raise ValueError(f'{flag} must be at least 1, got {epochs}')
    for flag, shares in (('--labels', args.labels), ('--trial-share', [args.trial_share])):
        if wrong := [share for share in shares if not 0 < share <= 1]:
            raise ValueError(f'{flag} must be shares above 0 and at most 1, got {wrong[0]}')
    if wrong := [rate for rate in args.rates if rate <= 0]:
        raise ValueError(f'--rates must be positive, got {wrong[0]}')
    if wrong := [pair for pair in args.weights if '=' not in pair]:
        raise ValueError(f'--weights must read NAME=CHECKPOINT, as in {FOUND}=epoch_9.pth, got {wrong[0]!r}')
    networks = (FOUND, *args.against)
    if wrong := [name for name in args.pretrain if name not in networks]:
        raise ValueError(f'--pretrain must name some of {", ".join(networks)}, got {wrong[0]!r}')
    if args.work_dir is None and not Path(args.genotype).is_file():
        raise ValueError(f'--work-dir must be given for {args.genotype!r}, which is no file')


def config_flags(args: argparse.Namespace, folder: Path) -> list[str]:
    """Flags of the training that the recipe is read by."""
    options = [f'own_images.data_root={format_value(args.images)}', *args.cfg_options]
    if args.size is not None:
        options.append(f'own_images.size={args.size}')
    if args.heldout is not None:
        options.append(f'own_images.heldout_root={format_value(args.heldout)}')
    return ['--work-dir', str(folder), '--cfg-options', *options]


def pretrain(args: argparse.Namespace, recipe: Recipe, rivals: Sequence[Rival], folder: Path) -> dict[str, Any]:
    """Pre-trains those networks that are to be, on the training images of the comparison alone."""
    if not args.pretrain:
        return {}
    pipeline = recipe.cfg.val_dataloader.dataset.pipeline
    side = next(step['crop_size'] for step in pipeline if 'crop_size' in step)
    options = [f'own_images.data_root={format_value(args.images)}', f'own_images.size={side}']
    # How images are read, as in the trainings.
    options += [text for text in args.cfg_options if text.startswith('own_images.') and '.heldout' not in text]
    options += args.pretrain_options
    cfg = training_config(args.pretrain_config, '--work-dir', str(folder), '--cfg-options', *options)
    cfg.log_level = 'ERROR'
    run = Pretraining(cfg, recipe, folder, args.pretrain_epochs, tell)
    return {rival.name: run(rival) for rival in rivals if rival.name in args.pretrain}


def make_field(args: argparse.Namespace, genotype: Genotype, cfg: Any, folder: Path) -> Field:
    """The networks at the size of the images."""
    backbone = cfg.model.backbone
    side = next(step['crop_size'] for step in cfg.val_dataloader.dataset.pipeline if 'crop_size' in step)
    settings: dict[str, Any] = {}
    known = ('init_channels', 'layers', 'cells_per_stage', 'stem_channels', 'strides')
    settings.update({key: genotype.search[key] for key in known if key in genotype.search})
    if skeleton_name(genotype) == 'darts':
        settings = {'init_channels': backbone.init_channels, 'layers': backbone.layers, **settings}
        settings['stem'] = backbone.stem
        # A stem of one's own stays.
        if not isinstance(genotype.search.get('stem', ''), str):
            settings['stem'] = dict(genotype.search['stem'])
    given = dict(init_channels=args.init_channels, layers=args.layers)
    settings.update({key: value for key, value in given.items() if value is not None})
    settings['in_channels'] = backbone.in_channels
    limit = None if args.budget is None else read_limits([args.budget])['macs']
    shape = (backbone.in_channels, side, side)
    return Field(genotype, folder, settings, shape, cfg.model.head.num_classes, limit, args.random_seed)


def tell(text: str) -> None:
    """Prints at once, so that who waits sees how far it is."""
    print(text, flush=True)


if __name__ == '__main__':
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit('interrupted; the same command goes on')
