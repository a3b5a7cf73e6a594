"""The map of the house is the one that the code gives now, and what it leaves out is implied by what it shows."""

from swapbook.build import rooms_drawn
from tests.test_layers import RANKS

GRAPH = {"a.x": {"a.y", "a.z"}, "a.y": {"a.z"}, "a.z": set()}


def test_the_stored_map_is_that_of_the_code():
    assert rooms_drawn.MAP.read_text() == rooms_drawn.drawn(rooms_drawn.imports()), "run `python -m swapbook map`"


def test_every_room_is_on_the_map_above_what_it_imports():
    graph = rooms_drawn.imports()
    named = {f"{package}.{room}" for package, rooms in RANKS.items() for room in rooms if not room.startswith("__")}
    assert set(graph) == named
    rows = rooms_drawn.levels(graph)
    assert all(rows[name] > rows[other] for name, others in graph.items() for other in others)


def test_what_is_left_out_is_implied():
    assert rooms_drawn.essential(GRAPH) == {"a.x": {"a.y"}, "a.y": {"a.z"}, "a.z": set()}
    graph = rooms_drawn.imports()
    assert rooms_drawn.below(rooms_drawn.essential(graph)) == rooms_drawn.below(graph)
