"""The Triton kernels of :func:`fused_node_sum`; importing them needs triton.

A map is seen as N = B * H * W rows of C channels, whatever its layout in memory; ``SIZE`` is H * W, and ``SB, SC, SS``
the strides of a sample, a channel and a pixel. A program works on a tile of rows and channels: one channel and many
rows where rows lie together (contiguous maps), some channels and fewer rows where channels do (channels last). The
last axis of the grid takes ``GROUP`` maps each. What is summed is summed by tile first, so that many programs work
whatever the number of channels, always in the same order.
"""

import triton
import triton.language as tl


@triton.jit
def _tile(N: tl.constexpr, C: tl.constexpr, ROWS: tl.constexpr, CHANNELS: tl.constexpr):
    """Rows (ROWS, 1) and channels (1, CHANNELS) of this program, and which of them exist; (ROWS,) of one channel."""
    row = tl.program_id(0) * ROWS + tl.arange(0, ROWS)
    if CHANNELS == 1:
        channel = tl.program_id(1)
    else:
        row = row[:, None]
        channel = tl.program_id(1) * CHANNELS + tl.arange(0, CHANNELS)[None, :]
    return row, channel, (row < N) & (channel < C)


@triton.jit
def _place(row, channel, SIZE: tl.constexpr, SB: tl.constexpr, SC: tl.constexpr, SS: tl.constexpr):
    return (row // SIZE) * SB + (row % SIZE) * SS + channel * SC


@triton.jit
def _sum(x, CHANNELS: tl.constexpr):
    """Of all rows, a number for each channel."""
    return tl.sum(x, 0, keep_dims=CHANNELS > 1)


@triton.jit
def moments_kernel(
    maps, moments, MAPS: tl.constexpr, N: tl.constexpr, C: tl.constexpr, SIZE: tl.constexpr, SB: tl.constexpr,
    SC: tl.constexpr, SS: tl.constexpr, TILES: tl.constexpr, ROWS: tl.constexpr, CHANNELS: tl.constexpr,
    GROUP: tl.constexpr,
):  # fmt: skip
    """Mean and sum of squared deviations of each tile, (2, MAPS, C, TILES)."""
    row, channel, inside = _tile(N, C, ROWS, CHANNELS)
    place = _place(row, channel, SIZE, SB, SC, SS)
    count = tl.minimum(N - tl.program_id(0) * ROWS, ROWS).to(tl.float32)
    for k in tl.static_range(MAPS):
        if k // GROUP == tl.program_id(2):
            x = tl.load(maps[k] + place, inside, 0).to(tl.float32)
            mean = _sum(x, CHANNELS) / count
            deviation = tl.where(inside, x - mean, 0)
            out = moments + (k * C + channel) * TILES + tl.program_id(0)
            tl.store(out, mean, channel < C)
            tl.store(out + MAPS * C * TILES, _sum(deviation * deviation, CHANNELS), channel < C)


@triton.jit
def combine_kernel(
    moments, statistics, eps, MAPS: tl.constexpr, N: tl.constexpr, C: tl.constexpr, TILES: tl.constexpr,
    ROWS: tl.constexpr, CHANNELS: tl.constexpr, ALL_TILES: tl.constexpr,
):  # fmt: skip
    """Mean, reciprocal deviation and unbiased variance of each channel, (3, MAPS, C), without cancellation (Chan)."""
    channel = tl.program_id(1) * CHANNELS + tl.arange(0, CHANNELS)[:, None]
    tile = tl.arange(0, ALL_TILES)[None, :]
    inside = (channel < C) & (tile < TILES)
    place = moments + (tl.program_id(0) * C + channel) * TILES + tile
    count = tl.where(tile < TILES, tl.minimum(N - tile * ROWS, ROWS), 0).to(tl.float32)
    means = tl.load(place, inside, 0)
    squares = tl.load(place + MAPS * C * TILES, inside, 0)
    mean = tl.sum(count * means, 1, keep_dims=True) / N
    apart = means - mean
    square = tl.sum(squares + count * apart * apart, 1, keep_dims=True)
    out = statistics + tl.program_id(0) * C + channel
    tl.store(out, mean, channel < C)
    tl.store(out + MAPS * C, 1 / tl.sqrt_rn(square / N + eps), channel < C)
    tl.store(out + 2 * MAPS * C, square / (N - 1), channel < C)


@triton.jit
def _weight(weights, kept, k: tl.constexpr, row, MAPS: tl.constexpr, N: tl.constexpr, SIZE: tl.constexpr):
    """The weight of a map, times what each row keeps of it."""
    weight = tl.load(weights + k).to(tl.float32)
    if kept is not None:
        weight *= tl.load(kept + (row // SIZE) * MAPS + k, row < N, 0).to(tl.float32)
    return weight


@triton.jit
def values_kernel(
    maps, value, statistics, weights, scale, shift, kept, MAPS: tl.constexpr, NORMALIZED: tl.constexpr,
    N: tl.constexpr, C: tl.constexpr, SIZE: tl.constexpr, SB: tl.constexpr, SC: tl.constexpr, SS: tl.constexpr,
    ROWS: tl.constexpr, CHANNELS: tl.constexpr,
):  # fmt: skip
    """The sum of the maps, laid out as they are."""
    row, channel, inside = _tile(N, C, ROWS, CHANNELS)
    place = _place(row, channel, SIZE, SB, SC, SS)
    total = 0.0
    for k in tl.static_range(MAPS):
        x = tl.load(maps[k] + place, inside, 0).to(tl.float32)
        if k < NORMALIZED:
            at = k * C + channel
            factor = tl.load(statistics + NORMALIZED * C + at, channel < C, 0)
            if scale is not None:
                factor *= tl.load(scale + at, channel < C, 0)
            x = (x - tl.load(statistics + at, channel < C, 0)) * factor
            if shift is not None:
                x += tl.load(shift + at, channel < C, 0)
        total += _weight(weights, kept, k, row, MAPS, N, SIZE) * x
    tl.store(value + place, total, inside)


@triton.jit
def products_kernel(
    maps, grad, sums, statistics, kept, MAPS: tl.constexpr, NORMALIZED: tl.constexpr, N: tl.constexpr,
    C: tl.constexpr, SIZE: tl.constexpr, SB: tl.constexpr, SC: tl.constexpr, SS: tl.constexpr, GB: tl.constexpr,
    GC: tl.constexpr, GS: tl.constexpr, TILES: tl.constexpr, ROWS: tl.constexpr, CHANNELS: tl.constexpr,
    GROUP: tl.constexpr,
):  # fmt: skip
    """The sums of ``g * xhat_k`` and after them of ``g``, by tile; GB, GC, GS are the strides of g.

    (MAPS + 1, C, TILES), or (2 * MAPS, C, TILES) where samples keep a part of each map, and so of g.
    """
    row, channel, inside = _tile(N, C, ROWS, CHANNELS)
    place = _place(row, channel, SIZE, SB, SC, SS)
    g = tl.load(grad + _place(row, channel, SIZE, GB, GC, GS), inside, 0).to(tl.float32)
    out = sums + channel * TILES + tl.program_id(0)
    if kept is None:
        if tl.program_id(2) == 0:
            tl.store(out + MAPS * C * TILES, _sum(g, CHANNELS), channel < C)
    for k in tl.static_range(MAPS):
        if k // GROUP == tl.program_id(2):
            x = tl.load(maps[k] + place, inside, 0).to(tl.float32)
            if k < NORMALIZED:
                at = k * C + channel
                mean = tl.load(statistics + at, channel < C, 0)
                x = (x - mean) * tl.load(statistics + NORMALIZED * C + at, channel < C, 0)
            own = g
            if kept is not None:
                own = g * tl.load(kept + (row // SIZE) * MAPS + k, row < N, 0).to(tl.float32)
                tl.store(out + (MAPS + k) * C * TILES, _sum(own, CHANNELS), channel < C)
            # Where nothing is, g is zero.
            tl.store(out + k * C * TILES, _sum(own * x, CHANNELS), channel < C)


@triton.jit
def gradients_kernel(
    maps, grad, gradients, sums, statistics, weights, scale, kept, MAPS: tl.constexpr, NORMALIZED: tl.constexpr,
    N: tl.constexpr, C: tl.constexpr, SIZE: tl.constexpr, SB: tl.constexpr, SC: tl.constexpr, SS: tl.constexpr,
    GB: tl.constexpr, GC: tl.constexpr, GS: tl.constexpr, ROWS: tl.constexpr, CHANNELS: tl.constexpr,
    GROUP: tl.constexpr,
):  # fmt: skip
    """The gradient of each map, laid out as they are, from the sums over all tiles."""
    row, channel, inside = _tile(N, C, ROWS, CHANNELS)
    place = _place(row, channel, SIZE, SB, SC, SS)
    g = tl.load(grad + _place(row, channel, SIZE, GB, GC, GS), inside, 0).to(tl.float32)
    for k in tl.static_range(MAPS):
        if k // GROUP == tl.program_id(2):
            gradient = _weight(weights, kept, k, row, MAPS, N, SIZE) * g
            if k < NORMALIZED:
                at = k * C + channel
                x = tl.load(maps[k] + place, inside, 0).to(tl.float32)
                mean = tl.load(statistics + at, channel < C, 0)
                factor = tl.load(statistics + NORMALIZED * C + at, channel < C, 0)
                weight = tl.load(weights + k).to(tl.float32) / N
                product = weight * factor * tl.load(sums + at, channel < C, 0)
                total = weight * tl.load(sums + (MAPS + (k if kept is not None else 0)) * C + channel, channel < C, 0)
                gradient -= total + (x - mean) * product
                if scale is not None:
                    factor *= tl.load(scale + at, channel < C, 0)
                gradient *= factor
            tl.store(gradients[k] + place, gradient, inside)
