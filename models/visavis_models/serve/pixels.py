"""Compiled kernels that turn maps of source places into pixels: figure over plate, eyes, mouth, lashes, softened edges.

Maps, windows and samples are those of `visavis_models.serve.raster`.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from visavis_models.serve.raster import BARE, FAR, JIT, LAYER, LAYERS, THIN, WHOLE

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int32]
Picture = NDArray[np.uint8]
Packed = NDArray[np.uint32]  # RGBA, red in the lowest byte

LANES, LOW, ROUNDING = np.uint32(0x00FF00FF), np.uint32(0xFFFF), np.uint32(0x00800080)
OPAQUE, HALF = np.int32(255 << 8), np.int32(1 << 15)
LIGHTEST = np.float32(255)
ZERO, ROUND, SCALE, SIXTEENTH = np.float32(0), np.float32(0.5), np.float32(16), np.float32(1 / 16)
FIXED, WEIGHTS = np.float32(256), np.uint32(256)  # 8 bits of fixed point; the four weights of a sample add up to 256
# unsigned throughout: the compiler then leaves out the test for indices counted from the end
ONE, THREE, FOUR, WHOLLY = np.uint32(1), np.uint32(3), np.uint32(4), np.uint32(LAYERS)
EIGHT, SIXTEEN, TWENTY_FOUR, BYTE = np.uint32(8), np.uint32(16), np.uint32(24), np.uint32(255)
# Texels between neighbouring pixels, where about 2 are usual: within the face, and between it and what is around it.
TEAR, RIM_TEAR = np.float32(9.0), np.float32(2.9)
RUN = 6  # pixels of an edge's step that are looked at on either side; a `Canvas` draws so many anew around a change
ENDED = LAYER * LAYERS / np.float32(2)
VEILED = np.float32(0.1)  # rad: an eye that has turned so far mirrors bright lights, and no veil over its iris
SHADED = np.float32(0.2)  # of the height of an opening, at most, lies in the shadow of either lip
CORNEA = 0.42  # how far before the eyeball's centre the cornea's lies, in radii of the eyeball


def packed(picture: Picture) -> Packed:
    """RGBA uint8 [..., 4] as one number a pixel, [...]."""
    return np.ascontiguousarray(picture).view("<u4")[..., 0].astype(np.uint32)


@njit(inline="always", **JIT)
def lanes(picture: Packed, u: np.float32, v: np.float32) -> tuple[np.uint32, np.uint32]:  # pragma: no cover
    """Bilinear sample of RGBA [H, W] at column u, row v, held at the borders: red and blue, green and alpha.

    Two channels are weighed in one multiplication: their sums of 8-bit values by weights that add up to 256 stay within
    16 bits each. Places are rounded to 1/16 of a pixel.
    """
    H, W = picture.shape
    x = np.uint32(min(max(u, ZERO), np.float32(W - 1)) * SCALE + ROUND)
    y = np.uint32(min(max(v, ZERO), np.float32(H - 1)) * SCALE + ROUND)
    j, i = min(x >> FOUR, np.uint32(W - 2)), min(y >> FOUR, np.uint32(H - 2))
    fx, fy = np.uint32(x - (j << FOUR)), np.uint32(y - (i << FOUR))
    a, b, c, d = picture[i, j], picture[i, j + ONE], picture[i + ONE, j], picture[i + ONE, j + ONE]
    wd = np.uint32(fx * fy)
    wb, wc = np.uint32((fx << FOUR) - wd), np.uint32((fy << FOUR) - wd)
    wa = np.uint32(np.uint32(256) - wb - wc - wd)
    even = np.uint32((a & LANES) * wa + (b & LANES) * wb + (c & LANES) * wc + (d & LANES) * wd)
    odd = np.uint32(
        ((a >> EIGHT) & LANES) * wa
        + ((b >> EIGHT) & LANES) * wb
        + ((c >> EIGHT) & LANES) * wc
        + ((d >> EIGHT) & LANES) * wd
    )
    return even, odd


@njit(inline="always", **JIT)
def sample(
    picture: Packed, u: float, v: float
) -> tuple[np.float32, np.float32, np.float32, np.float32]:  # pragma: no cover
    """Bilinear sample of RGBA [H, W] at column u, row v, held at the borders; four values 0..255."""
    even, odd = lanes(picture, u, v)
    share = np.float32(1 / 256)
    return (
        np.float32(np.int32(even & LOW)) * share,
        np.float32(np.int32(odd & LOW)) * share,
        np.float32(np.int32((even >> SIXTEEN) & LOW)) * share,
        np.float32(np.int32((odd >> SIXTEEN) & LOW)) * share,
    )


@njit(inline="always", **JIT)
def byte(value: float) -> np.uint8:  # pragma: no cover
    """Rounded and held in 0..255."""
    return np.uint8(min(max(value + 0.5, 0.0), 255.0))


@njit(inline="always", **JIT)
def top_byte(value: np.int32) -> np.uint32:  # pragma: no cover
    """A value in 16 bits of fixed point, rounded and held at 255."""
    return np.uint32(min(np.int32(np.int32(value + HALF) >> np.int32(16)), np.int32(255)))


@njit(inline="always", **JIT)
def mixed(
    a: np.uint32, b: np.uint32, c: np.uint32, d: np.uint32, fx: np.uint32, fy: np.uint32
) -> tuple[np.uint32, np.uint32]:  # pragma: no cover
    """`lanes` of four neighbouring texels, a b above c d, at fx, fy sixteenths from a: in 32 bits throughout."""
    wd = np.uint32(fx * fy)
    wb, wc = np.uint32(np.uint32(fx << FOUR) - wd), np.uint32(np.uint32(fy << FOUR) - wd)
    wa = np.uint32(np.uint32(np.uint32(WEIGHTS - wb) - wc) - wd)
    above = np.uint32(np.uint32(np.uint32(a & LANES) * wa) + np.uint32(np.uint32(b & LANES) * wb))
    under = np.uint32(np.uint32(np.uint32(c & LANES) * wc) + np.uint32(np.uint32(d & LANES) * wd))
    even = np.uint32(above + under)
    a, b, c, d = np.uint32(a >> EIGHT), np.uint32(b >> EIGHT), np.uint32(c >> EIGHT), np.uint32(d >> EIGHT)
    above = np.uint32(np.uint32(np.uint32(a & LANES) * wa) + np.uint32(np.uint32(b & LANES) * wb))
    under = np.uint32(np.uint32(np.uint32(c & LANES) * wc) + np.uint32(np.uint32(d & LANES) * wd))
    return even, np.uint32(above + under)


@njit(**JIT)
def gather(line: FloatArray, picture: Packed, out: Packed) -> None:  # pragma: no cover
    """The texels [6, >= n] around the places that n samples of a map's row, [4 n], show: a b c d, fx, fy."""
    H, W = picture.shape
    texels, wide = picture.reshape(-1), np.int32(W)
    # A sixteenth short of the last texel: the four neighbours always exist, and the last one still weighs 15 of 16.
    most_u, most_v = np.float32(W - 1) - SIXTEENTH, np.float32(H - 1) - SIXTEENTH
    at, fx, fy, n = out[0], out[4], out[5], len(line) // 4
    for j in range(n):
        x = np.int32(min(max(line[4 * j], ZERO), most_u) * SCALE + ROUND)
        y = np.int32(min(max(line[4 * j + 1], ZERO), most_v) * SCALE + ROUND)
        at[j] = np.uint32(np.int32(np.int32(y >> np.int32(4)) * wide) + np.int32(x >> np.int32(4)))
        fx[j], fy[j] = np.uint32(x & np.int32(15)), np.uint32(y & np.int32(15))
    b, c, d, below = out[1], out[2], out[3], np.uint32(W)
    for j in range(n):
        k = np.uint32(at[j])
        at[j], b[j], c[j], d[j] = texels[k], texels[k + ONE], texels[k + below], texels[k + below + ONE]


