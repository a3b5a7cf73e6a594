"""What a reader copies from the report: a methods text with all settings, and how to cite."""

from collections.abc import Sequence
from importlib.metadata import version

import torch

from swaputils.inputs import STEP_SECONDS
from swaputils.report.findings import caution
from swaputils.report.fitting import FEWEST_TRIALS, Fitted
from swaputils.report.taught_network import Apprentice

TITLE = "Swap errors: an executable book on networks trained to respond as people do"
OF_MIXTURES = (
    "Bays, P. M., Catalao, R. F. G., & Husain, M. (2009). The precision of visual working memory is set by allocation of a shared "
    "resource. Journal of Vision, 9(10):7."
)
OF_SWAPS = (
    "Radmard, P., Bays, P. M., & Lengyel, M. (2025a). A flexible Bayesian non-parametric mixture model reveals multiple dependencies "
    "of swap errors in visual working memory. arXiv:2505.01178."
)
OF_NETWORKS = (
    "Radmard, P., Bays, P. M., & Lengyel, M. (2025b). Setting up for failure: automatic discovery of the neural mechanisms of cognitive "
    "errors. arXiv:2512.04808."
)


def citation() -> str:
    """How to cite the software."""
    return f"The swaputils authors. {TITLE} (version {version('swaputils')}) [software]."


def references(taught: Apprentice | None) -> list[str]:
    """The software, and the methods that were used."""
    return [citation(), OF_MIXTURES, OF_SWAPS, *([] if taught is None else [OF_NETWORKS])]


def methods(fitted: Fitted, name: str, options: str, taught: Apprentice | None = None) -> list[str]:
    """Paragraphs for the methods of a paper. `options`: by which the file was read, as on the command line; empty for none."""
    parts = [_data(fitted, name, options), _mixtures(fitted)]
    if len(fitted.ladder):
        parts.append(_swap_models(fitted))
    if taught is not None:
        parts.append(_network(taught))
    if caution(fitted):
        parts.append("The fits were a first look (the option --quick).")
    parts.append(
        f"All was computed with swaputils {version('swaputils')} and PyTorch {torch.__version__}; the seed was {fitted.config.seed}."
    )
    return parts


def _data(fitted: Fitted, name: str, options: str) -> str:
    trials = fitted.trials
    people, sizes = len(trials.subject.unique()), trials.displays.set_size.unique().tolist()
    how = f"with the options {options}" if options else "without further options"
    return f"{len(trials)} trials of {people} {'person' if people == 1 else 'people'} at set size {_and(sizes)} were read from {name} {how}."


def _mixtures(fitted: Fitted) -> str:
    resamples = fitted.config.resamples
    intervals = f", with 95 % intervals from {resamples} resamples of trials within people" if resamples else ""
    return (
        "To each person and set size, mixtures of von Mises distributions around the target, without and with the non-targets, and of "
        f"uniform guesses (Bays et al., 2009) were fitted by maximum likelihood where there were {FEWEST_TRIALS} trials or more{intervals}; "
        "group values are means over people."
    )


def _swap_models(fitted: Fitted) -> str:
    config, models = fitted.config, fitted.ladder["model"].tolist()
    sizes = list(next(iter(fitted.posteriors.values())))
    folds = f" and by the held-out log density of {config.folds}-fold cross-validation" if config.folds else ""
    return (
        "The log weight of a non-target relative to the cued item was modelled as a Gaussian process of its distance from the cued item "
        f"(Radmard et al., 2025a), with the error distribution “{config.emission.replace('_', ' ')}”"
        f"{' and uniform guesses' if config.model('none').guesses else ''}. "
        f"{len(models)} models ({_and(models)}) were fitted to all people and set size {_and(sizes)} together by variational inference in "
        f"{config.swap.steps} steps, and compared by the lower bound on their evidence{folds}."
    )


def _network(taught: Apprentice) -> str:
    course, train, rnn = taught.course, taught.course.sizes.train, taught.course.sizes.rnn
    periods = course.task.periods
    steps = periods.preparatory_steps + periods.steps("report")
    cue = "its place, in the places of people's displays," if course.by_place else "its number"
    return (
        f"A leaky recurrent network of {rnn.units} units with a fixed two-dimensional readout and a gated drive of {rnn.hidden} hidden units "
        f"was taught the distribution of responses that the model “{course.model}” predicts at set size {course.items}, by the diffusion "
        f"objective in closed form (Radmard et al., 2025b). Items had independent colours; the item to report was named by {cue} after a "
        f"delay of {periods.delay:g} s. A trial had {steps} steps of {1000 * STEP_SECONDS:.0f} ms, {periods.steps('report')} of them for the "
        f"report. The network first learnt to select the cued item ({_selected(taught)} updates) and then the distribution "
        f"({train.distribution_updates} updates), with Adam, {train.batch} trials per update, and learning rates of "
        f"{train.selection_rate:g} and {train.distribution_rate:g}."
    )


def _selected(taught: Apprentice) -> int:
    """Updates of the selection stage, to the nearest row of the log."""
    return int(max((row["update"] for row in taught.log if row["stage"] == 0), default=0))


def _and(names: Sequence) -> str:
    *first, last = map(str, names)
    return f"{', '.join(first)} and {last}" if first else last
