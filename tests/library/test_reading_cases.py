"""The kinds of files that people bring: each refused or read as it should be, by the options that the messages name."""

from pathlib import Path

import pytest

from swaputils.data.layout import Layout
from swaputils.data.reading import Reading, examine
from swaputils.data.table import DataError
from swaputils.data.understood import understood

CASES = Path(__file__).parent / "cases"


def case(name: str, **options) -> Reading:
    return examine(CASES / f"{name}.csv", Layout(**{"units": "deg"} | options))


def sizes(reading: Reading) -> dict[int, int]:
    found = reading.settled().displays.set_size
    return {int(size): int((found == size).sum()) for size in found.unique()}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("cue_in_radians", "no cue in 'cue_target'.* exceeds 5.498 in a file of degrees.*--cue-units rad"),
        ("cue_as_slot", "no cue in 'cue_target'.* exceeds 8 and all are whole numbers.*--cue-slots 8"),
        ("padding_minus_one", "'nontarget_2' and 'nontarget_3' hold -1 in 30 rows.*--missing -1"),
        ("orientations", "never exceed 179, so they seem to be orientations.*--period 180"),
        ("errors_beside_absolute", "'target' is 0 in every row while 'nontarget_1'.* vary"),
        ("unshown_filled", "'set_size' counts fewer items than are filled in 30 rows.*--trust set-size"),
        ("unanswered", "6 of 60 trials lack a response.*--drop-unanswered"),
    ],
)
def test_refused_with_a_sentence_and_an_option(name, said):
    with pytest.raises(DataError, match=said) as refused:
        case(name).settled()
    assert len(str(refused.value).splitlines()) == 1, "one fault, one sentence"


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("cue_in_radians", {"cue_units": "rad"}),
        ("cue_as_slot", {"cue_slots": 8}),
        ("padding_minus_one", {"missing": (-1.0,)}),
        ("padding_minus_one", {"trust": ("set-size",)}),
        ("orientations", {"period": 180}),
        ("errors_beside_absolute", {"relative": True}),
        ("errors_beside_absolute", {"two_components": True}),
        ("unshown_filled", {"trust": ("set-size",)}),
        ("unshown_filled", {"missing": (77.0,)}),
        ("trial_restarts", {}),
        ("names_of_people", {}),
        ("semicolons_decimal_commas", {}),
        ("two_conditions", {}),
        ("two_conditions", {"condition": "condition"}),
        ("no_subject", {}),
    ],
)
def test_read_whole_by_its_option(name, options):
    assert sizes(case(name, **options)) == {2: 30, 4: 30}


def test_cues_read_by_either_option_are_the_same_places():
    by_units = case("cue_in_radians", cue_units="rad").settled().displays
    by_slots = case("cue_as_slot", cue_slots=8).settled().displays
    apart = (by_units.probe - by_units.cued_probe[:, None]) - (by_slots.probe - by_slots.cued_probe[:, None])
    assert apart.cos().nan_to_num(1).min() > 0.999


def test_names_of_people_are_kept():
    reading = case("names_of_people")
    assert [reading.people[number] for number in reading.trials.subject.tolist()][:4] == ["P07", "P03", "P12", "P07"]
    assert "3 people, in 'subject': P07, P03, P12." in understood(reading)


def test_unanswered_trials_are_left_out_and_counted():
    reading = case("unanswered", drop_unanswered=True)
    assert len(reading.settled()) == 54 and reading.dropped == {"no response in 'response'": 6}
    assert "54 of 60 trials can be used; 6 cannot: 6 with no response in 'response'." in understood(reading)


def test_conditions_are_pooled_unless_said():
    pooled = case("two_conditions")
    assert any("pooled over 'condition' (dual, single); --condition" in sentence for sentence in understood(pooled))
    apart = case("two_conditions", condition="condition")
    assert apart.conditions == {0: "dual", 1: "single"}
    assert apart.trials.condition.tolist()[:3] == [1, 0, 1]
    assert not any("pooled" in sentence for sentence in understood(apart))


def test_one_person_without_a_column_of_people():
    reading = case("no_subject")
    assert set(reading.trials.subject.tolist()) == {1}
    assert "One person: there is no column of people." in understood(reading)


def test_restarting_trial_numbers_are_not_read():
    assert set(case("trial_restarts").ignored) == {"trial", "block"}


def test_how_the_file_was_written_is_said():
    assert "separated by semicolon; decimal commas" in understood(case("semicolons_decimal_commas"))[0]


@pytest.mark.parametrize("name", sorted(path.stem for path in CASES.glob("*.csv")))
def test_understood_names_every_angle_column_with_its_range(name):
    said = understood(case(name))
    header = (CASES / f"{name}.csv").read_text().splitlines()[0].replace(";", ",").split(",")
    for column in header:
        assert any(f"'{column}'" in sentence for sentence in said), column
    assert any("trials can be used" in sentence for sentence in said)
    assert any(sentence.startswith("Set sizes") for sentence in said)
