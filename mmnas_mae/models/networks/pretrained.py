"""Weights that must fit the architecture they are loaded into."""

import hashlib
import json
from typing import Mapping

from torch import Tensor, nn

from ...spaces import Genotype


def genotype_id(genotype: Genotype) -> int:
    """A number that tells architectures apart: 63 bits of a hash of the cells and the macro settings.

    Names and shapes of weights cannot do that: an edge to another node has the same weights, a pooling has none.
    """
    # As the network stores them: a node's edges by their source.
    cells = {
        kind: [[sorted(node, key=lambda edge: edge[1]) for node in cell.nodes], cell.concat]
        for kind, cell in sorted(genotype.cells.items())
    }
    text = json.dumps([cells, dict(genotype.macro)], sort_keys=True)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], 'big') >> 1


def check_weights(
    module: nn.Module,
    state: Mapping[str, Tensor],
    prefix: str = '',
    what: str = 'genotype, init_channels, layers and stem',
) -> None:
    """Refuses weights that belong to another architecture or size.

    Args:
        module: what they are to be loaded into; its buffer ``genotype_id``, if it has
            one, must be that of ``state``, which may lack it.
        state: a state dict.
        prefix: what the names of the module's weights begin with in ``state``.
        what: the settings that messages say they depend on.

    Raises:
        ValueError: a weight is missing, unknown or of another shape, or the genotype is another.
    """
    given = {name[len(prefix) :]: value for name, value in state.items() if name.startswith(prefix)}
    own = module.state_dict()
    optional = {name for name in own if name.endswith(('num_batches_tracked', 'genotype_id'))}
    problems = {
        'missing': [name for name in own if name not in given and name not in optional],
        'unknown': [name for name in given if name not in own],
        'of another shape': [name for name in given if name in own and given[name].shape != own[name].shape],
    }
    found = ', '.join(f'{len(names)} {kind} (first: {prefix}{names[0]})' for kind, names in problems.items() if names)
    if found:
        hint = ''
        if any(name.startswith('backbone.') for name in given) and not any(n.startswith('backbone.') for n in own):
            hint = "; those of a backbone inside a larger model need prefix='backbone.'"
        raise ValueError(f'these weights are not of this {what}: of {len(own)} tensors there are {found}{hint}')
    expected, got = own.get('genotype_id'), given.get('genotype_id')
    # A parameter on the meta device has no value to compare.
    if expected is None or got is None or expected.is_meta or got.is_meta:
        return
    if int(expected) != int(got):
        raise ValueError('these weights are of another genotype: names and shapes agree, operations or edges do not')
