"""Names in configs: they resolve with no import, and lead to the file of the class."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest
from mmengine.config import Config

REPOSITORY = Path(__file__).resolve().parent.parent
PACKAGE = REPOSITORY / 'mmnas_mae'
CONFIGS = sorted(path for path in (REPOSITORY / 'configs').rglob('*.py') if '_base_' not in path.parts)

#: Files that hold siblings of one idea: classes that end in the word, and those that are listed.
ROLES = {
    'decoders': 'Decoder',
    'prediction_heads': 'Head',
    'relaxations': 'Relaxation',
    'gumbel_relaxations': 'Relaxation',
    'targets': 'Target',
}
SIBLINGS = {
    'regularizers': {'ZeroOneLoss'},
    'optim_constructor': {'BilevelOptimWrapperConstructor'},
    'genotype_backbone': {'GenotypeNetwork'},
    'nasbench201_network': {'NASBench201Supernet'},
    'transnas101_network': {'TransNASNetwork', 'TransNASSupernet'},
}
#: Earlier names that a registry still knows.
ALIASES = {'METRICS': ['ObjectiveMetric']}


def registered():
    """(registry, class) -> file, from the sources."""
    found = {}
    for path in PACKAGE.rglob('*.py'):
        classes = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ClassDef)]
        for node in classes:
            for decorator in node.decorator_list:
                text = ast.unparse(decorator)
                if text.endswith('.register_module()'):
                    found[text.split('.')[0], node.name] = path
    return found


REGISTERED = registered()
REGISTRIES = sorted({registry for registry, _ in REGISTERED})


def test_the_sources_register_what_the_design_names():
    named = {
        'MODELS': 'MAENAS DARTSSupernet GenotypeBackbone PatchMaskGenerator HierarchicalDecoder SingleScaleDecoder '
        'MaskedReconstructionHead AuxiliaryHead SoftmaxRelaxation',
        'HOOKS': 'BilevelHook GenotypeHook DropPathHook RandomStateHook ReconstructionVisHook',
        'DATASETS': 'ParquetImages SearchSplit PhotoCrops',
        'METRICS': 'ReconstructionMetric',
        'OPTIM_WRAPPER_CONSTRUCTORS': 'BilevelOptimWrapperConstructor',
        'TRANSFORMS': 'PackImages',
    }
    for registry, names in named.items():
        assert {(registry, name) for name in names.split()} <= set(REGISTERED)


#: Looks the names of each registry up in a process of its own that has imported nothing of the package.
LOOK_UP = """
import json, os, sys
import mmengine.registry, mmengine.runner, mmengine.visualization
for key, names in json.loads(sys.argv[1]).items():
    assert not any(module.startswith('mmnas_mae') for module in sys.modules)
    if os.fork() == 0:
        registry = getattr(mmengine.registry, key)
        found = {name: registry.get(f'mmnas_mae.{name}').__module__ for name in names}
        from mmnas_mae import registry
        print(json.dumps([key, found, sorted(getattr(registry, key).module_dict)]), flush=True)
        os._exit(0)
    assert os.wait()[1] == 0, key
"""


def test_mmengine_finds_every_class_in_a_fresh_process_without_custom_imports():
    names = {key: [name for owner, name in REGISTERED if owner == key] for key in REGISTRIES}
    process = subprocess.run([sys.executable, '-c', LOOK_UP, json.dumps(names)], capture_output=True, text=True)
    assert process.returncode == 0, process.stderr
    answers = [json.loads(line) for line in process.stdout.splitlines() if line.startswith('[')]
    assert [key for key, _, _ in answers] == REGISTRIES
    for key, found, registered_names in answers:
        for name, module in found.items():
            assert REPOSITORY / Path(*module.split('.')).with_suffix('.py') == REGISTERED[key, name]
        assert registered_names == sorted([*names[key], *ALIASES.get(key, [])])


def leads_to(name, file):
    """A file has the name of its class, or the end of it that its siblings share (supernet: DARTSSupernet)."""
    return (
        name.lower().endswith(file.replace('_', ''))
        or (file in ROLES and name.endswith(ROLES[file]))
        or name in SIBLINGS.get(file, ())
    )


@pytest.mark.parametrize('name, path', sorted((name, path) for (_, name), path in REGISTERED.items()))
def test_the_name_of_a_class_leads_to_its_file(name, path):
    assert leads_to(name, path.stem), f'{name} should stand in a file of its name, not in {path.name}'


def types(value):
    """Every type and constructor in a config, also where an option such as ``model.neck.type`` names it."""
    if isinstance(value, dict):
        for key, item in value.items():
            if str(key).rpartition('.')[2] in ('type', 'constructor') and isinstance(item, str):
                yield item
            yield from types(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from types(item)


@pytest.mark.parametrize('path', CONFIGS, ids=lambda path: path.stem)
def test_every_type_of_a_config_is_registered(path):
    cfg = Config.fromfile(path)
    ours = {name.removeprefix('mmnas_mae.') for name in types(cfg.to_dict()) if name.startswith('mmnas_mae.')}
    # A study names configs, and types only where it changes them.
    assert ours or path.parent.name == 'analysis'
    assert ours <= {name for _, name in REGISTERED}
    assert 'custom_imports' not in cfg


def test_no_two_classes_share_a_name():
    names = [name for _, name in REGISTERED]
    assert len(names) == len(set(names))
