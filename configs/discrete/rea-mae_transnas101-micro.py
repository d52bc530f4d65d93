"""REA in the micro space of TransNAS-Bench-101, scored by inherited reconstruction (paper A.2.4, Table 11).

Command: python tools/train.py configs/search/maenas_transnas101-micro_1xb64-50e_cifar10.py, then python
tools/repeat.py configs/discrete/rea-mae_transnas101-micro.py --checkpoint
work_dirs/maenas_transnas101-micro_1xb64-50e_cifar10/epoch_50.pth
Hardware: 1 GPU.
Expected: classification / segmentation of the best, top-1 in per cent and mIoU (paper): 45.47 +- 0.3 / 25.77 +- 0.3;
not yet reproduced.

The paper says neither how an architecture gets its score nor on which images: here it inherits the weights of the
search network. To train each for some steps instead: --cfg-options scorer.type=mmnas_mae.ShortTrainingScorer
scorer.steps=300 run.train=2048. The images of the benchmark, Taskonomy, take the place of CIFAR-10 by run.cfg_options.
"""

space = 'transnas101_micro'
search = dict(type='mmnas_mae.RegularizedEvolution', population=10, sample=3, cycles=50)
scorer = dict(type='mmnas_mae.InheritedScorer')
run = dict(config='configs/search/maenas_transnas101-micro_1xb64-50e_cifar10.py', heldout=512)
truth = dict(benchmark='transnas101_micro')
randomness = dict(seed=0)
