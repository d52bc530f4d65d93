"""What tools/train.py says when a run ends early."""

import runpy
import shlex

import pytest


@pytest.mark.parametrize(
    'given, said',
    [
        ('tools/train.py c.py', 'python tools/train.py c.py --resume auto'),
        ('tools/train.py c.py --resume', 'python tools/train.py c.py --resume auto'),
        ('tools/train.py c.py --resume a.pth --amp', 'python tools/train.py c.py --amp --resume auto'),
        ('tools/train.py c.py --resume --amp', 'python tools/train.py c.py --amp --resume auto'),
        ('tools/train.py c.py --overwrite', 'python tools/train.py c.py --resume auto'),
        ('mmnas\\ retrain g.json images --overwrite', 'mmnas retrain g.json images --resume auto'),
    ],
)
def test_the_command_that_goes_on(repository, given, said):
    resume_command = runpy.run_path(str(repository / 'tools/train.py'))['resume_command']
    assert resume_command(shlex.split(given), {}) == said


@pytest.mark.parametrize(
    'launcher, environ, begin',
    [
        ('pytorch', dict(LOCAL_WORLD_SIZE='2', WORLD_SIZE='2'), 'python -m torch.distributed.run --nproc_per_node=2'),
        (
            'pytorch',
            dict(LOCAL_WORLD_SIZE='2', WORLD_SIZE='4', GROUP_RANK='1', MASTER_ADDR='a', MASTER_PORT='29500'),
            'python -m torch.distributed.run --nproc_per_node=2 --nnodes=2 --node_rank=1 --master_addr=a '
            '--master_port=29500',
        ),
        ('pytorch', dict(WORLD_SIZE='2', RANK='1'), 'python -m torch.distributed.run --nproc_per_node=2'),
        ('slurm', dict(SLURM_NTASKS='8'), 'srun --ntasks=8 python'),
        ('mpi', dict(OMPI_COMM_WORLD_SIZE='4'), 'mpirun -np 4 python'),
        ('none', {}, 'python'),
    ],
)
def test_several_processes_go_on_as_several(repository, launcher, environ, begin):
    resume_command = runpy.run_path(str(repository / 'tools/train.py'))['resume_command']
    arguments = f'tools/train.py c.py --launcher {launcher}'
    assert resume_command(arguments.split(), environ) == f'{begin} {arguments} --resume auto'
