"""What ``livedrops.spi.Storage`` promises, as cases that any test framework can run.

    @pytest.mark.parametrize("name", conformance.cases())
    def test_it_conforms(name):
        conformance.run(name, MyFactory())
"""

from typing import Protocol

from livedrops import _core
from livedrops._shop import AnyStorage


class Factory(Protocol):
    """Opens the storages under test; a new one for each case."""

    def create(self) -> AnyStorage:
        """A new and empty database, opened. ``open`` then means this one."""

    def open(self) -> AnyStorage:
        """The database once more, as another process would open it."""


def cases() -> list[str]:
    """The names of all cases, in the order in which an author will want them to pass."""
    return _core.conformance_cases()


def run(name: str, factory: Factory) -> None:
    """Runs a case. Raises a ``livedrops.Error`` that says what was expected and what was found.

    Some cases start threads; none sleeps.
    """
    _core.run_conformance_case(name, factory)
