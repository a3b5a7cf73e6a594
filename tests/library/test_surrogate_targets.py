"""Hand-made swap functions and the targets built from them."""

import math

import pytest
import torch

from swaputils.angles import wrap
from swaputils.surrogate import SurrogateError, flat, response_mixture, similarity
from swaputils.trials import Displays

ABSENT = math.nan
# swap rates of the paper's smooth conditions, by offset, at cue distances .766, pi/2 and pi
PUBLISHED_RATES = {0.0: (0.451, 0.305, 0.036), -1.0: (0.232, 0.139, 0.014), -2.0: (0.100, 0.056, 0.005)}


def displays(dtype: torch.dtype = torch.float64) -> Displays:
    """Three displays of three, two and three items; the cued one is not always first."""
    report = torch.tensor([[0.1, 1.5, -2.0], [0.4, -0.9, ABSENT], [3.0, -1.0, 1.0]], dtype=dtype)
    probe = torch.tensor([[-3.0, 3.0, 0.5], [0.0, 1.5, ABSENT], [1.0, 2.0, -1.0]], dtype=dtype)
    return Displays(report, probe, torch.tensor([1, 0, 2]))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("swap_probability", [0.0, 0.1, 1.0])
def test_flat_shares_the_swaps_among_the_others(dtype, swap_probability):
    shown = displays(dtype)
    weights = flat(shown, swap_probability).exp()
    assert weights.dtype == dtype
    torch.testing.assert_close(weights.sum(1), torch.ones(3, dtype=dtype))
    torch.testing.assert_close(weights[shown.is_cued], torch.full((3,), 1 - swap_probability, dtype=dtype))
    expected = torch.tensor([swap_probability / 2, swap_probability / 2, swap_probability], dtype=dtype)
    torch.testing.assert_close(weights[[0, 0, 1], [0, 2, 1]], expected)
    assert weights[1, 2] == 0


def test_similarity_matches_the_published_two_item_rates():
    gaps = torch.tensor([0.766, math.pi / 2, math.pi], dtype=torch.float64)
    probe = torch.stack((torch.full_like(gaps, 3.0), wrap(3.0 + gaps)), dim=1)
    shown = Displays(torch.zeros_like(probe), probe, torch.zeros(3, dtype=torch.long))
    for offset, published in PUBLISHED_RATES.items():
        assert similarity(shown, offset)[:, 1].exp().tolist() == pytest.approx(published, abs=5e-4)


def test_similarity_is_a_softmax_of_squared_wrapped_distance():
    weights = similarity(displays(), offset=-0.5, width=0.8)
    for row, cued, others in ((0, 1, (0, 2)), (1, 0, (1,)), (2, 2, (0, 1))):
        probe = displays().probe[row]
        odds = {cued: math.exp(0.5)}
        for item in others:
            gap = abs(probe[item] - probe[cued]).item()
            odds[item] = math.exp(-(min(gap, 2 * math.pi - gap) ** 2) / 1.6)
        for item, value in odds.items():
            assert weights[row, item].exp().item() == pytest.approx(value / sum(odds.values()), rel=1e-12)
    assert weights[1, 2] == -math.inf


def test_permuting_items_permutes_the_weights():
    order = torch.tensor([2, 0, 1])
    shown = displays()
    moved = Displays(shown.report[:, order], shown.probe[:, order], torch.argsort(order)[shown.cued])
    torch.testing.assert_close(similarity(moved, -1.0), similarity(shown, -1.0)[:, order])
    torch.testing.assert_close(flat(moved, 0.2), flat(shown, 0.2)[:, order])


def test_rotating_the_probes_changes_nothing():
    shown = displays()
    turned = Displays(shown.report, wrap(shown.probe + 2.2), shown.cued)
    torch.testing.assert_close(similarity(turned, -1.0), similarity(shown, -1.0))


def test_response_mixture_fills_absent_angles():
    target = response_mixture(displays(), flat(displays(), 0.1))
    assert target.angles.isfinite().all()
    assert (target.spread, target.radius) == (0.05, 2.5)
    torch.testing.assert_close(target.angles[0], displays().report[0])
    assert target.log_weights[1, 2] == -math.inf


@pytest.mark.parametrize("swap_probability", [-0.1, 1.1, math.nan])
def test_impossible_swap_probability_is_refused(swap_probability):
    with pytest.raises(SurrogateError, match=r"\[0, 1\]"):
        flat(displays(), swap_probability)


def test_a_lone_item_cannot_be_swapped():
    alone = Displays(torch.tensor([[0.3, ABSENT]]), torch.tensor([[0.0, ABSENT]]), torch.tensor([0]))
    assert flat(alone, 0.0).tolist() == [[0, -math.inf]]
    with pytest.raises(SurrogateError, match="one item"):
        flat(alone, 0.1)
    assert similarity(alone, -1.0).tolist() == [[0, -math.inf]]


def test_width_and_missing_probes_are_refused():
    with pytest.raises(SurrogateError, match="width"):
        similarity(displays(), 0.0, width=0.0)
    unprobed = Displays(displays().report, torch.full((3, 3), ABSENT, dtype=torch.float64), displays().cued)
    with pytest.raises(SurrogateError, match="display 0 has an item without probe"):
        similarity(unprobed, 0.0)
