"""The search of example_space, with the true accuracy of what it has found so far by the table of this project.

Command: PYTHONPATH=. python tools/train.py projects/example_table/configs/maenas-table_photos.py
Hardware: 2 CPU cores, half a minute.
Expected: a genotype; no table of the paper.
"""

_base_ = ['../../example_space/configs/maenas_two-node-c4-l5_photos.py']
custom_imports = dict(imports=['projects.example_table.two_node_table'], allow_failed_imports=False)
# The folder of MMNAS_DATA holds two_node_photos.parquet, or table= names it.
default_hooks = dict(benchmark=dict(type='mmnas_mae.BenchmarkHook', benchmark='two_node_photos'))