@njit(inline="always", **JIT)
def lit(even: np.uint32, odd: np.uint32, bright: np.float32, under: np.uint32) -> np.uint32:  # pragma: no cover
    """A sample of the figure (two channels each, 8 bits of fixed point), so much brighter, over the plate's pixel."""
    factor, alpha = np.int32(bright * FIXED + ROUND), np.int32(odd >> SIXTEEN)
    share = np.int32(OPAQUE - alpha)
    r = np.int32(np.int32(np.int32(even & LOW) * factor) + np.int32(np.int32(under & BYTE) * share))
    g = np.int32(np.int32(np.int32(odd & LOW) * factor) + np.int32(np.int32(np.uint32(under >> EIGHT) & BYTE) * share))
    b = np.int32(
        np.int32(np.int32(even >> SIXTEEN) * factor) + np.int32(np.int32(np.uint32(under >> SIXTEEN) & BYTE) * share)
    )
    a = np.uint32(np.int32(alpha + np.int32(128)) >> np.int32(8))
    low = np.uint32(top_byte(r) | np.uint32(top_byte(g) << EIGHT))
    return np.uint32(low | np.uint32(np.uint32(top_byte(b) << SIXTEEN) | np.uint32(a << TWENTY_FOUR)))


@njit(inline="always", **JIT)
def between(one: np.uint32, other: np.uint32, share: np.uint32) -> np.uint32:  # pragma: no cover
    """Two channels of 8 bits of fixed point each, `share` / 8 of the way from one sample to another."""
    low = ((one & LOW) * (WHOLLY - share) + (other & LOW) * share) >> THREE
    high = ((one >> SIXTEEN) * (WHOLLY - share) + (other >> SIXTEEN) * share) >> THREE
    return np.uint32(low | (high << SIXTEEN))


