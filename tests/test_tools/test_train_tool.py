"""What tools/train.py says when a run ends early."""

import runpy

import pytest


@pytest.mark.parametrize(
    'given, said',
    [
        ('tools/train.py c.py', 'python tools/train.py c.py --resume auto'),
        ('tools/train.py c.py --resume', 'python tools/train.py c.py --resume auto'),
        ('tools/train.py c.py --resume a.pth --amp', 'python tools/train.py c.py --amp --resume auto'),
        ('tools/train.py c.py --resume --amp', 'python tools/train.py c.py --amp --resume auto'),
        ('tools/train.py c.py --overwrite', 'python tools/train.py c.py --resume auto'),
    ],
)
def test_the_command_that_goes_on(repository, given, said):
    resume_command = runpy.run_path(str(repository / 'tools/train.py'))['resume_command']
    assert resume_command(given.split()) == said
