"""The tables of the report."""

import pandas as pd

from swaputils.report.findings import MEANINGS
from swaputils.report.fitting import Fitted

SHARES = {"p_target": "target", "p_nontarget": "non-targets", "p_uniform": "guesses"}


def data_table(fitted: Fitted) -> pd.DataFrame:
    """Numbers of trials and people by set size."""
    trials = fitted.trials
    table = pd.DataFrame({"set size": trials.displays.set_size.tolist(), "person": trials.subject.tolist()})
    counts = table.groupby("set size")["person"].agg(trials="size", people="nunique").reset_index()
    total = pd.DataFrame({"set size": ["all"], "trials": [len(table)], "people": [table["person"].nunique()]})
    return pd.concat([counts, total])


def mixture_table(group: pd.DataFrame) -> pd.DataFrame:
    """Shares and concentration with their intervals, one row per set size and mixture."""
    rows = []
    for row in group[(group["set_size"] > 1) | (group["mixture"] == "2 components")].to_dict("records"):
        shown = {"set size": row["set_size"], "mixture": row["mixture"], "people": row["people"]}
        for parameter in (*SHARES, "concentration"):
            digits = 1 if parameter == "concentration" else 3
            ends = [row[f"{parameter}{end}"] for end in ("_low", "_high") if f"{parameter}{end}" in row]
            interval = f" [{', '.join(f'{end:.{digits}f}' for end in ends)}]" if ends else ""
            shown[SHARES.get(parameter, "κ")] = f"{row[parameter]:.{digits}f}{interval}"
        rows.append(shown | {"AIC": f"{row['aic']:.1f}", "BIC": f"{row['bic']:.1f}"})
    return pd.DataFrame(rows)


def ladder_table(ladder: pd.DataFrame) -> pd.DataFrame:
    """The nested models in order."""
    columns = {
        "model": ladder["model"],
        "the weight of a non-target": ladder["model"].map(MEANINGS),
        "evidence, nats": [f"{value:.1f}" for value in ladder["elbo"] - ladder["elbo"].max()],
    }
    if "held_out" not in ladder:
        return pd.DataFrame(columns)
    columns |= {
        "held out, nats/trial": [f"{value:.4f}" for value in ladder["held_out"]],
        "gain, 0.001 nats/trial": [
            "0 (reference)" if row == 0 else f"{gain:+.1f} ± {error:.1f}"
            for row, (gain, error) in enumerate(zip(ladder["gain"], ladder["standard_error"]))
        ],
        "people who gain": [f"{some} of {everybody}" for some, everybody in zip(ladder["people"], ladder["of"])],
    }
    return pd.DataFrame(columns)
