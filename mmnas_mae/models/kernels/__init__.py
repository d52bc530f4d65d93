"""Arithmetic of feature maps as functions of tensors: sums of a node, and their kernels on a GPU."""
