"""What a fit says and what the data cannot say, in plain sentences that follow from the numbers."""

import math

import pandas as pd

from swaputils.report.fitting import FEWEST_TRIALS, Fitted, quicker

FEW = 100  # trials of a set size below which a swap function is mostly its prior
ALIKE = math.radians(20)  # report features nearer than this are told apart by few responses
DECISIVE = 3.0  # nats, a factor of 20 between two models
MEANINGS = {
    "none": "swaps ignore distance",
    "cue": "swaps depend on the distance of the cue features",
    "report": "swaps depend on the distance of the report features",
    "additive": "on both, one by one",
    "full": "on both, and on their combination",
}


def lead(fitted: Fitted) -> list[str]:
    """What it means, in three sentences at most."""
    said = _mixture_findings(fitted.group)[:1] if len(fitted.group) else []
    if len(fitted.ladder):
        name = "cue" if "cue" in set(fitted.ladder["model"]) else "report"
        near, far = _ends(fitted.functions, name)
        said.append(
            f"{_verdict(fitted.ladder, name)} {name} distance; relative to the cued item, a non-target weighs {near} and {far}."
        )
        inside = fitted.errors.eval("low <= human <= high").mean()
        said.append(
            f"The best model, “{fitted.best}”, predicts a range that holds {inside:.0%} of the observed densities; 95 % would if it "
            "were right."
        )
    return said or list(fitted.left_out[:1])


def caution(fitted: Fitted) -> str:
    """What a reader must know of a quick fit before anything else; empty for any other."""
    config = fitted.config
    if config != quicker(config):
        return ""
    return "A first look (--quick): short fits, no intervals of the mixtures, nothing held out. Fit again without it before you conclude."


def findings(fitted: Fitted) -> list[str]:
    """One sentence for each thing that the fits say."""
    said = []
    if len(fitted.group):
        said += _mixture_findings(fitted.group)
    if len(fitted.ladder):
        said.append(_best_model(fitted))
        said += [_effect(fitted.ladder, name) for name in ("cue", "report") if name in set(fitted.ladder["model"])]
        said += _gradient(fitted.functions)
    return said


def limits(fitted: Fitted) -> list[str]:
    """One sentence for each thing that these data, fitted in this way, cannot say."""
    said = list(fitted.left_out)
    if not len(fitted.group):
        said.append(f"No person has {FEWEST_TRIALS} trials at a set size, so no mixture was fitted.")
    people = len(fitted.trials.subject.unique())
    if people == 1:
        said.append(
            "There is one person: every interval is about other trials of this person, none about other people."
        )
    elif fitted.config.resamples:
        said.append("Intervals of the mixtures come from resampling trials within people: they are about these people.")
    if len(fitted.ladder):
        said += _swap_limits(fitted)
    return said


def _mixture_findings(group: pd.DataFrame) -> list[str]:
    two, three = (group[group["mixture"] == name].set_index("set_size") for name in ("2 components", "3 components"))
    size = int(two.index.max())
    known = size in three.index  # the non-targets may not be on record
    row = (three if known else two).loc[size]
    shares = {name: f"{row[f'p_{name}']:.0%}" for name in ("target", "nontarget", "uniform")}
    has_interval = size > 1 and "p_nontarget_low" in row
    swaps = f" [{row['p_nontarget_low']:.0%}, {row['p_nontarget_high']:.0%}]" if has_interval else ""
    others = f"{shares['nontarget']}{swaps} around a non-target, and " if known else "and "
    mixture = (
        f"the {'three' if known else 'two'}-component mixture puts {shares['target']} of responses around the target"
    )
    said = [f"At set size {size}, {mixture}, {others}{shares['uniform']} anywhere (mean over people)."]
    several = [size for size in three.index if size > 1]
    better = [str(size) for size in several if three.loc[size, "bic"] < two.loc[size, "bic"]]
    if several:
        which = f"at set size {', '.join(better)}" if better else "at no set size"
        said.append(f"By the sum of BIC over people, responses around non-targets are needed {which}.")
    return said


def _best_model(fitted: Fitted) -> str:
    ranked = fitted.ladder.sort_values("elbo", ascending=False)
    margin = ranked["elbo"].iloc[0] - ranked["elbo"].iloc[1]
    verdict = "clearly" if margin >= DECISIVE else "but not decisively"
    lead_over = f"{margin:.1f} nats above “{ranked['model'].iloc[1]}”"
    return f"By the evidence bound the best model is “{fitted.best}” ({MEANINGS[fitted.best]}), {verdict}: {lead_over}."


