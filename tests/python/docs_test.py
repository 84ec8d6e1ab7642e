"""The examples of the guide, of README.md and of the docstrings run and give what they show."""

import contextlib
import doctest
import importlib
import io
import re
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from types import ModuleType

import pytest

import livedrops
import livedrops.plot
from conftest import ROOT, sell_mugs

PAGES = ["docs/guides/python.md", "README.md", "bindings/python/README.md"]
MODULES = ["livedrops", "livedrops._families", "livedrops._relay", "livedrops._shop",
           "livedrops.aio", "livedrops.errors", "livedrops.plot", "livedrops.testing",
           "livedrops.testing.strategies"]
BLOCK = re.compile(r"^```(pycon|python)\n(.*?)^```\n(?:```text\n(.*?)^```$)?",
                   re.MULTILINE | re.DOTALL)


@pytest.fixture(autouse=True)
def own_directory(fast_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(fast_path)


def run_session(text: str, names: dict[str, object], where: str, line: int) -> None:
    test = doctest.DocTestParser().get_doctest(text, names, where, where, line)
    test.globs = names  # What one session defines, the next one uses.
    report = io.StringIO()
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    runner.run(test, out=report.write, clear_globs=False)
    assert runner.failures == 0, report.getvalue()


def run_program(text: str, names: dict[str, object], where: str, shown: str | None) -> None:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(text, where, "exec"), names)
    assert shown is None or printed.getvalue() == shown


@pytest.mark.parametrize("page", PAGES)
def test_the_examples_of_a_page_run(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    blocks = list(BLOCK.finditer(text))
    assert blocks, "the page has no example in Python"
    names: dict[str, object] = {"__name__": "example"}
    for block in blocks:
        language, body, shown = block.groups()
        line = text.count("\n", 0, block.start()) + 1
        if language == "pycon":
            run_session(body, names, page, line)
        else:
            run_program("\n" * line + body, names, page, shown)


@pytest.fixture
def docstring_names() -> Iterator[dict[str, object]]:
    """What docstrings may use: a shop with the live drop mug-1 of 100 mugs."""
    with livedrops.Engine() as shop:
        sell_mugs(shop, stock=100)
        yield {"shop": shop, "livedrops": livedrops, "datetime": datetime, "timezone": timezone}


def docstring_tests(module: ModuleType, names: dict[str, object]) -> list[doctest.DocTest]:
    return [test for test in doctest.DocTestFinder().find(module, module.__name__, globs=names)
            if test.examples]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_docstrings_run(name: str, docstring_names: dict[str, object]) -> None:
    for test in docstring_tests(importlib.import_module(name), docstring_names):
        with livedrops.Engine() as shop:
            sell_mugs(shop, stock=100)
            test.globs["shop"] = shop
            report = io.StringIO()
            runner = doctest.DocTestRunner()
            runner.run(test, out=report.write)
            assert runner.failures == 0, report.getvalue()


def test_there_are_examples_in_docstrings(docstring_names: dict[str, object]) -> None:
    found = [test for name in MODULES
             for test in docstring_tests(importlib.import_module(name), docstring_names)]
    assert len(found) >= 8


def test_a_wrong_example_is_seen() -> None:
    with pytest.raises(AssertionError):
        run_session(">>> 1 + 1\n3\n", {}, "page", 1)
    with pytest.raises(AssertionError):
        run_program("print(2)", {}, "page", "3\n")
