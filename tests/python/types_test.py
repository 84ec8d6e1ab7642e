"""Package, tests and examples are clean under `mypy --strict`; the stub is that of the module."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import ROOT

CHECKED = ["bindings/python/livedrops", "tests/python", "examples/python"]


def mypy(*paths: str) -> subprocess.CompletedProcess[str]:
    search = ":".join(str(ROOT / path) for path in ("bindings/python", *CHECKED[1:]))
    return subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file", str(ROOT / "pyproject.toml"),
         *paths], cwd=ROOT, env={**os.environ, "MYPYPATH": search},
        capture_output=True, text=True, check=False)


def test_everything_is_typed() -> None:
    done = mypy(*CHECKED)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("wrong", "message"), [
    ('shop.orders.place("d", "u")', 'Missing positional argument "key"'),
    ('shop.orders.place("d", "u", "k").outcom', 'has no attribute "outcom"'),
    ('livedrops.Outcome.SOLDOUT', 'has no attribute "SOLDOUT"'),
    ('shop.orders.place("d", "u", "k").order.id', 'of "Order | None" has no attribute "id"'),
    ('shop.orders.place("d", "u", "k", quantity="2")', 'expected "int"'),
])
def test_wrong_code_is_seen(tmp_path: Path, wrong: str, message: str) -> None:
    program = tmp_path / "program.py"
    program.write_text(f"import livedrops\nshop = livedrops.open('memory:')\n{wrong}\n")
    done = mypy(str(program))
    assert done.returncode == 1 and message in done.stdout, done.stdout + done.stderr


def test_the_stub_is_that_of_the_module() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "bindings/python/tools/make_stubs.py"), "--check"],
        capture_output=True, text=True, check=False)
    assert done.returncode == 0, (
        f"bindings/python/tools/make_stubs.py writes it anew\n{done.stdout}{done.stderr}")


def test_a_stub_that_drifted_is_seen(tmp_path: Path) -> None:
    tools, package = tmp_path / "tools", tmp_path / "livedrops"
    tools.mkdir()
    package.mkdir()
    maker = (ROOT / "bindings/python/tools/make_stubs.py").read_text(encoding="utf-8")
    stub = (ROOT / "bindings/python/livedrops/_core.pyi").read_text(encoding="utf-8")
    (tools / "make_stubs.py").write_text(maker, encoding="utf-8")
    (package / "_core.pyi").write_text(stub.replace("SOLD_OUT", "SOLDOUT"), encoding="utf-8")
    done = subprocess.run([sys.executable, str(tools / "make_stubs.py"), "--check"],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "SOLDOUT" in done.stdout
