"""Fixtures for pytest; registered when livedrops is installed, else by
``pytest_plugins = ["livedrops.testing.pytest_plugin"]``."""

from collections.abc import Iterator

import pytest

import livedrops
from livedrops.testing import SequentialIds, SimClock


@pytest.fixture
def livedrops_clock() -> SimClock:
    """The clock of ``livedrops_shop``: 2023-11-14T22:13:20Z until the test moves it."""
    return SimClock()


@pytest.fixture
def livedrops_shop(livedrops_clock: SimClock) -> Iterator[livedrops.Engine]:
    """A fresh, empty shop in memory that moves only when the test calls it."""
    with livedrops.Engine("memory:", clock=livedrops_clock, ids=SequentialIds()) as shop:
        yield shop
