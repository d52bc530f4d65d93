"""Skeletons: which networks an architecture has, and stand-alone networks as encoders, of every space."""

import json
import random
from dataclasses import replace

import pytest
import torch

from mmnas_mae.apis import build_backbone, build_network
from mmnas_mae.costs import Budget
from mmnas_mae.models import (
    BaseNetwork,
    CellArchitecture,
    DARTSSupernet,
    MaskedBatchNorm2d,
    NASBench201Supernet,
    PatchMaskGenerator,
    Skeleton,
    TransNASSupernet,
    Visibility,
    found_on,
    skeleton_name,
)
from mmnas_mae.registry import SKELETONS
from mmnas_mae.spaces import Genotype, get_space, load_genotype

MACROS = {
    'darts_s0': dict(init_channels=4, layers=3),
    'nasbench201': dict(init_channels=4, cells_per_stage=1),
    'nasbench101': dict(stem_channels=8, num_modules_per_stack=1),
    'transnas101_micro': dict(init_channels=4),
    'transnas101_macro': dict(init_channels=4),
}


def build(space):
    torch.manual_seed(0)
    return build_backbone(get_space(space).random_genotype(random.Random(3)), **MACROS[space])


def masked_images(coarsest):
    images = torch.randn(4, 3, 4 * coarsest, 4 * coarsest)
    mask = PatchMaskGenerator(coarsest, 0.5)(images)
    return images * (1 - mask), mask


@pytest.mark.parametrize('space', MACROS)
def test_masked_positions_are_hidden_from_every_normalisation_and_feature(space):
    child = build(space)
    images, mask = masked_images(child.out_strides[-1])
    visible, checked = Visibility(mask), []

    def check(module, args, output):
        hidden = (1 - args[1].at(output)).bool().expand_as(output)
        assert hidden.any()
        assert not output[hidden].any()
        checked.append(module)

    norms = [module for module in child.modules() if isinstance(module, MaskedBatchNorm2d)]
    for norm in norms:
        torch.nn.init.constant_(norm.bias, 0.3)
    dense = child(images)
    for norm in norms:
        norm.register_forward_hook(check)
    features = child(images, visible)
    assert len(checked) >= len(norms)
    assert not any(isinstance(module, torch.nn.BatchNorm2d) and module not in norms for module in child.modules())
    for feature, other in zip(features, dense):
        seen = visible.at(feature)
        assert not (feature * (1 - seen)).any()
        assert (other * (1 - seen)).any()
        assert not torch.allclose(feature * seen, other * seen)


@pytest.mark.parametrize('space', MACROS)
def test_visible_features_have_the_statistics_of_visible_positions(space):
    """The first normalisation of each network: mean 0 and variance 1 where visible, unlike without the mask."""
    child = build(space)
    images, mask = masked_images(child.out_strides[-1])
    visible, seen = Visibility(mask), []
    first = next(module for module in child.modules() if isinstance(module, MaskedBatchNorm2d))
    first.register_forward_hook(lambda module, args, output: seen.append(output.detach()))
    child(images, visible)
    values = seen[0].transpose(0, 1)[:, visible.at(seen[0])[:, 0] == 1]
    torch.testing.assert_close(values.mean(1), torch.zeros(len(values)), rtol=0, atol=1e-4)
    torch.testing.assert_close(values.var(1, correction=0), torch.ones(len(values)), rtol=0, atol=1e-2)


@pytest.mark.parametrize('space', MACROS)
def test_without_a_mask_nothing_changes(space):
    child = build(space).eval()
    images = torch.randn(2, 3, 4 * child.out_strides[-1], 4 * child.out_strides[-1])
    everything = Visibility(torch.zeros(2, 1, *images.shape[2:]))
    with torch.no_grad():
        for plain, masked in zip(child(images), child(images, everything)):
            torch.testing.assert_close(masked, plain, rtol=1e-4, atol=1e-5)


class OwnNetwork(BaseNetwork):
    """A search network on a skeleton of its own: one cell at the resolution of the image."""

    def __init__(self, space='darts_s0', init_channels=4, init_cfg=None):
        super().__init__(init_cfg)
        self.macro = dict(init_channels=init_channels)
        self.drop_path_prob = 0.0
        self.arch = CellArchitecture(space)
        self.conv = torch.nn.Conv2d(3, init_channels, 1)
        self.out_channels, self.out_strides = (init_channels,), (1,)

    def forward(self, x, visible=None):
        return (self.conv(x),)


class OwnChild(BaseNetwork):
    """Its stand-alone network."""

    def __init__(self, genotype, num_classes=10, space=None, init_channels=4):
        super().__init__()
        self.genotype = genotype
        self.classifier = torch.nn.Linear(init_channels, num_classes)
        self.conv = torch.nn.Conv2d(3, init_channels, 1)
        self.out_channels, self.out_strides = (init_channels,), (1,)

    def forward_features(self, x, visible=None):
        return (self.conv(x),)


def own_genotype():
    """What a search on it leaves, read back from its file's content."""
    member = get_space('darts_s0').random_genotype(random.Random(0))
    return Genotype.from_dict(found_on(member, OwnNetwork(init_channels=6)).to_dict())


