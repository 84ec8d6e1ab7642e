"""The conformance suite on a storage written in Python, and on the library's through Python."""

from pathlib import Path

import pytest

import livedrops
from dict_storage import Database, DictStorage
from livedrops.testing import conformance


class DictFactory:
    """A new database for each case."""

    storage = DictStorage

    def create(self) -> DictStorage:
        self.database = Database()
        return self.open()

    def open(self) -> DictStorage:
        return self.storage(self.database)


class SqliteFactory:
    def __init__(self, directory: Path) -> None:
        self.url = f"sqlite:{directory}/shop.db"

    def create(self) -> livedrops.NativeStorage:
        return livedrops.open_storage(self.url)

    open = create


@pytest.mark.parametrize("name", conformance.cases())
def test_a_storage_in_python_conforms(name: str) -> None:
    conformance.run(name, DictFactory())


@pytest.mark.parametrize("name", conformance.cases()[:3])
def test_a_storage_of_the_library_conforms_through_python(name: str, tmp_path: Path) -> None:
    conformance.run(name, SqliteFactory(tmp_path))


class ForgetfulStorage(DictStorage):
    """The planted bug: the fence is not looked at."""

    def commit(self, batch: livedrops.spi.CommitBatch, expected: livedrops.spi.Head) -> None:
        super().commit(batch, self.read_head())


def test_the_suite_sees_a_storage_without_a_fence() -> None:
    class Factory(DictFactory):
        storage = ForgetfulStorage

    failed = []
    for name in conformance.cases():
        try:
            conformance.run(name, Factory())
        except livedrops.Error:
            failed.append(name)
    assert "SecondCommitOnTheSameHeadIsFenced" in failed


def test_an_unknown_case_is_named() -> None:
    with pytest.raises(livedrops.NotFoundError, match='no conformance case "Nonsense"'):
        conformance.run("Nonsense", DictFactory())


def test_what_a_factory_raises_is_the_reason() -> None:
    class Broken(DictFactory):
        def create(self) -> DictStorage:
            raise OSError("no space left")

    with pytest.raises(livedrops.Error, match="OSError: no space left"):
        conformance.run(conformance.cases()[0], Broken())