@njit(**JIT)
def paint_edges(
    line: FloatArray, figure: Packed, beyond: Packed, behind: Packed, row: Packed
) -> None:  # pragma: no cover
    """Those of n pixels of a map's row [4 n] that lie at the face's edge: between the figure and what is beyond it."""
    for j in range(len(row)):
        bright = line[4 * j + 2]
        if bright >= LAYER and line[4 * j] != BARE:
            layer = np.floor(bright / LAYER)
            share = np.uint32(layer)
            even, odd = lanes(beyond, line[4 * j], line[4 * j + 1])
            if share < WHOLLY:
                even_0, odd_0 = lanes(figure, line[4 * j], line[4 * j + 1])
                even, odd = between(even_0, even, share), between(odd_0, odd, share)
            row[j] = lit(np.uint32(even), np.uint32(odd), np.float32(bright - LAYER * layer), behind[j])


@njit(**JIT)
def paint(
    target: FloatArray, spans: IntArray, box: IntArray, figure: Packed, beyond: Packed, plate: Packed, out: Packed
) -> None:  # pragma: no cover
    """The figure (RGBA premultiplied) through the map target [S, S, 4] over the plate [S, S], of alpha 0.

    Args:
        spans: [S, 2], the columns of each row that are painted.
        box: x0, y0, x1, y1 of the pixels that the face lies within.
        beyond: as the figure, the face going on beyond its silhouette: for what `raster.edge_corners` marks.
        out: RGBA [S, S]; the alpha is the figure's own, the colour that over the plate.
    """
    S = out.shape[0]
    around = np.empty((6, S), np.uint32)
    a, b, c, d, fx, fy = around[0], around[1], around[2], around[3], around[4], around[5]
    for i in range(S):
        first, last = int(spans[i, 0]), int(spans[i, 1])
        if first >= last:
            continue
        line, behind, row = target[i].reshape(-1)[4 * first : 4 * last], plate[i][first:last], out[i][first:last]
        gather(line, figure, around)
        for j in range(len(row)):
            even, odd = mixed(a[j], b[j], c[j], d[j], fx[j], fy[j])
            over = lit(even, odd, line[4 * j + 2], behind[j])
            row[j] = behind[j] if line[4 * j] == BARE else over
        begin, end = max(first, box[0]) - first, min(last, box[2]) - first
        if box[1] <= i <= box[3] and begin < end:
            paint_edges(line[4 * begin : 4 * end], figure, beyond, behind[begin:end], row[begin:end])


@njit(inline="always", **JIT)
def torn(u: float, v: float, depth: float, other_u: float, other_v: float, other: float) -> bool:  # pragma: no cover
    """Whether the face ends between two neighbouring pixels of a map: they show places (u, v) far apart."""
    away = max(abs(u - other_u), abs(v - other_v))
    if away <= RIM_TEAR:
        return False
    one, two = depth > FAR, other > FAR
    return bool((one or two) and (away > TEAR or not (one and two)))


@njit(inline="always", **JIT)
def parts(u: float, v: float, depth: float, other_u: float, other_v: float, other: float) -> bool:  # pragma: no cover
    """Whether the face may end between two neighbouring pixels of a map: quickly told no for most."""
    return bool((depth > FAR) != (other > FAR) or max(abs(u - other_u), abs(v - other_v)) > RIM_TEAR)


@njit(**JIT)
def ended(target: FloatArray, i: int, j: int, m: int, n: int) -> bool:  # pragma: no cover
    """Whether the face ends between the neighbouring pixels (i, j) and (m, n) of a map: they show what is apart, or one
    of them what lies beyond the silhouette and the other what is around the face."""
    one, other = target[i, j], target[m, n]
    if (one[3] > FAR) != (other[3] > FAR) and max(one[2], other[2]) > ENDED:
        return True
    return torn(one[0], one[1], one[3], other[0], other[1], other[3])


@njit(**JIT)
def reaches(target: FloatArray, i: int, j: int, down: int, right: int) -> np.float32:  # pragma: no cover
    """How much of a pixel (i, j) lies beyond the edge between it and its neighbour one `down` or one `right`, 0..0.5.

    An edge that is drawn in steps is a slanted line: from the middle of a step to the next its border moves by half a
    pixel at either end (Reshetov 2009, morphological antialiasing).
    """
    S = target.shape[0]
    runs, ends = (0, 0), (ZERO, ZERO)
    for side in range(2):
        way, run, end = 2 * side - 1, 0, ZERO
        while run <= RUN:
            y, x = i + way * (run + 1) * abs(right), j + way * (run + 1) * abs(down)
            if min(y, x) < 2 or max(y, x) > S - 3:
                break
            if not ended(target, y, x, y + down, x + right):
                if ended(target, y, x, y - down, x - right):
                    end = ROUND
                elif ended(target, y + down, x + right, y + 2 * down, x + 2 * right):
                    end = -ROUND
                break
            run += 1
        runs, ends = (runs[1], run), (ends[1], end)
    along = (np.float32(runs[0]) + ROUND) / np.float32(runs[0] + runs[1] + 1)
    off = ends[0] * (1 - 2 * along) if along < ROUND else ends[1] * (2 * along - 1)
    return np.float32(max(off, ZERO))