def test_a_network_without_an_entry_is_refused_where_darts_was_built():
    genotype = own_genotype()
    for build in (lambda: build_network('darts_s0', genotype), lambda: build_backbone(genotype)):
        with pytest.raises(
            ValueError, match="skeleton 'OwnNetwork' has no stand-alone network; .* darts, nas"
        ) as error:
            build()
        assert '\n' not in str(error.value)
    with pytest.raises(ValueError, match="darts needs a genotype of it, .* on the skeleton 'OwnNetwork'"):
        build_network('darts', genotype)
    with pytest.raises(ValueError, match="skeleton 'OwnNetwork'"):
        Budget(macs=1e9)(genotype)


def test_a_registered_skeleton_builds_its_own_networks(monkeypatch):
    known = {**SKELETONS.module_dict, 'own': lambda: Skeleton(OwnNetwork, OwnChild)}
    monkeypatch.setattr(SKELETONS, '_module_dict', known)
    genotype = own_genotype()
    assert (genotype.skeleton, genotype.search) == ('own', dict(init_channels=6))
    assert isinstance(build_network('darts_s0', genotype, **genotype.search), OwnChild)
    backbone = build_backbone(genotype, **genotype.search)
    assert (backbone.out_channels, list(backbone.arch.parameters())) == ((6,), [])
    assert [tuple(x.shape) for x in backbone(torch.zeros(1, 3, 4, 4))] == [(1, 6, 4, 4)]
    # The space says it where the genotype does not.
    space = replace(get_space('darts_s0'), skeleton='own')
    assert isinstance(build_network(space, 'DARTS_V2'), OwnChild)


@pytest.mark.parametrize(
    'network, skeleton, search',
    [
        (
            lambda: DARTSSupernet('s2', init_channels=2, layers=3),
            'darts',
            dict(init_channels=2, layers=3, stem='cifar', strides=[1, 2, 2], in_channels=3),
        ),
        (
            lambda: NASBench201Supernet(init_channels=2, cells_per_stage=1),
            'nasbench201',
            dict(init_channels=2, cells_per_stage=1, in_channels=3),
        ),
        (lambda: TransNASSupernet(init_channels=4), 'transnas101', dict(init_channels=4, in_channels=3)),
    ],
)
def test_a_search_writes_its_skeleton_beside_what_belongs_to_the_architecture(tmp_path, network, skeleton, search):
    network = network()
    genotype = found_on(network.arch.genotype(), network)
    genotype.save(tmp_path / 'genotype.json')
    content = json.loads((tmp_path / 'genotype.json').read_text())
    assert (content['skeleton'], content['search']) == (skeleton, search)
    again = load_genotype(tmp_path / 'genotype.json')
    assert again == genotype == network.arch.genotype()
    assert (again.skeleton, again.search, again.macro) == (skeleton, search, network.arch.genotype().macro)
    # A file of an earlier release has neither.
    old = Genotype.from_dict({key: value for key, value in content.items() if key not in ('skeleton', 'search')})
    assert (old, old.skeleton, skeleton_name(old)) == (genotype, None, skeleton)
    one, other = (build_backbone(each, **search) for each in (again, old))
    assert [p.shape for p in one.parameters()] == [p.shape for p in other.parameters()]


def test_four_stages_are_settings():
    stem = dict(type='mmnas_mae.ConvStem', strides=(2, 2))
    supernet = DARTSSupernet('s2', init_channels=2, layers=(1, 2, 1, 1), stem=stem)
    assert (supernet.out_channels, supernet.out_strides) == ((8, 16, 32, 64), (4, 8, 16, 32))
    assert (supernet.reductions, supernet.stage_ends) == ((1, 3, 4), (0, 2, 3, 4))
    x = torch.randn(1, 3, 64, 64)
    sides = [64 // stride for stride in supernet.out_strides]
    assert [tuple(f.shape) for f in supernet(x)] == [(1, c, s, s) for c, s in zip(supernet.out_channels, sides)]
    # The derived backbone takes stem and stages from its search, whatever its size.
    genotype = Genotype.from_dict(json.loads(json.dumps(found_on(supernet.arch.genotype(), supernet).to_dict())))
    backbone = build_backbone(genotype, init_channels=4, layers=8, out_indices=('stem', 1, 2, 3), frozen_stages=2)
    assert (backbone.out_channels, backbone.out_strides) == ((4, 32, 64, 128), (4, 8, 16, 32))
    assert [tuple(f.shape[1:]) for f in backbone(x)] == [(4, 16, 16), (32, 8, 8), (64, 4, 4), (128, 2, 2)]
    frozen = {n.split('.')[1] for n, p in backbone.named_parameters() if n.startswith('cells') and not p.requires_grad}
    assert frozen == {'0', '1', '2', '3'}
    for wrong, reason in (
        (dict(strides=(1, 3)), r'strides must be 1 or 2 for each stage, got \(1, 3\)'),
        (dict(layers=(1, 0, 1)), r'layers must be at least 1 for each of 3 stages, got \(1, 0, 1\)'),
        (dict(layers=3, strides=(1, 2, 2, 2)), r'layers must be at least 4 \(one cell for each stage\), got 3'),
    ):
        with pytest.raises(ValueError, match=reason):
            DARTSSupernet('s2', init_channels=2, **wrong)
