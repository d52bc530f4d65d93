"""A derived backbone in a segmentor of mmsegmentation, whose heads read strides 4, 8, 16 and 32."""

_base_ = ['./genotype_dense.py']
network = dict(
    model=dict(
        # The weights of ResNet, which upstream loads from here
        pretrained=None,
        decode_head=dict(in_channels=[48, 192, 384, 768]),
        auxiliary_head=dict(in_channels=384),
    )
)