@njit(**JIT)
def soften(target: FloatArray, spans: IntArray, box: IntArray, base: Packed, out: Packed) -> None:  # pragma: no cover
    """What is painted [S, S] into the frame out, the face's edges without steps where it covers something.

    A pixel at such an edge takes as much of its neighbour beyond it as lies within the pixel. Where the mesh is whole,
    as at rest, nothing changes.

    Args:
        spans: [S, 2], the columns of each row that are taken over.
        box: x0, y0, x1, y1 of the pixels to look at for edges, at least two inside of the frame's border.
    """
    above = np.zeros(out.shape[1], np.bool_)  # whether the face ends between a pixel of this row and the one above it
    for i in range(out.shape[0]):
        first, last = np.uint32(spans[i, 0]), np.uint32(spans[i, 1])
        for shown in range(first, last):
            out[i, np.uint32(shown)] = base[i, np.uint32(shown)]
        begin, end = max(int(first), int(box[0])), min(int(last), int(box[2]))
        if i < box[1] or i >= box[3] or begin >= end:
            continue
        known_from, known_to = max(int(spans[i - 1, 0]), int(box[0])), min(int(spans[i - 1, 1]), int(box[2]))
        if i == box[1] or known_from >= known_to:
            known_from, known_to = end, end
        for k in range(begin, min(known_from, end)):
            above[k] = ended(target, i - 1, k, i, k)
        for k in range(max(known_to, begin), end):
            above[k] = ended(target, i - 1, k, i, k)
        left, line, under = ended(target, i, begin - 1, i, begin), target[i], target[i + 1]
        u, v, depth = line[begin, 0], line[begin, 1], line[begin, 3]
        for k in range(begin, end):
            j = np.uint32(k)
            after = j + ONE
            right_u, right_v, right_depth = line[after, 0], line[after, 1], line[after, 3]
            right = parts(u, v, depth, right_u, right_v, right_depth) and ended(target, i, k, i, k + 1)
            below = parts(u, v, depth, under[j, 0], under[j, 1], under[j, 3]) and ended(target, i, k, i + 1, k)
            if left or right or below or above[j]:
                out[i, j] = with_neighbour(target, i, k, left, right, above[j], below, base)
            u, v, depth, left, above[j] = right_u, right_v, right_depth, right, below


@njit(**JIT)
def with_neighbour(
    target: FloatArray, i: int, j: int, left: bool, right: bool, above: bool, below: bool, base: Packed
) -> np.uint32:  # pragma: no cover
    """A pixel of base with its share of that neighbour beyond an edge which reaches farthest into it."""
    from_left = reaches(target, i, j, 0, -1) if left else ZERO
    from_right = reaches(target, i, j, 0, 1) if right else ZERO
    from_above = reaches(target, i, j, -1, 0) if above else ZERO
    from_below = reaches(target, i, j, 1, 0) if below else ZERO
    most, other = max(from_left, from_right, from_above, from_below), base[i, j]
    if most == ZERO:
        return other
    if most == from_left:
        other = base[i, j - 1]
    elif most == from_right:
        other = base[i, j + 1]
    elif most == from_above:
        other = base[i - 1, j]
    else:
        other = base[i + 1, j]
    share, pixel = np.uint32(most * FIXED + ROUND), base[i, j]
    rest = np.uint32(WEIGHTS - share)
    even = np.uint32((pixel & LANES) * rest + (other & LANES) * share + ROUNDING)
    odd = np.uint32(((pixel >> EIGHT) & LANES) * rest + ((other >> EIGHT) & LANES) * share + ROUNDING)
    return np.uint32(((even >> EIGHT) & LANES) | (odd & ~LANES))


