"""The same in a segmentor of mmsegmentation, whose two heads read the backbone."""

_base_ = ['./genotype_coco.py']
_base_.network.model.pop('neck')
network = dict(
    model=dict(
        # The weights of ResNet, which upstream loads from here
        pretrained=None,
        decode_head=dict(in_channels=[48, 192, 384, 768]),
        auxiliary_head=dict(in_channels=384),
    )
)
