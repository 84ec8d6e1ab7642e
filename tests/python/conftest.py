"""What all tests of the Python package use."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import livedrops

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "examples" / "python"), str(Path(__file__).parent)]
pytest_plugins = ["livedrops.testing.pytest_plugin"]


@pytest.fixture
def fast_path() -> Iterator[Path]:
    """A directory where a commit costs no disk, if there is one: for tests of what is answered."""
    memory = Path("/dev/shm")
    usable = os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 256 << 20
    with tempfile.TemporaryDirectory(dir=memory if usable else None) as directory:
        yield Path(directory)


@pytest.fixture
def mug_shop(fast_path: Path) -> Iterator[livedrops.Shop]:
    """A running shop on SQLite with the live drop mug-1 of 10 mugs."""
    with livedrops.open(f"sqlite:{fast_path}/shop.db") as shop:
        sell_mugs(shop)
        yield shop


def sell_mugs(shop: livedrops.Shop | livedrops.Engine, stock: int = 10) -> None:
    shop.products.create(id="mug", creator="ana", name="Mug", price=1999)
    shop.drops.create(id="mug-1", product="mug", stock=stock, end_time=4102444800000)
