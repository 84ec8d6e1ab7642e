"""Every scenario of tests/scenarios through Python, on three storages."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import livedrops
from dict_storage import Database, DictStorage
from scenario import Scenario, Step, all_scenarios, ms_of, play, read, split
from scenario_shops import ScenarioShop

SCENARIOS = all_scenarios()


def name_of(scenario: Scenario) -> str:
    return scenario.file.removesuffix(".drop") + "-" + re.sub(r"\W+", "-", scenario.title)


def run(scenario: Scenario, open_storage: Callable[[], Any]) -> str:
    shop = ScenarioShop(open_storage)
    try:
        return play(scenario, shop.do)
    finally:
        shop.close()


@pytest.mark.parametrize("scenario", SCENARIOS, ids=name_of)
def test_scenario_holds_on_a_storage_in_python(scenario: Scenario) -> None:
    database = Database()
    assert run(scenario, lambda: DictStorage(database)) == ""


@pytest.mark.parametrize("scenario", SCENARIOS, ids=name_of)
def test_scenario_holds_on_sqlite(scenario: Scenario, fast_path: Path) -> None:
    assert run(scenario, lambda: f"sqlite:{fast_path}/shop.db") == ""


def test_the_files_are_all_there() -> None:
    assert len(SCENARIOS) >= 60


def test_every_outcome_is_expected_somewhere() -> None:
    seen = {word for scenario in SCENARIOS for step in scenario.steps for word in step.expected}
    assert {str(outcome) for outcome in livedrops.Outcome} <= seen


def test_times_are_read_as_in_the_files() -> None:
    assert ms_of("+1h-1ms") == 3_599_999
    assert ms_of("+1d") == 86_400_000
    assert ms_of("1s") is None
    assert split("order d1 hold=yes") == (["order", "d1"], {"hold": "yes"})


@pytest.mark.parametrize("steps", [
    "order d1 u1 k1 2 -> sold_out", "order d1 u1 k1 3", "order d1 u1 k1 2 -> confirmed amount=1",
    "order d1 u1 k1 2 -> confirmed repeated", "expect d1 stock=1", "events d1 -> dropScheduled",
    "pause d1\npause d1",
])
def test_wrong_answers_are_seen(steps: str, tmp_path: Path) -> None:
    path = tmp_path / "wrong.drop"
    path.write_text(f"scenario a\ndrop d1 stock=2\n{steps}\n")
    database = Database()
    assert run(next(read(path)), lambda: DictStorage(database)) != ""


def test_an_unknown_verb_is_an_error() -> None:
    shop = ScenarioShop(lambda: "memory:")
    with pytest.raises(AttributeError):
        shop.do(Step(1, "dance", ["dance"], {}))
    shop.close()
