"""What ``livedrops.spi.Storage`` and ``Transport`` promise, as cases for any test framework.

    @pytest.mark.parametrize("name", conformance.cases())
    def test_it_conforms(name):
        conformance.run(name, MyFactory())

    @pytest.mark.parametrize("name", conformance.transport_cases())
    def test_it_conforms(name):
        conformance.run_transport(name, MyTransportFactory())
"""

from collections.abc import Iterable
from typing import Protocol

from livedrops import _core
from livedrops._relay import AnyTransport
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


class TransportFactory(Protocol):
    """Opens the transports under test; a new one for each case."""

    def create(self) -> AnyTransport:
        """A transport to a new destination that has nothing. ``open`` then means this one."""

    def open(self) -> AnyTransport:
        """One to the same destination once more, as another process would open it."""

    def received(self) -> Iterable[_core.Position]:
        """What a receiver has got so far, in the order of arrival, repeats included."""


def transport_cases() -> list[str]:
    """The names of all cases, in the order in which an author will want them to pass."""
    return _core.transport_conformance_cases()


def run_transport(name: str, factory: TransportFactory) -> None:
    """Runs a case. Raises a ``livedrops.Error`` that says what was expected and what was found."""
    _core.run_transport_conformance_case(name, factory)