@njit(**JIT)
def scale_up(
    small: Packed, spans: IntArray, plate: Packed, out: Packed, out_spans: IntArray
) -> None:  # pragma: no cover
    """A frame [s, s] into a larger one out [S, S], bilinear, where it was drawn anew.

    Args:
        spans: [s, 2], the columns of each row that were; out_spans: [S, 2], set to those of out.
        plate: [S, S], taken where nothing of the figure is seen.
    """
    s, S = small.shape[0], out.shape[0]
    ratio = np.float32(s) / np.float32(S)
    for i in range(S):
        y = (np.float32(i) + ROUND) * ratio - ROUND
        above = max(int(np.floor(y)), 0)
        below = min(above + 1, s - 1)
        first, last = min(spans[above, 0], spans[below, 0]), max(spans[above, 1], spans[below, 1])
        if spans[above, 0] >= spans[above, 1]:
            first, last = spans[below, 0], spans[below, 1]
        elif spans[below, 0] >= spans[below, 1]:
            first, last = spans[above, 0], spans[above, 1]
        if first >= last:
            out_spans[i, 0] = out_spans[i, 1] = 0
            continue
        left, right = max(int((first - 1) / ratio), 0), min(int((last + 1) / ratio) + 1, S)
        out_spans[i, 0], out_spans[i, 1] = left, right
        for j in range(np.uint32(left), np.uint32(right)):
            at = np.uint32(j)
            even, odd = lanes(small, (np.float32(at) + ROUND) * ratio - ROUND, y)
            if odd >> SIXTEEN == np.uint32(0):
                out[i, at] = plate[i, at]
            else:
                out[i, at] = (((even + ROUNDING) >> EIGHT) & LANES) | ((odd + ROUNDING) & ~LANES)


