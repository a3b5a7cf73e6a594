"""The named conditions of the book: which task, which answers, which objective."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from swapbook.answers import (
    announced_flat,
    announced_similarity,
)
from swapbook.basic_conditions import MAIN, Condition
from swaputils.errors import SwaputilsError
from swaputils.training.recipes import (
    DIFFUSION_AS_OFTEN,
    DIFFUSION_SAMPLED,
    DIFFUSION_SHARPENED,
    ENERGY_SCORE,
    diffusion_rollouts,
    own_noise,
)


class UnknownName(SwaputilsError):
    """A condition, a scale or another name that the book does not have."""


ANIMALS_DELAY = 0.6  # s; between .5 and .7 in Panichello & Buschman (2021)
# The conditions that most claims are about, and the same with another drive, more units, the animals' delay or another ancestry
_INDEX = ("index_task_optimal", "index_no_swap", "index_swap")
HEADLINE = (*_INDEX, "probe_task_optimal", "probe_similarity_00", "probe_human")


def _with(names: Sequence[str], ending: str, text: str, **changed) -> dict[str, Condition]:
    """Some conditions with something changed."""
    return {f"{name}_{ending}": replace(MAIN[name], title=f"{MAIN[name].title}; {text}", **changed) for name in names}


VARIANTS = {
    **_with(HEADLINE, "tree", "tree", drive="tree"),
    **_with(HEADLINE, "64", "64 units", units=64),
    **_with((*_INDEX, "index_mean_regression"), "dendrites", "dendrites", drive="dendrites"),
    **_with(
        ("probe_task_optimal", "probe_mean_regression", "probe_similarity_00", "probe_flat"),
        "places",
        "dendrites, any place",
        drive="dendrites",
        probes="continuous",
        rnn={"projection": 6},
    ),
    **_with(_INDEX, "waits", f"{ANIMALS_DELAY:g} s after the cue", periods={"post_cue_delay": ANIMALS_DELAY}),
    **_with(["index_swap"], "continued", "after task-optimal", start="index_task_optimal"),
}
PERIODS = ("stimulus", "delay", "cue")
BY_NUMBER, BY_OWN_NOISE, BY_NUMBER_BETWEEN_PLACES = (
    tuple(f"{start}_{period}" for period in PERIODS)
    for start in ("index_swap_settled", "index_swap_own", "probe_similarity_settled")
)
# The same behaviour with swaps that are settled at a known time, and controls: the number tells nothing, or comes after the cue
_settled = partial(replace, MAIN["index_swap"], answers=announced_flat(0.10))
SETTLED = {
    **{
        name: _settled(title=f"Flat .10, settled in the {period}", announced_in=period)
        for name, period in zip(BY_NUMBER, PERIODS)
    },
    "index_swap_settled_late": _settled(title="Flat .10, settled after the cue", announced_in="post_cue_delay"),
    **_with(("index_swap", "index_no_swap"), "idle", "a number that tells nothing", announced_in="cue"),
    **_with(["index_swap"], "louder", "four times the noise in the cue", rnn={"louder": ("cue", 4.0)}),
    **{
        name: replace(
            MAIN["index_swap"],
            title=f"Flat .10, settled by noise of the {period}",
            objective=own_noise(period),
            update_factor=4.0,
        )
        for name, period in zip(BY_OWN_NOISE, PERIODS)
    },
    **{
        name: replace(
            MAIN["probe_similarity_00"],
            title=f"similarity swaps, settled in the {period}",
            answers=announced_similarity(0.0),
            announced_in=period,
            update_factor=3.0,
        )
        for name, period in zip(BY_NUMBER_BETWEEN_PLACES, PERIODS)
    },
}
ROLLOUTS = (1, 16, 64)
# Networks that settle swaps in the cue, or in the report, go on learning the same swaps while their number tells nothing of the response
_went_on = partial(replace, SETTLED["index_swap_idle"], start="index_swap_settled_cue")
CONTINUED = {
    **{
        f"index_swap_rollouts_{count}": _went_on(
            title=f"Flat .10, settled in the cue; then {count} rollout{'s' * (count > 1)}",
            objective=diffusion_rollouts(count),
            train={"wrong_items": 0.5},  # a few rollouts ask for more swaps than the target has
        )
        for count in ROLLOUTS
    },
    "index_swap_scored_early": _went_on(
        title="Flat .10, settled in the cue; then energy score", objective=ENERGY_SCORE, update_factor=0.25
    ),
    "index_swap_scored_late": _went_on(
        title="Flat .10, an idle number; then energy score",
        objective=ENERGY_SCORE,
        update_factor=0.25,
        start="index_swap_idle",
    ),
}
NOISE = 0.55  # standard deviation of a step's noise before the report
RATIOS = (100, 30, 10)  # of the longest memory to it that the drive allows
# A network that starts with short memories does not select. So the first bound is wide, and each of the others goes on from the last.
BOUNDED = {
    f"{name}_ratio_{ratio}": replace(
        MAIN[name],
        title=f"{MAIN[name].title}; memory at most {ratio} times the noise",
        rnn={"memory_bound": ratio * NOISE},
        start=f"{name}_ratio_{wider}" if wider else None,
        update_factor=0.5 if wider else 1.0,
    )
    for name in ("index_swap", "index_no_swap")
    for ratio, wider in zip(RATIOS, (None, *RATIOS))
}
RATE = _with(_INDEX, "rate", "rate network", drive="rate", units=64)
_PAIR = ("index_swap", "probe_similarity_00")
# What the book's training adds to the paper's, taken away one by one, and the same training for longer
DEPARTURES = {
    **_with(_PAIR, "as_often", "swaps practised as often as they are", objective=DIFFUSION_AS_OFTEN),
    **_with(_PAIR, "sampled", "sampled target", objective=DIFFUSION_SAMPLED),
    **_with(_PAIR, "unaveraged", "last weights", train={"averaging": 0.0}),
    **_with(_PAIR, "unscaled", "memory scale 1", rnn={"memory_scale": 1.0}),
}
# The late steps of the report, where a response becomes precise, count little in the weights that are good for learning the choice; and
# what disturbs a precise response then is the noise of the memory, so that nothing holds the size of memories down
_SHARPENED = {
    f"{name}_sharpened": replace(
        MAIN[name],
        title=f"{MAIN[name].title}; then equal weights of the steps, memories of any size",
        objective=DIFFUSION_SHARPENED,
        start=name,
        update_factor=3.0,
    )
    for name in _PAIR
}
LONGER = _with(["index_swap"], "longer", "five times the updates", update_factor=5.0) | _SHARPENED
# The same swaps with other schedules of noise and other lengths of the report: the ideal sampler commits itself at other times
TIMED = {
    **_with(["index_swap"], "early", "less noise", betas=(0.02, 0.20)),
    **_with(["index_swap"], "late", "more noise", betas=(0.005, 0.50)),
    **_with(["index_swap"], "short", "report of 1.5 s", periods={"report": 1.5}),
    **_with(["index_swap"], "long", "report of 3 s", periods={"report": 3.0}),
}
BASIC = tuple(MAIN)  # with the gated drive and nothing else varied
PLAIN = (*MAIN, *VARIANTS)  # swaps that are not settled by design, and training that is the book's
CONDITIONS = MAIN | VARIANTS | SETTLED | CONTINUED | BOUNDED | RATE | DEPARTURES | LONGER | TIMED
_CLEARER = {"swap target": "Flat", "swap data": "Flat", "; tree": "; small tree"}


def _shown(title: str) -> str:
    for stored, clearer in _CLEARER.items():
        title = title.replace(stored, clearer)
    return title


SHOWN = {name: _shown(each.title) for name, each in CONDITIONS.items()}
"""Every condition as figures, tables and pages name it; a title is part of what runs have stored, so it stays as it was."""


def named(kind: str, name: str, table: dict):
    """The entry of a table; UnknownName lists what there is."""
    if name not in table:
        raise UnknownName(f"unknown {kind} {name!r}; known are {', '.join(table)}")
    return table[name]
