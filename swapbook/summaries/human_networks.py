"""Networks and other learners that were taught people's responses: the numbers of chapter 3 from `people` and `limited`."""

import pandas as pd

from swapbook import limited, people

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
    "taught": "network taught by it",
    "direct": "network taught by trials",
    "gru": "GRU",
}
_LEARNER = ["kind", "count", "seed"]


def beside_model(scores: pd.DataFrame) -> pd.DataFrame:
    """[people, models] log density of each person's responses minus that under chapter 1's model; NaN where there is no score."""
    persons = scores.pivot_table("log_density", "subject", "model")
    return persons.sub(persons["surrogate"], axis=0).reindex(columns=list(MODELS))


def between_models(scores: pd.DataFrame) -> dict[str, pd.Series]:
    """Differences between models, one number a person."""
    beside = beside_model(scores)
    pairs = {
        "ideal_over_network": beside["ideal"] - beside["network"],
        "ideal_over_no_swap": beside["ideal"] - beside["no_swap"],
        "gap": -beside["no_swap"],
        "swap_worth": pd.Series(people.worth_of_swaps(scores)),
    }
    return {name: paired.dropna() for name, paired in pairs.items()}


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