@njit(**JIT)
def take_window(out: Picture, x0: int, y0: int, fine: int, colour: FloatArray) -> None:  # pragma: no cover
    """What the picture out [S, S, 4] already shows, into the samples colour [h, w, 3] of a window."""
    w = colour.shape[1]
    for i in range(colour.shape[0]):
        row, shown = out[y0 + i // fine].reshape(-1), colour[i].reshape(-1)
        for j in range(w):
            at = 4 * (x0 + j // fine)
            for k in range(3):
                shown[3 * j + k] = np.float32(row[at + k])


@njit(**JIT)
def paint_window(target: FloatArray, figure: Packed, colour: FloatArray) -> None:  # pragma: no cover
    """The figure through the map into colour [h, w, 3]; what is bare stays as it is."""
    for i in range(target.shape[0]):
        for j in range(target.shape[1]):
            if target[i, j, 0] != BARE:
                r, g, b, _ = sample(figure, target[i, j, 0], target[i, j, 1])
                bright = target[i, j, 2]
                colour[i, j, 0], colour[i, j, 1], colour[i, j, 2] = bright * r, bright * g, bright * b


@njit(**JIT)
def paint_patch(
    target: FloatArray,
    skin: Packed,
    origin: FloatArray,
    scale: float,
    share: float,
    box: FloatArray,
    colour: FloatArray,
) -> None:  # pragma: no cover
    """Skin in place of what the picture shows of an eye's white or of closed lips, into colour [h, w, 3].

    Args:
        target: map [h, w, 4] into the figure's texture.
        skin: RGBA patch of the picture, not premultiplied, clear at its border.
        origin: x, y of its first pixel; scale: pixels of the picture per texel; share: 0..1, how much of it is seen.
        box: samples x0, y0, x1, y1 that it is painted within.
    """
    at_x, at_y, wide, most = np.float32(origin[0]), np.float32(origin[1]), np.float32(scale), np.float32(share / 255)
    last_u, last_v = np.float32(skin.shape[1] - 1), np.float32(skin.shape[0] - 1)
    for i in range(int(box[1]), int(box[3])):
        for j in range(int(box[0]), int(box[2])):
            u, v = (target[i, j, 0] + ROUND) * wide - ROUND - at_x, (target[i, j, 1] + ROUND) * wide - ROUND - at_y
            if target[i, j, 0] != BARE and u > ZERO and v > ZERO and u < last_u and v < last_v:
                r, g, b, alpha = sample(skin, u, v)
                alpha, bright = alpha * most, target[i, j, 2]
                colour[i, j, 0] += alpha * (bright * r - colour[i, j, 0])
                colour[i, j, 1] += alpha * (bright * g - colour[i, j, 1])
                colour[i, j, 2] += alpha * (bright * b - colour[i, j, 2])


@njit(**JIT)
def put_window(
    colour: FloatArray, target: FloatArray, fine: int, x0: int, y0: int, out: Picture
) -> None:  # pragma: no cover
    """Average fine x fine samples of colour [h, w, 3] into each pixel of out [S, S, 4] from (x0, y0) on.

    Args:
        target: the window's map: what has a depth covers what is behind the figure.
    """
    share = np.float32(1.0 / (fine * fine))
    w = colour.shape[1] // fine
    total = np.empty(4 * w, np.float32)
    for i in range(colour.shape[0] // fine):
        total[:] = 0
        for m in range(i * fine, i * fine + fine):
            shown, line = colour[m].reshape(-1), target[m].reshape(-1)
            for n in range(fine):
                for j in range(w):
                    at = j * fine + n
                    total[4 * j] += shown[3 * at]
                    total[4 * j + 1] += shown[3 * at + 1]
                    total[4 * j + 2] += shown[3 * at + 2]
                    total[4 * j + 3] += LIGHTEST if line[4 * at + 3] > FAR else ZERO
        row = out[y0 + i].reshape(-1)[4 * x0 : 4 * (x0 + w)]
        for j in range(w):
            total[4 * j + 3] = max(total[4 * j + 3] * share, np.float32(row[4 * j + 3])) / share
        for k in range(4 * w):
            row[k] = np.uint8(min(max(total[k] * share + ROUND, ZERO), LIGHTEST))


@njit(**JIT)
def paint_eye(
    target: FloatArray,
    colour: FloatArray,
    x0: float,
    y0: float,
    fine: float,
    ball: FloatArray,
    turn: FloatArray,
    gaze: FloatArray,
    source: FloatArray,
    sclera: Packed,
    pupil: Packed,
    glint: Packed,
    hole: FloatArray,
    shade: float,
) -> None:  # pragma: no cover
    """Fill what the lids leave bare with the eyeball; it gets a depth, but stays bare of the figure.

    A pixel at d from the ball's centre meets it at n = (d, sqrt(r^2 - d^2)); R^T n is the place on the ball of a head
    that has not turned, G^T R^T n the place on one that has not looked away either; the picture shows both along z.

    Args:
        ball: x, y, radius in pixels of the output; turn: R [3, 3]; gaze: G [3, 3]; both y up.
        source: x, y of the centre in the patches and the radius there.
        sclera: RGBA (alpha unused), pupil: RGBA, glint: RGB of the lights that the cornea mirrors, added, and as
            alpha a veil of light that only an eye mirrors which looks as in the picture;
        shade: 0..1, how much the lowered lid shadows the ball.
        hole: samples x0, y0, x1, y1 within which there may be an opening.
    """
    reach = np.float32((0.10 + 0.2 * shade) * ball[2] * fine)
    # The cornea is a smaller ball before the eye's centre: what it mirrors moves as its own centre does.
    sight_x = turn[0, 0] * gaze[0, 2] + turn[0, 1] * gaze[1, 2] + turn[0, 2] * gaze[2, 2]
    sight_y = turn[1, 0] * gaze[0, 2] + turn[1, 1] * gaze[1, 2] + turn[1, 2] * gaze[2, 2]
    mirror_x, mirror_y = np.float32(CORNEA * sight_x), np.float32(CORNEA * sight_y)
    veiled = max(WHOLE - np.sqrt(np.float32(sight_x * sight_x + sight_y * sight_y)) / VEILED, ZERO)
    for j in range(int(hole[0]), int(hole[2])):
        edge = -1
        for i in range(int(hole[1]), int(hole[3])):
            if target[i, j, 0] != BARE:
                continue
            if edge < 0 or target[i - 1, j, 0] != BARE:
                edge = i
            x = np.float32((x0 - 0.5 + (j + 0.5) / fine - ball[0]) / ball[2])
            y = np.float32((ball[1] - (y0 - 0.5 + (i + 0.5) / fine)) / ball[2])
            z = np.sqrt(max(WHOLE - x * x - y * y, np.float32(0.02)))
            nx = turn[0, 0] * x + turn[1, 0] * y + turn[2, 0] * z
            ny = turn[0, 1] * x + turn[1, 1] * y + turn[2, 1] * z
            nz = turn[0, 2] * x + turn[1, 2] * y + turn[2, 2] * z
            r, g, b, _ = sample(sclera, source[0] + nx * source[2], source[1] - ny * source[2])
            gx = gaze[0, 0] * nx + gaze[1, 0] * ny + gaze[2, 0] * nz
            gy = gaze[0, 1] * nx + gaze[1, 1] * ny + gaze[2, 1] * nz
            pr, pg, pb, alpha = sample(pupil, source[0] + gx * source[2], source[1] - gy * source[2])
            alpha *= np.float32(1 / 255)
            sr, sg, sb, veil = sample(
                glint, source[0] + (x - mirror_x) * source[2], source[1] - (y - mirror_y) * source[2]
            )
            lit = 1 - shade * np.exp(-(i - edge) / reach)
            veil *= veiled
            colour[i, j, 0] = lit * (r + alpha * (pr + sr + veil - r))
            colour[i, j, 1] = lit * (g + alpha * (pg + sg + veil - g))
            colour[i, j, 2] = lit * (b + alpha * (pb + sb + veil - b))
            target[i, j, 3] = np.float32(0)


@njit(**JIT)
def paint_mouth(
    target: FloatArray,
    colour: FloatArray,
    inside: FloatArray,
    seam: FloatArray,
    figure: Packed,
    hole: FloatArray,
    light: float,
    reach: float,
    lower: float,
) -> None:  # pragma: no cover
    """Fill what the lips leave bare: the inside in the light that the opening lets in, or the seam of closed lips.

    As in `paint_eye`, it gets a depth.

    Args:
        inside: [h, w, 4], RGB of the mouth's inside, BARE where there is nothing.
        seam: map [h, w, 4] with the share of the seam in place of the brightness.
        hole: samples x0, y0, x1, y1 within which there may be an opening.
        light: 0..1; lower: 0..1, the shadow of the lower lip.
        reach: samples that the shadow of the upper lip reaches inwards, half as far as that of the lower one.
    """
    y0, y1 = int(hole[1]), int(hole[3])
    for j in range(int(hole[0]), int(hole[2])):
        first, last = y1, y0
        for i in range(y0, y1):
            if target[i, j, 0] == BARE:
                first, last = min(first, i), i
        most = SHADED * np.float32(last - first + 1)
        above, below = min(np.float32(reach), most), min(np.float32(2 * reach), most)
        for i in range(first, last + 1):
            if target[i, j, 0] != BARE:
                continue
            lit = light * (1 - np.float32(0.5) * np.exp((first - i) / above))
            lit *= 1 - lower * np.exp((i - last) / below)
            r, g, b = np.float32(30), np.float32(11), np.float32(12)
            if inside[i, j, 0] != BARE:
                r, g, b = inside[i, j, 0], inside[i, j, 1], inside[i, j, 2]
            # What light is left in there has come through flesh: it is redder the less it is.
            r, g, b = lit * (1.16 - 0.16 * lit) * r, lit * g, lit * (0.93 + 0.07 * lit) * b
            if seam[i, j, 0] != BARE:
                share = seam[i, j, 2]
                sr, sg, sb, _ = sample(figure, seam[i, j, 0], seam[i, j, 1])
                r, g, b = r + share * (sr - r), g + share * (sg - g), b + share * (sb - b)
            colour[i, j, 0], colour[i, j, 1], colour[i, j, 2] = r, g, b
            target[i, j, 3] = np.float32(0)


@njit(**JIT)
def paint_before(target: FloatArray, inside: FloatArray, colour: FloatArray, light: float) -> None:  # pragma: no cover
    """What comes out between the lips is drawn before them: inside [h, w, 4] where it is nearer than target's depth."""
    for i in range(target.shape[0]):
        for j in range(target.shape[1]):
            if inside[i, j, 0] != BARE and target[i, j, 0] != BARE and inside[i, j, 3] > target[i, j, 3]:
                for k in range(3):
                    colour[i, j, k] = light * inside[i, j, k]


@njit(**JIT)
def blend_strip(
    colour: FloatArray,
    x0: float,
    y0: float,
    fine: float,
    triangles: IntArray,
    points: FloatArray,
    source: FloatArray,
    picture: Packed,
    density: float,
    brightest: FloatArray,
) -> None:  # pragma: no cover
    """Blend a strip of RGBA picture over colour [h, w, 3].

    Args:
        triangles: [T, 3], either way round; points: [N, 2] in the frame; source: [N, 2] in picture.
        density: how many layers lie upon each other where hairs are seen from their tips:
            alpha' = 1 - (1 - alpha)^density.
        brightest: RGB, what no pixel of the strip exceeds.
    """
    h, w = colour.shape[0], colour.shape[1]
    dense, thick = np.float32(fine), np.empty(256, np.float32)
    for k in range(256):
        thick[k] = WHOLE - np.float32(1 - k / 255) ** np.float32(density)
    ox, oy = np.float32(x0) - ROUND + ROUND / dense, np.float32(y0) - ROUND + ROUND / dense
    for t in range(len(triangles)):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ax, ay = (points[a, 0] - ox) * dense, (points[a, 1] - oy) * dense
        bx, by = (points[b, 0] - ox) * dense, (points[b, 1] - oy) * dense
        cx, cy = (points[c, 0] - ox) * dense, (points[c, 1] - oy) * dense
        area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
        if abs(area) < THIN:
            continue
        scale = WHOLE / area
        first_x, last_x = max(0, int(np.ceil(min(ax, bx, cx)))), min(w - 1, int(np.floor(max(ax, bx, cx))))
        first_y, last_y = max(0, int(np.ceil(min(ay, by, cy)))), min(h - 1, int(np.floor(max(ay, by, cy))))
        for i in range(first_y, last_y + 1):
            for j in range(first_x, last_x + 1):
                dx, dy = np.float32(j) - ax, np.float32(i) - ay
                u = (dx * (cy - ay) - (cx - ax) * dy) * scale
                v = ((bx - ax) * dy - dx * (by - ay)) * scale
                # Half-open edges: a sample on the edge of two triangles is blended once.
                if u < ZERO or v < ZERO or u + v >= WHOLE:
                    continue
                q = WHOLE - u - v
                r, g, bl, alpha = sample(
                    picture,
                    q * source[a, 0] + u * source[b, 0] + v * source[c, 0],
                    q * source[a, 1] + u * source[b, 1] + v * source[c, 1],
                )
                if alpha == ZERO:
                    continue
                alpha = thick[np.uint32(alpha + ROUND)]
                colour[i, j, 0] += alpha * (min(r, brightest[0]) - colour[i, j, 0])
                colour[i, j, 1] += alpha * (min(g, brightest[1]) - colour[i, j, 1])
                colour[i, j, 2] += alpha * (min(bl, brightest[2]) - colour[i, j, 2])


@njit(**JIT)
def stroke(
    colour: FloatArray,
    cover: FloatArray,
    x0: float,
    y0: float,
    fine: float,
    line: FloatArray,
    half: float,
    ink: FloatArray,
    strength: float,
) -> None:  # pragma: no cover
    """Draw a soft line over colour [h, w, 3].

    Args:
        cover: [h, w] scratch; line: [C, 2], its corners in pixels of the frame; half: half its width in pixels.
        ink: RGB; strength: 0..1. Towards its ends the line gets thinner.
    """
    h, w = colour.shape[0], colour.shape[1]
    ox, oy = x0 - 0.5 + 0.5 / fine, y0 - 0.5 + 0.5 / fine
    C = len(line)
    reach = half * fine + 1
    low_x, high_x, low_y, high_y = w, -1, h, -1
    for c in range(C):
        x, y = (line[c, 0] - ox) * fine, (line[c, 1] - oy) * fine
        low_x, high_x = min(low_x, int(x - reach)), max(high_x, int(x + reach) + 1)
        low_y, high_y = min(low_y, int(y - reach)), max(high_y, int(y + reach) + 1)
    low_x, high_x, low_y, high_y = max(low_x, 0), min(high_x, w - 1), max(low_y, 0), min(high_y, h - 1)
    for i in range(low_y, high_y + 1):
        for j in range(low_x, high_x + 1):
            cover[i, j] = 0
    for c in range(C - 1):
        ax, ay = (line[c, 0] - ox) * fine, (line[c, 1] - oy) * fine
        bx, by = (line[c + 1, 0] - ox) * fine - ax, (line[c + 1, 1] - oy) * fine - ay
        length = bx * bx + by * by + 1e-6
        for i in range(max(low_y, int(min(ay, ay + by) - reach)), min(high_y, int(max(ay, ay + by) + reach) + 1) + 1):
            for j in range(
                max(low_x, int(min(ax, ax + bx) - reach)), min(high_x, int(max(ax, ax + bx) + reach) + 1) + 1
            ):
                t = min(max(((j - ax) * bx + (i - ay) * by) / length, 0.0), 1.0)
                dx, dy = j - ax - t * bx, i - ay - t * by
                along = (c + t) / (C - 1)
                wide = half * fine * min(1.0, 6 * along, 6 * (1 - along))
                share = min(max(wide + 0.5 - np.sqrt(dx * dx + dy * dy), 0.0), 1.0)
                cover[i, j] = max(cover[i, j], np.float32(share))
    for i in range(low_y, high_y + 1):
        for j in range(low_x, high_x + 1):
            share = strength * cover[i, j]
            for k in range(3):
                colour[i, j, k] += share * (ink[k] - colour[i, j, k])


@njit(**JIT)
def lash_strip(
    points: FloatArray,
    upper: IntArray,
    lower: IntArray,
    roots: IntArray,
    tips: FloatArray,
    gap: FloatArray,
    turn: FloatArray,
    zoom: float,
    flutter: float,
    below: float,
    strip: FloatArray,
    closed: FloatArray,
) -> None:  # pragma: no cover
    """Where the upper lashes are: strip [2 C, 2], tips first, and how far each column's lid is closed [C], 0 at rest.

    Args:
        points: [N, 3], the skin; upper, lower, roots: [C], its vertices; tips: [C, 2] from the roots at rest.
        gap: [C], between the lids at rest; turn: [3, 3]; flutter: how far a closing lid swings its lashes.
        below: how far below the roots their line reaches, pixels.
    """
    C = len(upper)
    for c in range(C):
        closed[c] = 1 - (points[lower[c], 1] - points[upper[c], 1]) / gap[c]
        lean = 1 - flutter * min(max(closed[c], np.float32(0)), np.float32(1))
        # lashes that point at the viewer spread half as far beyond the corners of the eye
        x = tips[c, 0] * np.float32(0.5) * (1 + abs(lean))
        y = tips[c, 1] * lean
        strip[c, 0] = points[roots[c], 0] + zoom * (turn[0, 0] * x - turn[0, 1] * y)
        strip[c, 1] = points[roots[c], 1] + zoom * (turn[1, 1] * y - turn[1, 0] * x)
        strip[C + c, 0], strip[C + c, 1] = points[roots[c], 0], points[roots[c], 1] + below
