"""Matrix times vector over a run of flat weights."""

from __future__ import annotations

from dynsyn_controller.core.numba_support import njit


@njit(cache=True, inner=True)
def weighted_sums(weight, start, inputs, columns, sums, rows):
    """sums[j] = sum over i of weight[start + columns j + i] inputs[i], for `rows` rows, in place.

    Two rows at a time, each in four partial sums, because the processor overlaps all eight. Any row
    is summed in the same order wherever it stands.
    """
    used = inputs[:columns]
    whole = 4 * (columns // 4)
    for j in range(0, rows, 2):
        other = min(j + 1, rows - 1)
        first = weight[start + j * columns : start + (j + 1) * columns]
        second = weight[start + other * columns : start + (other + 1) * columns]
        a = b = c = d = e = f = g = h = 0.0
        for k in range(columns // 4):
            a += first[4 * k] * used[4 * k]
            b += first[4 * k + 1] * used[4 * k + 1]
            c += first[4 * k + 2] * used[4 * k + 2]
            d += first[4 * k + 3] * used[4 * k + 3]
            e += second[4 * k] * used[4 * k]
            f += second[4 * k + 1] * used[4 * k + 1]
            g += second[4 * k + 2] * used[4 * k + 2]
            h += second[4 * k + 3] * used[4 * k + 3]
        for i in range(whole, columns):
            a += first[i] * used[i]
            e += second[i] * used[i]
        sums[j] = (a + b) + (c + d)
        sums[other] = (e + f) + (g + h)
