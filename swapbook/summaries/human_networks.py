"""Networks and other learners that were taught people's responses: the numbers of chapter 3 from `people` and `limited`."""

import numpy as np
import pandas as pd

from swapbook import limited, people
from swaputils import behaviour

MODELS = {
    "uniform": "uniform",
    "no_swap": "network without swaps",
    "mixture": "parametric mixture",
    "surrogate": "chapter 1's model",
    "without": "chapter 1's model\nwithout swaps",
    "drawn": "the draw taught",
    "ideal": "ideal sampler",
    "network": "network",
}
LEARNERS = {
    "surrogate": "chapter 1's model",
    "taught": "network taught by the surrogate",
    "direct": "network taught by trials",
    "gru": "GRU",
}
WORTH_TRAINING = 4.0  # standard errors of the gain, from which networks of a set size could tell swaps from none
_LEARNER = ["kind", "count", "seed"]


def beside_model(scores: pd.DataFrame) -> pd.DataFrame:
    """[people, models] log density of each person's responses minus that under chapter 1's model; NaN where there is no score."""
    persons = scores.pivot_table("log_density", "subject", "model")
    return persons.sub(persons["surrogate"], axis=0).reindex(columns=list(MODELS))


def between_models(scores: pd.DataFrame) -> pd.DataFrame:
    """Differences between models with 95 % intervals over people (nats a trial), and the share of the way that networks go."""
    beside = beside_model(scores)
    pairs = {
        "ideal sampler minus network": beside["ideal"] - beside["network"],
        "ideal sampler minus network without swaps": beside["ideal"] - beside["no_swap"],
        "chapter 1's model minus network without swaps": -beside["no_swap"],
    }
    rows = {}
    for title, paired in pairs.items():
        rows[title] = (*behaviour.mean_interval(paired.dropna().to_numpy()), len(paired.dropna()))
    rows["share of the latter that networks close"] = (*people.gap_closed(scores), beside["no_swap"].count())
    return pd.DataFrame(rows, index=["mean", "low", "high", "people"]).T.round(3)


def means_in_words(scores: pd.DataFrame) -> pd.DataFrame:
    """`people.model_means` with the models' titles."""
    means = people.model_means(scores).set_index("model")
    titles = {model: title.replace("\n", " ") for model, title in MODELS.items() if model in means.index}
    shown = means.loc[list(titles)].rename(index=titles, columns={"difference": "minus chapter 1's model"})
    return shown.assign(seeds=scores["seed"].nunique()).round(3)


def runs(learners: pd.DataFrame) -> pd.Series:
    """Mean log density of held-out people by kind of learner, seed and number of trials; `learners` as from `limited_scores`."""
    return learners.groupby(["kind", "seed", "count"])["log_density"].mean()


def without_score(learners: pd.DataFrame, stopped: pd.DataFrame) -> str:
    """The learners that have no score, in words, with the reason where training stopped by itself."""
    why = stopped.set_index(_LEARNER)["reason"].to_dict()
    every = [list(LEARNERS), *(sorted(learners[name].unique()) for name in ("count", "seed"))]
    missing = pd.MultiIndex.from_product(every).difference(pd.MultiIndex.from_frame(learners[_LEARNER]), sort=False)
    told = (
        f"{LEARNERS[kind]}, {count} trials, seed {seed} ({why.get((kind, count, seed), 'not stored')})"
        for kind, count, seed in missing
    )
    return "; ".join(told) or "none"


def gains(learners: pd.DataFrame) -> pd.DataFrame:
    """`limited.gain` of the network taught by the surrogate over each other learner and for each number of trials, in words."""
    rows = {}
    for versus in ("direct", "gru", "surrogate"):
        for count in sorted(learners["count"].unique()):
            gain, low, high, seeds = limited.gain(learners, "taught", versus, count)
            told = {"nats": f"{gain:.3f}", "95 % interval": f"{low:.3f} to {high:.3f}", "seeds": seeds}
            rows[LEARNERS[versus], count] = told
    return pd.DataFrame(rows).T.rename_axis(["network taught by the surrogate minus", "human trials"])


def narrowing(learners: pd.DataFrame) -> pd.DataFrame:
    """[seeds and people] by how much the surrogate's lead over trials shrinks from the fewest to the most trials."""
    alike = learners.pivot_table("log_density", ["seed", "subject"], ["kind", "count"])
    lead = (alike["taught"] - alike["direct"]).dropna()
    return lead[lead.columns[0]] - lead[lead.columns[-1]]


def worth(sets: pd.DataFrame) -> pd.DataFrame:
    """What swaps are worth on held-out people, from `tables.of_sets` of "worth": one row per data set, set_size and who.

    gain, log density of a trial with swaps minus without (nats), mean over people, with its 95 % t interval low to high; standard_error,
    over people; ratio of the two; people; and for planted responses known, the gain of the model that made them.
    """
    rows = []
    for (data, size, who), part in sets.groupby(["data", "set_size", "who"], sort=False):
        gains = (part["swaps"] - part["none"]).to_numpy()
        gain, low, high = behaviour.mean_interval(gains)
        error = gains.std(ddof=1) / len(gains) ** 0.5
        row = {"data": data, "set_size": size, "who": who, "gain": gain, "low": low, "high": high}
        row |= {"standard_error": error, "ratio": gain / error, "people": len(gains)}
        rows.append(row | {"known": (part["known"] - part["none"]).mean()})
    return pd.DataFrame(rows)


def worth_in_words(found: pd.DataFrame) -> pd.DataFrame:
    """`worth` of people with the rule: trained networks could tell swaps from none from WORTH_TRAINING standard errors on."""
    people_only = found[found["who"] == "people"].set_index(["data", "set_size"])
    planted = found[found["who"] == "planted, swaps"].set_index(["data", "set_size"])
    table = people_only[["people", "gain", "standard_error"]].round(4)
    return table.assign(
        **{
            "gain / standard error": people_only["ratio"].map("{:z.1f}".format),
            "worth training": np.where(people_only["ratio"] >= WORTH_TRAINING, "yes", "no"),
            "gain, planted swaps": planted["gain"].round(3),
            "gain, their own model": planted["known"].round(3),
        }
    )
