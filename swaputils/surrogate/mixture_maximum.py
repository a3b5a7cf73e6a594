"""The maximum of a mixture's likelihood, by its profile over the concentration; compiled loops.

At a given concentration kappa the log-likelihood of responses that count c_i times,

    L = sum_i c_i log(p_T t_i + p_N n_i + p_U / 2 pi),    t_i = VM(e_i1; kappa),    n_i = mean_{j > 1} VM(e_ij; kappa),

is concave in the shares, so Newton's method on them, with shares kept at 0 or above, ends at their only maximum, borders
included (a sequence of quadratic programmes: Kim, Carbonetto, Stephens & Stephens 2020). What remains is a function of log
kappa alone, whose maxima are looked for on a grid and then found as the zeros of its slope.
"""

import math

import numpy as np

from swaputils.surrogate.compiled_loops import loop, scaled_bessel

LARGEST_CONCENTRATION = 1e5  # an SD of 0.003 rad, finer than any response is recorded
SPACING = 0.125
GRID = np.append(np.arange(-3.0, math.log(LARGEST_CONCENTRATION), SPACING), math.log(LARGEST_CONCENTRATION))
MAXIMA = 3  # of the profile on the grid, followed to their ends
ROUGH, FINE = 1e-3, 1e-11  # nats that Newton's method on the shares may leave, on the grid and at an end
SMALLEST_GAIN = 1e-12  # nats that the next step on log kappa promises
MOST_STEPS = 60
SMALLEST_DENSITY = 1e-140  # its inverse can be squared; no maximum has a density as small as this
SINGULAR = 1e-12  # of a determinant, relative to the product of its diagonal
GUESS = 1 / (2 * math.pi)


@loop
def _kernels(kappa, cosine, target, nontarget, slopes):
    """Fills t and n [M], and their derivatives with respect to log kappa [2, M]."""
    bessel, ratio = scaled_bessel(kappa)
    peak = GUESS / bessel
    items, trials = cosine.shape
    others = max(items - 1, 1)
    for i in range(trials):
        density = peak * math.exp(kappa * (cosine[0, i] - 1))
        target[i], slopes[0, i] = density, kappa * density * (cosine[0, i] - ratio)
        nontarget[i] = slopes[1, i] = 0.0
        for n in range(1, items):
            density = peak * math.exp(kappa * (cosine[n, i] - 1)) / others
            nontarget[i] += density
            slopes[1, i] += kappa * density * (cosine[n, i] - ratio)


@loop
def _derivatives(shares, target, nontarget, counts, first, second):
    """The log-likelihood; fills sum_i c_i a_k / f_i [3] and sum_i c_i a_k a_l / f_i^2 [3, 3] for a = (t, n, 1 / 2 pi)."""
    t = n = u = tt = tn = tu = nn = nu = uu = total = 0.0
    product = 1.0  # of densities, whose logarithm is taken when it gets small or large: logarithms are slow
    for i in range(len(counts)):
        density = max(shares[0] * target[i] + shares[1] * nontarget[i] + shares[2] * GUESS, SMALLEST_DENSITY)
        inverse = 1 / density
        a, b, c = target[i] * inverse, nontarget[i] * inverse, GUESS * inverse
        t += counts[i] * a
        n += counts[i] * b
        u += counts[i] * c
        tt += counts[i] * a * a
        tn += counts[i] * a * b
        tu += counts[i] * a * c
        nn += counts[i] * b * b
        nu += counts[i] * b * c
        uu += counts[i] * c * c
        for _ in range(counts[i]):
            product *= density
            if not SMALLEST_DENSITY < product < 1 / SMALLEST_DENSITY:
                total += math.log(product)
                product = 1.0
    first[0], first[1], first[2] = t, n, u
    second[0, 0], second[0, 1], second[0, 2] = tt, tn, tu
    second[1, 0], second[1, 1], second[1, 2] = tn, nn, nu
    second[2, 0], second[2, 1], second[2, 2] = tu, nu, uu
    return total + math.log(product)


@loop
def _proposed(second, right, swaps, work, best):
    """Fills the x >= 0 that maximises right x - x second x / 2, and tells whether there is one; work: [4, 3], overwritten.

    Each choice of entries that are not 0 is tried, by elimination; a singular one gains nothing over its smaller ones.
    """
    matrix, solution = work[:3], work[3]
    highest = -1e300
    for choice in (7, 5, 3, 6, 1, 2, 4):
        if choice & 2 and not swaps:
            continue
        regular = True
        for k in range(3):
            solution[k] = right[k]
            for m in range(3):
                matrix[k, m] = second[k, m]
        for k in range(3):
            if not choice & (1 << k):
                continue
            regular &= matrix[k, k] > SINGULAR * second[k, k]
            for m in range(k + 1, 3):
                factor = matrix[m, k] / matrix[k, k] if regular else 0.0
                solution[m] -= factor * solution[k]
                for column in range(k, 3):
                    matrix[m, column] -= factor * matrix[k, column]
        if not regular:
            continue
        for k in range(2, -1, -1):
            for m in range(k + 1, 3):
                solution[k] -= matrix[k, m] * solution[m]
            solution[k] = solution[k] / matrix[k, k] if choice & (1 << k) else 0.0
        height = right[0] * solution[0] + right[1] * solution[1] + right[2] * solution[2]
        if min(solution[0], solution[1], solution[2]) >= 0 and height > highest:
            highest = height
            for k in range(3):
                best[k] = solution[k]
            if choice == 7 or (choice == 5 and not swaps):
                break  # nothing is higher than the maximum without borders
    return highest > -1e300


