"""Searches in NAS-Bench-201 side by side on one GPU: several objectives and seeds, with true accuracies.

Each search is a lane with its own network, optimizers, random generators, stream and CUDA graphs; a round takes one
step of each. The images stand on the device. After each epoch the derived cell and its accuracy by the table are
appended to the output, one JSON object a line. Sizes follow one another, each with all lanes. With --score the lanes
of a size end with a line of scores: of so many cells of the benchmark, by the weights of the search.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any, Sequence

import torch
from mmengine.config import Config
from mmengine.logging import MessageHub
from mmengine.optim import OptimWrapperDict
from mmengine.structures import BaseDataElement
from torch import Tensor

from mmnas_mae.benchmarks import load_table
from mmnas_mae.discrete import InheritedScorer, SearchRun
from mmnas_mae.discrete.search_run import Images
from mmnas_mae.engine.deferred_scalars import DeferredOptimWrapper, read_scalars
from mmnas_mae.engine.execution.captured_losses import CapturedLosses, CUDAGraphs, rerun
from mmnas_mae.engine.step import arch_step
from mmnas_mae.models.kernels.transfer import to_device
from mmnas_mae.models.layers.masked_norm import fuse_norms
from mmnas_mae.registry import DATASETS, MODELS
from mmnas_mae.scores.scores import sample_architectures
from mmnas_mae.spaces import Genotype, get_space
from mmnas_mae.studies.lanes import code_of
from mmnas_mae.utils.command_line import run_tool, within
from mmnas_mae.utils.ranges import COUNT, INDEX, POSITIVE
from mmnas_mae.utils.records import append_record
from mmnas_mae.utils.seeding import stream_seed

OBJECTIVES = ('hd', 'single', 'sparse', 'labels')
#: Where crops, flips and the deviations of CIFAR-10 stand.
DATA = Path(__file__).parents[2] / 'configs/_base_/datasets/cifar10_search_array.py'


def objective(name: str, ratio: float, backbone: dict) -> dict:
    """The model of a lane: ``hd``, ``single``, ``sparse`` or ``labels``.

    Raises:
        ValueError: the objective is none of them.
    """
    if name not in OBJECTIVES:
        raise ValueError(f'an objective is one of {", ".join(OBJECTIVES)}, got {name!r}')
    if name == 'labels':
        head = dict(type='mmnas_mae.LinearHead', num_classes=10)
        return dict(type='mmnas_mae.ClassificationSearch', backbone=backbone, head=head)
    neck = dict(type='mmnas_mae.SingleScaleDecoder' if name == 'single' else 'mmnas_mae.HierarchicalDecoder')
    return dict(
        type='mmnas_mae.MAENAS',
        backbone=backbone,
        neck=neck,
        head=dict(type='mmnas_mae.MaskedReconstructionHead'),
        mask_generator=dict(type='mmnas_mae.PatchMaskGenerator', patch_size=4, ratio=ratio),
        masking='sparse' if name == 'sparse' else 'input',
    )


class Lane:
    """One search.

    Args:
        text: ``OBJECTIVE[@RATIO][#SEED]``.
        images (Tensor): (N, 3, 32, 32) uint8 on the device.
        labels (Tensor): (N,) on the host.
        size: C and N.
        args: rates and the like.
    """

    def __init__(
        self, text: str, images: Tensor, labels: Tensor, size: tuple[int, int], args: argparse.Namespace
    ) -> None:
        self.text = text
        text, _, seed = text.partition('#')
        self.name, _, ratio = text.partition('@')
        self.seed, self.ratio = int(seed or 0), float(ratio or 0.5)
        self.images, self.labels, self.size, self.args = images, labels, size, args
        torch.manual_seed(self.seed)
        backbone = dict(type='mmnas_mae.NASBench201Supernet', init_channels=size[0], cells_per_stage=size[1])
        preprocessor = Config.fromfile(DATA).data_preprocessor
        model = dict(objective(self.name, self.ratio, backbone), data_preprocessor=preprocessor)
        self.model = MODELS.build(model).to(images.device).train()
        for i, generator in enumerate(self.model.all_generators()):
            generator.manual_seed(stream_seed(self.seed + i, 0))
        self.order = torch.Generator().manual_seed(stream_seed(self.seed, 1))
        on_gpu = images.is_cuda
        weights = torch.optim.SGD(
            self.model.weight_parameters(), lr=0.025, momentum=0.9, weight_decay=3e-4, fused=on_gpu or None
        )
        arch = torch.optim.Adam(
            self.model.arch_parameters(), lr=args.alpha_lr, betas=(0.5, 0.999), weight_decay=1e-3, fused=on_gpu or None
        )
        clip = dict(max_norm=5)
        self.wrappers = OptimWrapperDict(
            weights=DeferredOptimWrapper(weights, clip_grad=clip), arch=DeferredOptimWrapper(arch)
        )
        self.schedule = torch.optim.lr_scheduler.CosineAnnealingLR(weights, args.epochs, eta_min=0.001)
        self.stream = torch.cuda.Stream() if on_gpu else None
        self.model.execution = CapturedLosses(CUDAGraphs() if on_gpu else rerun)
        fuse_norms(self.model, args.fuse)
        self.losses: list[Tensor] = []
        half = len(images) // 2
        split = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))
        self.parts = split[:half], split[half:]

    def start_epoch(self) -> None:
        """Shuffles both parts."""
        self.places = [part[torch.randperm(len(part), generator=self.order)] for part in self.parts]

    def batch(self, part: int, number: int) -> dict[str, Any]:
        """A batch of one of the parts."""
        places = self.places[part][number * self.args.batch : (number + 1) * self.args.batch]
        inputs = self.images.index_select(0, to_device(places, self.images.device))
        if self.name != 'labels':
            return dict(inputs=inputs)
        sample = BaseDataElement()
        sample.gt_label = self.labels[places]
        return dict(inputs=inputs, data_samples=[sample])

    def step(self, number: int) -> None:
        """Alpha and weights once."""
        with torch.cuda.stream(self.stream):
            weights, arch = self.batch(0, number), self.batch(1, number)
            self.losses.append(arch_step(self.model, self.wrappers, arch, weights))
            self.losses.append(self.model.train_step(weights, self.wrappers['weights'])['loss'].detach().clone())

    def report(self, epoch: int, table: Any, seconds: float) -> dict:
        """What stands after an epoch."""
        with torch.cuda.stream(self.stream):
            genotype, without = self.model.genotype(), self.model.genotype(exclude_none=True)
            losses = torch.stack(self.losses).tolist()
        self.losses.clear()
        return dict(
            **self.setting(),
            epoch=epoch,
            cell=get_space('nasbench201').format(genotype),
            accuracy=table.headline_values(genotype),
            accuracy_without_none=table.headline_values(without),
            decision=dict(entropy=genotype.meta['decision']['entropy'], ratio=genotype.meta['decision']['ratio']),
            alpha_loss=sum(losses[::2]) / len(losses[::2]),
            loss=sum(losses[1::2]) / len(losses[1::2]),
            alpha=[alpha.tolist() for alpha in self.model.arch.alpha().values()],
            seconds=round(seconds, 1),
        )

    def scores(self, cells: Sequence[Genotype], images: int) -> dict:
        """Of each cell by the weights of this search, on images that only alpha has seen."""
        places = self.parts[1][:images]
        samples = [BaseDataElement(metainfo=dict(sample_idx=int(place))) for place in places]
        for sample, place in zip(samples, places):
            sample.gt_label = self.labels[place].view(1)
        inputs = self.images[places.to(self.images.device)]
        with torch.cuda.stream(self.stream):
            batch = self.model.data_preprocessor(dict(inputs=inputs, data_samples=samples), training=False)
            run = SearchRun(self.model, heldout=Images(batch['inputs'], batch['data_samples']))
            scorer = InheritedScorer(run, batch_size=images)
            found = {code_of(cell): round(scorer(cell), 6) for cell in cells}
        return dict(**self.setting(), images=len(places), scores=found)

    def setting(self) -> dict:
        """What tells this lane from others."""
        channels, cells = self.size
        return dict(
            lane=self.text, objective=self.name, ratio=self.ratio, seed=self.seed, channels=channels, cells=cells
        )


def size_of(text: str) -> tuple[int, int]:
    """``16x5`` -> (16, 5)."""
    channels, _, cells = text.partition('x')
    return int(channels), int(cells)


def search(
    size: tuple[int, int], images: Tensor, labels: Tensor, args: argparse.Namespace, table: Any, start: float
) -> bool:
    """All lanes at one size; returns whether there was time for it."""
    hub = MessageHub.get_instance('lanes')
    lanes = [Lane(text, images, labels, size, args) for text in args.lanes]
    if images.is_cuda:
        torch.cuda.synchronize()
    channels, cells = size
    print(f'C={channels}, N={cells}: {len(lanes)} lanes after {time.monotonic() - start:.1f} s', flush=True)
    steps = len(lanes[0].parts[0]) // args.batch
    for epoch in range(1, args.run_epochs + 1):
        began = time.monotonic()
        for lane in lanes:
            lane.start_epoch()
        for number in range(steps):
            for lane in lanes:
                lane.step(number)
        for lane in lanes:
            row = lane.report(epoch, table, time.monotonic() - start)
            append_record(args.out, row)
            lane.schedule.step()
            accuracy, decision = row['accuracy'], row['decision']
            print(epoch, lane.text, accuracy, f'ratio {decision["ratio"]:.2f}, loss {row["loss"]:.4f}', flush=True)
        read_scalars(hub)
        spent = time.monotonic() - began
        print(f'epoch {epoch}: {spent:.1f} s, {spent / steps / len(lanes):.4f} s a step of a lane', flush=True)
        if epoch < args.run_epochs and time.monotonic() - start + spent > 60 * args.minutes:
            return False
    if args.score:
        scored, began = sample_architectures(table, args.score), time.monotonic()
        for lane in lanes:
            append_record(args.out, lane.scores(scored, args.score_images))
        print(f'{args.score} cells scored by each lane in {time.monotonic() - began:.1f} s', flush=True)
    return True


@run_tool
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('lanes', nargs='+', metavar='OBJECTIVE[@RATIO][#SEED]', help='hd, single, sparse or labels')
    parser.add_argument('--images', required=True, help='Parquet file with image and label')
    parser.add_argument('--count', type=int, action=within(COUNT), help='images to read, all by default')
    parser.add_argument('--sizes', nargs='+', type=size_of, default=[(16, 5)], metavar='CxN', help='as in 16x5')
    parser.add_argument('--batch', type=int, action=within(COUNT), default=64, help='images of a batch')
    parser.add_argument('--epochs', type=int, action=within(COUNT), default=12, help='length of the schedule')
    parser.add_argument('--run-epochs', type=int, action=within(COUNT), help='epochs of it to run, all by default')
    parser.add_argument(
        '--score',
        type=int,
        action=within(INDEX),
        default=0,
        metavar='CELLS',
        help='cells to score by the weights in the end',
    )
    parser.add_argument(
        '--score-images', type=int, action=within(COUNT), default=256, help='images that a cell is scored on'
    )
    parser.add_argument('--alpha-lr', type=float, action=within(POSITIVE), default=1e-3, help='learning rate of alpha')
    parser.add_argument('--no-fuse', dest='fuse', action='store_false', help="the library's normalisations")
    parser.add_argument(
        '--minutes', type=float, action=within(POSITIVE), default=9, help='after which no further epoch begins'
    )
    parser.add_argument('--out', type=Path, default=Path('lanes.jsonl'), help='one JSON object a line')
    args = parser.parse_args()
    args.run_epochs = args.run_epochs or args.epochs
    start = time.monotonic()
    device = torch.device('cuda' if torch.cuda.is_available() else 'cpu')
    source = dict(type='mmnas_mae.ParquetImages', data_root=args.images, label_column='label', indices=args.count)
    source = DATASETS.build(dict(type='mmnas_mae.ArrayImages', dataset=source, with_label=True))
    images = source.images.to(device)
    labels = torch.tensor([info['gt_label'] for info in source._infos])
    table = load_table('nasbench201')
    print(f'{len(images)} images after {time.monotonic() - start:.1f} s', flush=True)
    for size in args.sizes:
        if not search(size, images, labels, args, table, start):
            break
    print(json.dumps(dict(seconds=round(time.monotonic() - start, 1), lanes=len(args.lanes), sizes=args.sizes)))


if __name__ == '__main__':
    main()
