"""Networks scored on people that neither they nor the fit behind them ever saw, on the very displays that these people saw.

`people/<scale>/<network>.csv`: mean log density of every held-out person's responses under every model, see
`recompute_people`.
"""

import hashlib
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float
from scipy.stats import t
from torch import Tensor
from tqdm import tqdm

from swapbook.collection import stored
from swapbook.networks import Network, Trained
from swapbook.places import results_folder
from swapbook.plan import Plan
from swapbook.tables import FOLDS, check_data, fold_of, posterior_without, trials
from swaputils import behaviour, surrogate
from swaputils.angles import to_angle, von_mises_log_density, wrap
from swaputils.diffusion import ideal
from swaputils.diffusion.targets import ResponseDensity
from swaputils.errors import SwaputilsError
from swaputils.files import NotStored, StoreError, shown
from swaputils.network.rnn import RNN
from swaputils.responders import Noisy
from swaputils.run_folder import has_settings, write_with_provenance
from swaputils.trials import Displays, Trials

KERNELS = (2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0)  # concentrations that are tried
TAUGHT, SIX_ITEMS = "human_n4", "human_n6"  # taught all of people's responses
SEED = 1_000_033
DISPLAYS = 20  # for which the ideal sampler answers at once, to bound memory


def kernel_log_density(
    answers: Float[Tensor, "trials answers"], response: Float[Tensor, " trials"]
) -> Float[Tensor, " trials"]:
    """Log density of each response under von Mises kernels around draws (rad) for its display; nats per rad.

    One concentration for all trials, the best of KERNELS; for the trials at even places it is chosen on those at odd
    places, and the other way round.

    Raises:
        SwaputilsError: with fewer than two trials.
    """
    if len(response) < 2:
        raise SwaputilsError(f"{len(response)} trials were given; a kernel width takes two or more")
    error = wrap(answers - response[:, None])
    kernels = (von_mises_log_density(error, error.new_tensor(kernel)) for kernel in KERNELS)
    tried = torch.stack([each.logsumexp(1) - math.log(error.shape[1]) for each in kernels])
    found = torch.empty_like(response)
    for own, other in ((slice(0, None, 2), slice(1, None, 2)), (slice(1, None, 2), slice(0, None, 2))):
        found[own] = tried[tried[:, other].mean(1).argmax(), own]
    return found


def recompute_people(scale: str, name: str) -> None:
    """Score the stored networks of all of people's responses on the people of their folds, and store a table for each.

    Networks whose table comes from the same weights are left out, so an interrupted call goes on with the next one. One
    row per person and model: seed, fold, subject, trials, model, log_density (mean of the person's trials, nats per
    rad). Models: uniform; mixture, by maximum likelihood, and surrogate, chapter 1's model, both of the people outside
    the fold; without, the same model shown nothing but the cued item; drawn, the function drawn from the model that the
    network was taught; ideal, the ideal sampler for that; network; and no_swap, the network of the same seed that was
    taught responses without swaps, where it is stored. Ideal sampler and networks are scored by kernels around their
    responses.

    Raises:
        StoreError: when no network is stored.
    """
    check_data(name)
    taught = stored(TAUGHT, scale, name) + stored(SIX_ITEMS, scale, name)
    if not taught:
        raise StoreError(
            f"no network of {TAUGHT} is stored at scale {scale!r} for {name}; "
            f"run `make collection CONDITIONS={TAUGHT} SCALE={scale} DATA={name}`"
        )
    for network in tqdm(taught, desc="people", unit="network"):
        path, settings = _path(network), _settings(network)
        if not has_settings(path, settings):
            table = pd.DataFrame(_score(of_set_size(network.people, network.plan.taught.items), network))
            write_with_provenance(path, table.to_csv(index=False, float_format="%.6g"), settings)


def people_scores(scale: str, name: str, condition: str = TAUGHT) -> pd.DataFrame:
    """All stored tables of `recompute_people` for one condition; StoreError when there is none, or one comes from other weights than those stored."""
    command = f"run `python -m swapbook score networks --scale {scale} --data {name}`"
    paths = {network: _path(network) for network in stored(condition, scale, name)}
    scored = {network: path for network, path in paths.items() if path.is_file()}
    for network, path in scored.items():
        if not has_settings(path, _settings(network)):
            raise StoreError(f"{shown(path)}: comes from other networks, or was changed; {command}")
    if not scored:
        raise NotStored(f"{shown(_path(Network(condition, scale, 0, name)))}: not computed yet; {command}")
    return pd.concat(map(pd.read_csv, scored.values()), ignore_index=True)


def _path(network: Network) -> Path:
    return results_folder() / "people" / network.scale / f"{network.name}.csv"


def _without(network: Network) -> Network | None:
    """The network of the same seed that was taught responses without swaps, where it is stored."""
    without = replace(network, condition=f"{network.condition}_no_swap")
    return without if without.folder.is_dir() else None


def _settings(network: Network) -> dict[str, str]:
    """Hashes of the weights of the networks that are scored."""
    scored = [each for each in (network, _without(network)) if each]
    return {each.condition: weights_hash(each.load().rnn) for each in scored}


def weights_hash(rnn: RNN) -> str:
    """What tells the weights of a network from all others."""
    digest = hashlib.sha256()
    for name, value in sorted(rnn.state_dict().items()):
        digest.update(name.encode() + value.numpy().tobytes())
    return digest.hexdigest()[:16]