@loop
def _best_shares(shares, target, nontarget, counts, swaps, left):
    """The largest log-likelihood at given densities, to within `left` nats; `shares` become those that reach it."""
    first, second, work, aim, tried = np.empty(3), np.empty((3, 3)), np.empty((4, 3)), np.empty(3), np.empty(3)
    total = counts.sum()
    value = _derivatives(shares, target, nontarget, counts, first, second)
    for _ in range(MOST_STEPS):
        # the expansion of L - (sum of shares) * (sum of counts), whose maximum has shares that add up to 1
        for k in range(3):
            tried[k] = 2 * first[k] - total
        if not _proposed(second, tried, swaps, work, aim):
            break
        gain = 0.0
        for k in range(3):
            gain += (first[k] - total) * (aim[k] - shares[k])
        if not gain > left:
            break
        step, before = 1.0, value
        while step > 1e-6:
            for k in range(3):
                tried[k] = shares[k] + step * (aim[k] - shares[k])
            tried /= tried[0] + tried[1] + tried[2]
            value = _derivatives(tried, target, nontarget, counts, first, second)
            if value >= before + 1e-4 * step * gain:
                break
            step /= 4
        if not value > before:
            return before
        for k in range(3):
            shares[k] = tried[k]
    return value


@loop
def _end(place, low, high, shares, cosine, counts, swaps):
    """The maximum of the profile near `place` between two ends: log kappa, shares and log-likelihood [5].

    Secant steps on the slope, halved intervals where they lead astray; by the envelope theorem the slope is that of L at the
    best shares.
    """
    trials = len(counts)
    target, nontarget, slopes = np.empty(trials), np.empty(trials), np.empty((2, trials))
    best = np.array([place, 0.0, 0.0, 0.0, -math.inf])
    place_before = slope_before = math.nan
    for _ in range(MOST_STEPS):
        _kernels(math.exp(place), cosine, target, nontarget, slopes)
        shares = 0.999 * shares + 0.001 / 3
        if not swaps:
            shares[0] += shares[1]
            shares[1] = 0.0
        value = _best_shares(shares, target, nontarget, counts, swaps, FINE)
        slope = 0.0
        for i in range(trials):
            density = shares[0] * target[i] + shares[1] * nontarget[i] + shares[2] * GUESS
            change = shares[0] * slopes[0, i] + shares[1] * slopes[1, i]
            slope += counts[i] * change / max(density, SMALLEST_DENSITY)
        if value > best[4]:
            best[0], best[1], best[2], best[3], best[4] = place, shares[0], shares[1], shares[2], value
        if slope > 0:
            low = place
        else:
            high = place
        bend = (slope - slope_before) / (place - place_before)
        if math.isnan(bend):
            bend = -counts.sum() / 2  # that of a concentrated von Mises distribution alone
        following = place - slope / bend
        if not (bend < 0 and low < following < high):
            following = (low + high) / 2
        if abs(slope * (following - place)) < SMALLEST_GAIN:
            break
        place_before, slope_before, place = place, slope, following
    return best


@loop
def _maxima(values):
    """Up to MAXIMA places where a value is no lower than its neighbours, the highest first; -1 where there are no more."""
    places, points = np.full(MAXIMA, -1), len(values)
    heights = values.copy()
    for point in range(points):
        if values[point] < max(values[max(point - 1, 0)], values[min(point + 1, points - 1)]):
            heights[point] = -math.inf
    for rank in range(MAXIMA):
        if heights.max() > -math.inf:
            places[rank] = heights.argmax()
            heights[places[rank]] = -math.inf
    return places


@loop
def _highest_of_one(cosine, counts, target, nontarget, swaps):
    """A row of `highest`, given t and n at each concentration of the grid [P, M]."""
    points = len(GRID)
    values, shares = np.empty(points), np.empty((points, 3))
    current = np.array([0.4, 0.3, 0.3])
    for point in range(points):
        for k in range(3):
            current[k] += 0.05  # a share of 0 at one concentration may not be 0 at the next
        if not swaps:
            current[1] = 0.0
        current /= current[0] + current[1] + current[2]
        values[point] = _best_shares(current, target[point], nontarget[point], counts, swaps, ROUGH)
        shares[point] = current
    best = np.full(5, -math.inf)
    for rank, point in enumerate(_maxima(values)):
        low, high = GRID[max(point - 1, 0)], GRID[min(point + 1, points - 1)]
        # where shares reach 0 two maxima may lie closer than the grid: the highest is climbed from both sides too
        for start in (GRID[point], (low + GRID[point]) / 2, (high + GRID[point]) / 2):
            if point < 0 or (rank > 0 and start != GRID[point]):
                continue
            end = _end(start, low, high, shares[point], cosine, counts, swaps)
            if end[4] > best[4]:
                best = end
    best[0] = math.exp(best[0])
    return best


@loop
def highest(cosine, counts, swaps):
    """The maximum for each row of counts [S, M], whole numbers, given cosines of errors [N, M] with the cued item first.

    Args:
        swaps: whether p_N is free; else it is 0.

    Returns:
        [S, 5] kappa, p_T, p_N, p_U and the log-likelihood (nats).
    """
    (samples, trials), points = counts.shape, len(GRID)
    target, nontarget, slopes = np.empty((points, trials)), np.empty((points, trials)), np.empty((2, trials))
    for point in range(points):
        _kernels(math.exp(GRID[point]), cosine, target[point], nontarget[point], slopes)
    found = np.empty((samples, 5))
    for sample in range(samples):
        rows = np.argsort(counts[sample])  # loops over equal counts are fast
        rows = rows[trials - np.count_nonzero(counts[sample]) :]
        found[sample] = _highest_of_one(
            cosine[:, rows], counts[sample][rows], target[:, rows], nontarget[:, rows], swaps
        )
    return found
