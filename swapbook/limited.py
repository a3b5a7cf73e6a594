"""Is the surrogate needed? Learners that have some human trials and no others, scored on held-out people.

- `limited/<data>_<scale>_<kind>_<trials>_<seed>.csv`: scores of one learner, see `recompute_limited`
- `limited/<data>_<scale>_<kind>_<trials>_<seed>_stopped.json`: why one that stopped by itself has none

The provenance beside each holds the learner's settings; what comes from other settings than today's is outdated.
"""

import json
import math
import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path

import pandas as pd
import torch
from tqdm import tqdm

from swapbook.few_trials import ObservedAnew, kept_where_likeliest
from swapbook.gru import GRUConfig, MixtureGRU, selected_gru, taught_gru
from swapbook.networks import Network, Trained
from swapbook.people import TAUGHT, answers, by_person, kernel_log_density, of_set_size
from swapbook.places import results_folder
from swapbook.plan import Plan, plan_of
from swapbook.scales import BOOK
from swapbook.tables import FOLDS, PEOPLE, fold_of
from swaputils import surrogate
from swaputils.behaviour import mean_interval
from swaputils.errors import SwaputilsError
from swaputils.files import NotStored, StoreError, read_json, shown
from swaputils.network.rnn import RNN
from swaputils.run_folder import has_settings, write_with_provenance
from swaputils.surrogate import LADDER, BnsConfig, SwapModel
from swaputils.training.loop import SELECTION, SelectionNotLearnt, Training, TrainingDiverged
from swaputils.trials import Trials

KINDS = ("surrogate", "gru", "direct", "taught")
COUNTS = (200, 600, 2_000)  # of trials; there are 2,160 outside of the largest fold of the book's data set
CHECKED = 0.2  # share of the trials that training is stopped on
SEED = 1_000_039
STOPPED = "_stopped.json"


@dataclass(frozen=True)
class DirectConfig:
    """How the network that is taught by trials themselves is smoothed and stopped.

    Attributes:
        width: of the noise on responses, rad. It is fixed, as each choice would cost a training. People's responses scatter by
            some .35 rad around an item, so that their distribution hardly widens.
        check_every: updates between two checks.
        answers: of the network at a check, to all trials to check on together.
        patience: checks without a better one after which training ends.
    """

    width: float = 0.1
    check_every: int = 250
    answers: int = 10_000
    patience: int = 6


def recompute_limited(kind: str, count: int, network: Network) -> None:
    """Let one learner learn from `count` trials of the people outside of the seed's fold, and store its scores on those inside.

    One row for each held-out person: kind, count, seed, fold, subject, trials, log_density (nats per rad). When
    training stops by itself the reason is stored, and the error is raised again.

    Args:
        network: the one that the learner is in place of, see `learner`.
        kind: "surrogate", chapter 1's model fitted to the trials; "taught", the network taught by that; "direct", the
            same network taught by the trials themselves; "gru", a recurrent network with a mixture-density head. The
            last two learn from trials `drawn_anew` and stop where a fifth of the trials, which they do not learn from, are
            likeliest. All networks and GRUs of a seed go on from weights that were taught selection, without human trials.

    Raises:
        SwaputilsError: for an unknown kind or more trials than there are.
    """
    if kind not in KINDS:
        raise SwaputilsError(f"kind is {kind!r}; allowed are {', '.join(KINDS)}")
    seed, plan = network.seed, network.plan
    observed = of_set_size(network.data, plan.taught.items)
    fold = fold_of(observed)
    generator = torch.Generator().manual_seed(SEED + seed)
    others, people = observed[fold != seed % FOLDS], observed[fold == seed % FOLDS]
    if not 10 <= count <= len(others):
        raise SwaputilsError(f"{count} trials were asked for; there are 10 to {len(others)} outside of the fold")
    chosen = others[torch.randperm(len(others), generator=generator)[:count]]
    path = _path(kind, count, network)
    about, settings = {"kind": kind, "count": count, "seed": seed}, _settings(kind, plan)
    try:
        density = _density(kind, chosen, people, network, generator)
    except (SelectionNotLearnt, TrainingDiverged) as error:
        stopped = about | {"reason": str(error)}
        write_with_provenance(path.with_name(path.stem + STOPPED), json.dumps(stopped, indent=2) + "\n", settings)
        raise
    table = pd.DataFrame([about | {"fold": seed % FOLDS} | row for row in by_person(people, density)])
    write_with_provenance(path, table.to_csv(index=False, float_format="%.6g"), settings)


def learner(scale: str = BOOK, seed: int = 0, data: str = PEOPLE) -> Network:
    """The network that learners of a seed are in place of, or go on from."""
    return Network(TAUGHT, scale, seed, data)


def is_scored(kind: str, count: int, network: Network) -> bool:
    """Whether a learner's scores are stored and come from the settings that it would learn with now."""
    return has_settings(_path(kind, count, network), _settings(kind, network.plan))


def limited_scores(scale: str, name: str) -> pd.DataFrame:
    """All stored scores of `recompute_limited`; StoreError when there is none, or one comes from other settings than today's."""
    folder, parts = results_folder() / "limited", []
    command = f"run `python -m swapbook score learners --scale {scale} --data {name}`"
    scores = re.compile(rf"{re.escape(name)}_{scale}_({'|'.join(KINDS)})_(\d+)_(\d+)\.csv")
    for path in sorted(folder.glob("*.csv")):
        if named := scores.fullmatch(path.name):
            if not is_scored(named[1], int(named[2]), learner(scale, int(named[3]), name)):
                raise StoreError(f"{shown(path)}: comes from other settings, or was changed; {command}")
            parts.append(pd.read_csv(path))
    if not parts:
        raise NotStored(f"{shown(folder)}: nothing is stored of {name} at scale {scale!r}; {command}")
    return pd.concat(parts, ignore_index=True)


