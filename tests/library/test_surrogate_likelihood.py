"""The likelihood and its written-out gradient against the plain definition."""

import math
from dataclasses import replace

import pytest
import torch

from swaputils.surrogate.emissions import EMISSIONS, INTERVALS, log_density_table
from swaputils.surrogate.likelihood import LOG_UNIFORM, Responses, log_likelihood
from tests.small import seeded

DOUBLE = torch.float64
GROUPS, ROWS, DRAWS = 2, 7, 4


def some_responses(trials: int = 9, items: int = 4, seed: int = 0) -> Responses:
    """Trials of one to four items with made-up places in the tables."""
    draw = seeded(seed)
    sizes = torch.arange(trials) % items + 1
    absent = torch.arange(items)[:, None] >= sizes
    groups = torch.randint(GROUPS, (trials,), generator=draw)
    below = torch.randint(INTERVALS, (items, trials), generator=draw) + groups * (INTERVALS + 1)
    rest = torch.rand(items, trials, dtype=DOUBLE, generator=draw)
    swaps = torch.randint(ROWS, (items - 1, trials), generator=draw).masked_fill(absent[1:], ROWS)
    return Responses(swaps, below.masked_fill(absent, 0), rest.masked_fill(absent, 0), absent, groups)


def some_parameters(scale: float = 1.0) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    logits = scale * torch.randn(ROWS, DRAWS, dtype=DOUBLE, generator=seeded(1))
    uniform = scale * torch.tensor([-2.0, 0.5], dtype=DOUBLE)
    tables = log_density_table(EMISSIONS["von_mises"], torch.tensor([[4.0], [9.0]], dtype=DOUBLE))
    return logits, uniform, tables


def plain(logits: torch.Tensor, uniform: torch.Tensor, tables: torch.Tensor, responses: Responses) -> torch.Tensor:
    """The definition, one trial and one component at a time, in logs."""
    flat, total = tables.flatten(), logits.new_zeros(())
    for trial in range(len(responses)):
        prior, joint = [], []
        for item in range(len(responses.below)):
            if responses.absent[item, trial]:
                continue
            place, rest = responses.below[item, trial], responses.rest[item, trial]
            emission = (1 - rest) * flat[place] + rest * flat[place + 1]
            zero = logits.new_zeros(DRAWS)
            logit = zero if item == 0 else logits[responses.swaps[item - 1, trial]]
            prior.append(logit)
            joint.append(logit + emission)
        guess = uniform[responses.groups[trial]].expand(DRAWS)
        prior.append(guess)
        joint.append(guess + LOG_UNIFORM)
        total = total + (torch.stack(joint).logsumexp(0) - torch.stack(prior).logsumexp(0)).mean()
    return total


@pytest.mark.parametrize("scale", [1.0, 15.0])
def test_value_and_gradient_are_those_of_the_definition(scale):
    responses = some_responses()
    results = []
    for function in (log_likelihood, plain):
        leaves = [value.clone().requires_grad_() for value in some_parameters(scale)]
        value = function(*leaves, responses)
        value.backward()
        results.append([value.detach(), *(leaf.grad for leaf in leaves)])
    for found, expected in zip(*results):
        torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-12)


def test_gradient_is_that_of_finite_differences():
    responses = some_responses(trials=5)
    logits, uniform, tables = some_parameters()
    torch.autograd.gradcheck(
        lambda f, u: 2.5 * log_likelihood(f, u, tables, responses), (logits.requires_grad_(), uniform.requires_grad_())
    )
    direction = torch.randn(tables.shape, dtype=DOUBLE, generator=seeded(2))
    step = torch.zeros((), dtype=DOUBLE, requires_grad=True)
    torch.autograd.gradcheck(
        lambda t: log_likelihood(logits.detach(), uniform.detach(), tables + t * direction, responses), (step,)
    )


def test_padding_changes_nothing():
    responses = some_responses()
    wide = {
        "swaps": torch.cat((responses.swaps, torch.full((2, len(responses)), ROWS))),
        "below": torch.cat((responses.below, torch.zeros(2, len(responses), dtype=torch.long))),
        "rest": torch.cat((responses.rest, torch.zeros(2, len(responses), dtype=DOUBLE))),
        "absent": torch.cat((responses.absent, torch.ones(2, len(responses), dtype=torch.bool))),
    }
    parameters = some_parameters()
    expected = log_likelihood(*parameters, responses)
    torch.testing.assert_close(log_likelihood(*parameters, replace(responses, **wide)), expected)


def test_trials_of_several_set_sizes_are_the_sum_of_their_parts():
    responses = some_responses(trials=40)
    parameters = some_parameters()
    parts = []
    for rows in (torch.arange(40) % 4 == size for size in range(4)):
        fields = {name: value[..., rows] for name, value in vars(responses).items()}
        parts.append(log_likelihood(*parameters, Responses(**fields)))
    torch.testing.assert_close(torch.stack(parts).sum(), log_likelihood(*parameters, responses))


def test_without_swaps_responses_scatter_around_the_cued_item_or_are_guesses():
    responses = some_responses()
    responses = replace(responses, swaps=torch.zeros_like(responses.swaps))
    _, uniform, tables = some_parameters()
    found = log_likelihood(torch.zeros(0, DRAWS, dtype=DOUBLE), uniform, tables, responses)
    flat, place, rest = tables.flatten(), responses.below[0], responses.rest[0]
    emission = (1 - rest) * flat[place] + rest * flat[place + 1]
    guess = uniform[responses.groups].sigmoid()
    exact = ((1 - guess) * emission.exp() + guess / (2 * math.pi)).log().sum()
    torch.testing.assert_close(found, exact)


def test_without_guesses_the_limit_of_few_guesses_is_reached():
    responses = some_responses()
    logits, uniform, tables = some_parameters()
    none = torch.full_like(uniform, -math.inf).requires_grad_()
    logits.requires_grad_()
    value = log_likelihood(logits, none, tables, responses)
    torch.testing.assert_close(value, plain(logits, torch.full_like(uniform, -200.0), tables, responses))
    slopes = torch.autograd.grad(value, (logits, none))
    assert slopes[0].isfinite().all() and (slopes[1] == 0).all()


def test_extreme_logits_give_finite_values_and_gradients():
    responses = some_responses()
    _, uniform, tables = some_parameters()
    logits = torch.tensor([800.0, -800.0, 60.0, -60.0, 0.0, 1e6, -1e6], dtype=DOUBLE)[:, None].expand(-1, DRAWS)
    leaves = [logits.clone().requires_grad_(), uniform.clone().requires_grad_(), tables.clone().requires_grad_()]
    value = log_likelihood(*leaves, responses)
    value.backward()
    assert value.isfinite() and all(leaf.grad.isfinite().all() for leaf in leaves)
