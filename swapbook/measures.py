"""What is measured of a stored network, each measure with a hash of the code that it comes from.

metrics.json holds what the measures give, and under "code" the hash of each; what comes from other code than today's is refused.
"""

from collections.abc import Callable, Mapping

from swapbook.basic_conditions import Condition
from swapbook.evaluation import evaluate
from swapbook.hash_of_code import code_hash
from swapbook.plan import Plan
from swapbook.planes import planes
from swaputils.network.rnn import RNN

CODE = "code"  # where metrics keep the hashes
MEASURES: dict[str, Callable[[RNN, Plan], dict]] = {"evaluation": evaluate, "planes": planes}
"""Functions of a network in double precision and its plan; each gives entries of the metrics under names of its own."""


def measured(rnn: RNN, plan: Plan, metrics: Mapping) -> dict:
    """The metrics with every measure that is missing or comes from other code taken anew."""
    found = dict(metrics) | {CODE: dict(metrics.get(CODE, {}))}
    for name in unmeasured(metrics, plan.taught):
        found |= MEASURES[name](rnn, plan)
        found[CODE][name] = measure_hash(name, plan.taught)
    return found


def unmeasured(metrics: Mapping, taught: Condition) -> list[str]:
    """Names of the measures that are missing from the metrics of a network, or come from other code than today's."""
    known = metrics.get(CODE, {})
    return [name for name in MEASURES if known.get(name) != measure_hash(name, taught)]


def measure_hash(name: str, taught: Condition) -> str:
    """Hash of the code of a measure: its own, what builds the network, and what gives the answers that are taught."""
    return code_hash(MEASURES[name], Plan.new_rnn, taught.answers.target)
