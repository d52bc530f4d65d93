"""Computes how much memory a search needs on a GPU, from what autograd keeps for the backward pass.

No GPU is needed: a weight step of the plain execution (the library's operators, edge by edge) is run on a few images on
the CPU, the distinct storages that it keeps are added up, and the sum grows with the batch. To that come weights,
gradients, momentum and the two moments of Adam. Prints a Markdown table, JSON with --json.

What a step needs on a GPU is this sum times a factor. On one H200 (docs/speed.md) that was 0.77 to 0.86 for steps
replayed from CUDA graphs, in three spaces, and 1.22 to 1.68 for the plain execution; FACTORS are above these.
"""

import argparse
import json
import sys
from typing import Optional

import torch
from search_speed import SearchStep, reference_execution
from torch import Tensor

from mmnas_mae.utils.tables import markdown_table

GIGABYTE = 1e9
#: How much more than is kept a step may need, replayed from CUDA graphs and launched operator by operator.
FACTORS = dict(captured=1.0, eager=1.7)
DARTS = dict(type='mmnas_mae.DARTSSupernet', init_channels=16, layers=8)
PARTIAL = dict(connection=dict(type='mmnas_mae.PartialMixedOp', portion=4), edge_norm=True)
#: name -> (config of the search network, side of an image)
CASES = {
    'S0, C=16, 8 layers': (dict(DARTS, space='darts_s0'), 32),
    'S0, C=8, 8 layers': (dict(DARTS, space='darts_s0', init_channels=8), 32),
    'S2, C=16, 8 layers': (dict(DARTS, space='darts_s2'), 32),
    'PC-DARTS in S0, C=16, 8 layers': (dict(DARTS, space='darts_s0', **PARTIAL), 32),
    'NAS-Bench-201, C=16, N=5': (dict(type='mmnas_mae.NASBench201Supernet', init_channels=16, cells_per_stage=5), 32),
    'S0, C=16, 8 layers, folder': (dict(DARTS, space='darts_s0'), 64),
    'S0, C=16, 8 layers, ImageNet': (dict(DARTS, space='darts_s0', stem='imagenet'), 224),
    'PC-DARTS in S0, C=16, 8 layers, ImageNet': (dict(DARTS, space='darts_s0', stem='imagenet', **PARTIAL), 224),
}


def kept_bytes(backbone: dict, image_size: int, images: int) -> tuple[int, int]:
    """What a weight step keeps for its backward pass.

    Args:
        backbone: config of the search network.
        image_size: side of an image in pixels.
        images: of the batch.

    Returns:
        tuple: bytes of the distinct storages that autograd keeps and that are not parameters; number of parameters.
    """
    torch.manual_seed(0)
    step = SearchStep(backbone, images, image_size)
    owned = {p.untyped_storage().data_ptr() for p in step.model.parameters()}
    kept: dict[int, Tensor] = {}

    def keep(tensor: Tensor) -> Tensor:
        pointer = tensor.untyped_storage().data_ptr()
        if pointer not in owned:
            # Held, so that no other tensor comes to stand at the same place.
            kept[pointer] = tensor
        return tensor

    with reference_execution(step.model), torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        loss = step.model.step_loss(step.model.prepare(step.batches[1]))
    total = sum(tensor.untyped_storage().nbytes() for tensor in kept.values())
    del loss
    return total, sum(p.numel() for p in step.model.parameters())


def estimate(backbone: dict, image_size: int) -> tuple[float, float]:
    """(bytes for each image of a batch, bytes that do not depend on the batch)."""
    (few, count), (more, _) = kept_bytes(backbone, image_size, 2), kept_bytes(backbone, image_size, 4)
    image = (more - few) / 2
    # Weights, gradients and momentum, or for alpha the two moments of Adam; what two images keep beyond their share.
    return image, 4 * 4 * count + (few - 2 * image)


def largest_batch(image: float, constant: float, memory: float, factor: float) -> Optional[int]:
    """The largest power of two that fits into ``memory`` bytes, None where not even one image does."""
    fitting = (memory / factor - constant) / image
    return 2 ** (int(fitting).bit_length() - 1) if fitting >= 1 else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--cases', nargs='+', choices=list(CASES), default=list(CASES), help='what to compute')
    parser.add_argument('--memory', nargs='+', type=float, default=[8, 16, 80], help='of the cards, in GB')
    parser.add_argument('--spared', type=float, default=1.0, help='GB left to the CUDA context and other programs')
    parser.add_argument('--json', action='store_true', help='prints JSON in place of the table')
    args = parser.parse_args()
    rows, found = [], []
    for case in args.cases:
        backbone, size = CASES[case]
        image, constant = estimate(backbone, size)
        room = [(memory - args.spared) * GIGABYTE for memory in args.memory]
        batches = {name: [largest_batch(image, constant, r, f) for r in room] for name, f in FACTORS.items()}
        found.append(dict(case=case, image_size=size, image=image, constant=constant, batches=batches))
        cells = [f'{captured or "none"} ({eager or "none"})' for captured, eager in zip(*batches.values())]
        at_64 = f'{(64 * image + constant) / GIGABYTE:.1f}'
        rows.append([case, f'{size} x {size}', f'{image / 1e6:.0f}', at_64, *cells])
    if args.json:
        print(json.dumps(found))
        return
    cards = [f'batch in {m:g} GB' for m in args.memory]
    print(markdown_table([['search network', 'images', 'MB an image', 'GB kept at batch 64', *cards], *rows]))


if __name__ == '__main__':
    sys.exit(main())