def _score(observed: Trials, network: Network) -> list[dict]:
    """Rows of one network."""
    fold, seed = fold_of(observed), network.seed
    others, people = observed[fold != seed % FOLDS], observed[fold == seed % FOLDS]
    displays, response = people.displays, people.response
    taught = network.load()
    generator, model = (
        torch.Generator().manual_seed(SEED + seed),
        posterior_without(network.people, seed % FOLDS, network.plan.taught.items),
    )
    found = {
        "uniform": torch.full_like(response, -math.log(2 * math.pi)),
        "mixture": surrogate.mixture_log_density(surrogate.fit_mixture(others), displays, response),
        "surrogate": surrogate.response_log_density(model, displays, response),
        "without": surrogate.response_log_density(model, displays.only_cued(), response),
        "drawn": surrogate.response_log_density(taught.plan.human, displays, response),
        "ideal": kernel_log_density(_ideal_answers(taught.plan, displays, generator), response),
        "network": kernel_log_density(answers(taught, displays, generator), response),
    }
    if without := _without(network):
        found["no_swap"] = kernel_log_density(answers(without.load(), displays, generator), response)
    about = {"seed": seed, "fold": seed % FOLDS}
    return [about | {"model": kind} | row for kind, values in found.items() for row in by_person(people, values)]


def by_person(people: Trials, log_density: Float[Tensor, " trials"]) -> list[dict]:
    """Subject, how many trials, and their mean log density, of each person."""
    rows = []
    for subject in people.subject.unique().tolist():
        own = log_density[people.subject == subject]
        rows.append({"subject": subject, "trials": len(own), "log_density": float(own.mean())})
    return rows


def of_set_size(name: str, items: int) -> Trials:
    """All trials of a data set with so many items, in double precision and without columns of items that none of them has."""
    observed = trials(name)
    observed = observed[observed.displays.set_size == items]
    shown = observed.displays
    if not shown.present[:, :items].all():
        raise SwaputilsError("items that are absent must come after those that are shown")
    features = (feature[:, :items].double() for feature in (shown.report, shown.probe))
    return Trials(Displays(*features, shown.cued), observed.response.double(), observed.subject)


def answers(trained: Trained, displays: Displays, generator: torch.Generator) -> Float[Tensor, "trials answers"]:
    """Responses (rad) of a network to each display, as many as its scale says."""
    repeats = trained.plan.scale.answers
    every = displays[torch.arange(len(displays)).repeat_interleave(repeats)]
    points = Noisy(trained.rnn, trained.plan.task).end_points(every, generator)
    return to_angle(points).double().unflatten(0, (-1, repeats))


def _ideal_answers(plan: Plan, displays: Displays, generator: torch.Generator) -> Tensor:
    """[M, answers] responses of the ideal sampler to each display, rad."""
    repeats, points = plan.scale.answers, []
    density = plan.task.target(displays)
    for part in density.log_nodes.split(DISPLAYS):
        target = ResponseDensity(part.repeat_interleave(repeats, dim=0), density.radius)
        points.append(to_angle(ideal.sample_path(plan.schedule, target, generator=generator)[:, -1]))
    return torch.cat(points).unflatten(0, (-1, repeats))


def model_means(table: pd.DataFrame) -> pd.DataFrame:
    """Each model's mean log density over held-out people, beside that of chapter 1's model; `table` as from `people_scores`.

    One row per model: model, log_density, difference from chapter 1's model, low and high, its 95 % t interval over people, who are
    paired, and people. NaN for the interval of fewer than two people.
    """
    persons = table.pivot_table("log_density", "subject", "model", sort=False)
    rows = []
    for model in persons:
        paired = (persons[model] - persons["surrogate"]).dropna()
        rows.append((model, persons[model].mean(), *behaviour.mean_interval(paired.to_numpy()), len(paired)))
    return pd.DataFrame(rows, columns=["model", "log_density", "difference", "low", "high", "people"])


def gap_closed(table: pd.DataFrame) -> tuple[float, float, float]:
    """How much of the way from the network without swaps to chapter 1's model the network goes: share, and 95 % interval.

    (network - no_swap) / (surrogate - no_swap) of the means over people, with Fieller's (1954) interval: the shares m for which
    the t interval of (network - no_swap) - m (surrogate - no_swap) holds 0. It is unbounded, -inf to inf, where the way itself
    cannot be told from none. All NaN where fewer than two people have all three.
    """
    persons = table.pivot_table("log_density", "subject", "model")
    needed = ["network", "no_swap", "surrogate"]
    if not set(needed) <= set(persons) or len(persons.dropna(subset=needed)) < 2:
        return math.nan, math.nan, math.nan
    persons = persons.dropna(subset=needed)
    pairs = np.array([persons["network"] - persons["no_swap"], persons["surrogate"] - persons["no_swap"]])
    gone, way = pairs.mean(1).tolist()
    squared = np.cov(pairs) / len(persons) * t.ppf(0.975, len(persons) - 1) ** 2
    of_gone, of_both, of_way = squared[[0, 0, 1], [0, 1, 1]].tolist()
    lead, middle = way**2 - of_way, gone * way - of_both
    if lead <= 0:
        return gone / way, -math.inf, math.inf
    reach = math.sqrt(max(0.0, middle**2 - lead * (gone**2 - of_gone)))
    return gone / way, (middle - reach) / lead, (middle + reach) / lead