def _effect(ladder: pd.DataFrame, name: str) -> str:
    """Whether swaps depend on one distance, by the two measures."""
    row, evidence = ladder.set_index("model").loc[name], _evidence(ladder, name)
    if "gain" not in ladder:
        numbers = f"{evidence:+.1f} nats against swaps that ignore it"
        return f"{_verdict(ladder, name)} {name} distance by the evidence bound alone: {numbers}."
    numbers = (
        f"evidence bound {evidence:+.1f} nats, held-out responses {row['gain']:+.1f} ± {row['standard_error']:.1f} "
        "thousandths of a nat per trial, against swaps that ignore distance"
    )
    return f"{_verdict(ladder, name)} {name} distance: {numbers}."


def _evidence(ladder: pd.DataFrame, name: str) -> float:
    """Evidence bound of a model above that of swaps that ignore distance, nats."""
    bounds = ladder.set_index("model")["elbo"]
    return bounds[name] - bounds["none"]


def _verdict(ladder: pd.DataFrame, name: str) -> str:
    """How a sentence on a dependence begins."""
    row, evidence = ladder.set_index("model").loc[name], _evidence(ladder, name)
    if evidence >= DECISIVE and ("gain" not in ladder or row["gain"] > 2 * row["standard_error"]):
        return "Swaps depend on"
    if "gain" in ladder and evidence < 0 and row["gain"] < 2 * row["standard_error"]:
        return "These data show no sign that swaps depend on"
    return "It is undecided whether swaps depend on"


def _ends(functions: pd.DataFrame, model: str) -> tuple[str, str]:
    """The weight of a non-target at the nearest and the farthest distance, at the largest set size."""
    part = functions[functions["model"] == model]
    at = part[part["set_size"] == part["set_size"].max()].sort_values("distance")
    near, far = (
        f"{math.exp(row.f):.3f} [{math.exp(row.low):.3f}, {math.exp(row.high):.3f}] at {math.degrees(row.distance):.0f}°"
        for row in (at.iloc[0], at.iloc[-1])
    )
    return near, far


def _gradient(functions: pd.DataFrame) -> list[str]:
    cue = functions[functions["model"] == "cue"]
    if cue.empty:
        return []
    near, far = _ends(functions, "cue")
    bands = f"(set size {int(cue['set_size'].max())}, 95 % bands)"
    return [f"Relative to the cued item, a non-target weighs {near} of cue distance and {far} {bands}."]


def _swap_limits(fitted: Fitted) -> list[str]:
    emission = fitted.config.emission.replace("_", " ")
    level = (
        f"The level of the swap function depends on the shape that errors are assumed to have ({emission} here); how it "
        "changes with cue distance is better known. Compare with the other values of --emission."
    )
    guesses = (
        "A guess at random among the items shown looks like a swap that ignores distance; no mixture tells them apart."
    )
    said = [level, guesses]
    if fitted.config.emission == "von_mises":
        said.append(
            "With a von Mises emission, precision that varies between trials or people can pass for an effect of report "
            "distance; believe one only where --emission variable_precision or wrapped_stable shows it too."
        )
    posteriors = next(iter(fitted.posteriors.values()))
    example = fitted.posteriors.get("cue", posteriors)[max(posteriors)]
    if example.report_distances[0] < ALIKE:
        said.append(
            "Swaps to an item that has nearly the target's report feature look like correct responses, so the function of report "
            "distance near 0° leans on the assumed shape of errors."
        )
    if "cue" in fitted.posteriors and not example.continuous:
        places = ", ".join(f"{math.degrees(value):.0f}°" for value in example.distances.tolist())
        said.append(f"Cue distances were {places} only; between them nothing was measured.")
    if len(posteriors) > 1:
        said.append(
            "The swap functions of all set sizes share one shape; only their level differs. `swaputils fit --set-size` fits one alone."
        )
    sizes = fitted.trials.displays.set_size
    few = [str(size) for size in posteriors if int((sizes == size).sum()) < FEW]
    if few:
        which = f"Set size {few[0]} has" if len(few) == 1 else f"Set sizes {', '.join(few)} have"
        said.append(f"{which} fewer than {FEW} trials: the band is mostly that of the prior.")
    return said