def limited_stopped(scale: str, name: str) -> pd.DataFrame:
    """Kind, count, seed and reason of every learner of today's settings that stopped by itself and has no score."""
    left = []
    for path in sorted((results_folder() / "limited").glob(f"{name}_{scale}_*{STOPPED}")):
        record = read_json(path)
        kind, count, seed = (record[key] for key in ("kind", "count", "seed"))
        network = learner(scale, seed, name)
        if has_settings(path, _settings(kind, network.plan)) and not is_scored(kind, count, network):
            left.append(record)
    return pd.DataFrame(left, columns=["kind", "count", "seed", "reason"])


def gain(table: pd.DataFrame, kind: str, versus: str, count: int) -> tuple[float, float, float, int]:
    """How much likelier people's responses are under learners of one kind than under those of another that had the same trials.

    Mean difference of log density over held-out people (nats per rad), its 95 % t interval, and the number of seeds that have both
    kinds; NaN where none has. `table` as from `limited_scores`.
    """
    some = table[(table["count"] == count) & table["kind"].isin((kind, versus))]
    persons = some.pivot_table("log_density", ["seed", "subject"], "kind")
    if not {kind, versus} <= set(persons):
        return math.nan, math.nan, math.nan, 0
    both = (persons[kind] - persons[versus]).dropna()
    seeds = both.index.get_level_values("seed").nunique()
    return (*mean_interval(both.groupby("subject").mean().to_numpy()), seeds)


def _settings(kind: str, plan: Plan) -> dict:
    """What a learner depends on besides the data, the number of trials and the seed, as JSON values."""
    direct = plan.config | {"learner": asdict(DirectConfig())}
    of_kind = {"surrogate": {}, "gru": asdict(GRUConfig()), "direct": direct, "taught": plan.config}
    return json.loads(json.dumps(of_kind[kind]))


def _path(kind: str, count: int, network: Network) -> Path:
    return results_folder() / "limited" / f"{network.data}_{network.scale}_{kind}_{count}_{network.seed}.csv"


def _density(kind: str, chosen: Trials, people: Trials, network: Network, generator: torch.Generator) -> torch.Tensor:
    """Log density of every held-out trial under a learner of the chosen ones, in place of the network."""
    plan = network.plan
    learnt, checked = chosen[: -int(CHECKED * len(chosen))], chosen[-int(CHECKED * len(chosen)) :]
    if kind == "gru":
        gru = taught_gru(_selected_gru(network), learnt, checked, GRUConfig(), generator=generator)
        with torch.no_grad():
            return gru.log_density(people.displays, people.response).double()
    if kind == "direct":
        rnn = _taught_directly(deepcopy(_selected(network)), plan, learnt, checked, generator)
    else:
        fitted = surrogate.fit_bns(chosen, SwapModel(LADDER["cue"]), BnsConfig(), generator=generator)
        fit = surrogate.cell(fitted, set_size=plan.taught.items)
        if kind == "surrogate":
            return surrogate.response_log_density(fit, people.displays, people.response)
        rnn = deepcopy(_selected(network))
        lesson = plan_of(plan.config["condition"], plan.config["scale"], plan.seed, fit).distribution
        for _ in _progress(Training(rnn, [], lesson, plan.train, generator=generator), "taught"):
            pass
    return _answered_density(rnn.double(), plan, people, generator)


def _answered_density(rnn: RNN, plan: Plan, people: Trials, generator: torch.Generator) -> torch.Tensor:
    """Log density of every trial by kernels around the network's answers, as many as the plan's scale says."""
    trained = Trained(rnn, plan, pd.DataFrame(), {})
    return kernel_log_density(answers(trained, people.displays, generator), people.response)


@cache
def _selected(network: Network) -> RNN:
    """The network after its selection stage; go on with a copy."""
    plan, generator = network.plan, torch.Generator().manual_seed(SEED + network.seed)
    rnn = plan.new_rnn(generator=generator)
    training = Training(rnn, plan.selection, plan.distribution, plan.train, generator=generator)
    for _ in tqdm(training, total=plan.train.selection_updates, desc="selection", unit="update"):
        if training.stage != SELECTION:
            break
    return rnn


@cache
def _selected_gru(network: Network) -> MixtureGRU:
    """The GRU after its own selection stage, by the same lessons."""
    generator = torch.Generator().manual_seed(SEED + network.seed)
    return selected_gru([lesson.task for lesson in network.plan.selection], GRUConfig(), generator=generator)


def _progress(training: Training, label: str) -> tqdm:
    return tqdm(training, total=training.config.distribution_updates, desc=label, unit="update")


def _taught_directly(rnn: RNN, plan: Plan, learnt: Trials, checked: Trials, generator: torch.Generator) -> RNN:
    """The network, taught by trials in place of the surrogate, with the averaged weights under which others are likeliest."""
    config = DirectConfig()
    lesson = replace(plan.distribution, task=ObservedAnew(plan.task, learnt, config.width))
    training = Training(rnn, [], lesson, plan.train, generator=generator)
    every = min(config.check_every, plan.train.distribution_updates)
    sparing = replace(plan, scale=replace(plan.scale, answers=max(1, config.answers // len(checked))))

    def densities() -> Iterator[torch.Tensor]:
        for progress in _progress(training, "direct"):
            if progress.update % every == 0:
                fixed = torch.Generator().manual_seed(SEED)
                yield _answered_density(training.average.module, sparing, checked, fixed).mean()

    kept_where_likeliest(training.average.module, densities(), config.patience)
    return training.average.module
