"""livedrops.plot draws what happened, and the notebook runs from its first line to its last."""

import runpy
import warnings
from pathlib import Path

import matplotlib
import numpy
import pytest
from matplotlib.lines import Line2D

import livedrops
from conftest import ROOT, sell_mugs
from livedrops import Outcome

matplotlib.use("Agg")
from livedrops import plot  # noqa: E402  (after the choice of how to draw)


def values_of(line: Line2D) -> list[float]:
    values: list[float] = numpy.asarray(line.get_ydata()).tolist()
    return values


def test_stock_is_drawn_as_steps(livedrops_shop: livedrops.Engine) -> None:
    shop = livedrops_shop
    sell_mugs(shop)
    shop.drops.create(id="other", product="mug", stock=5, end_time=4102444800000)
    shop.orders.place("mug-1", "bo", "k1", 3)
    shop.drops.restock("mug-1", 2, key="more")
    shop.orders.place("other", "bo", "k1", 1)
    axes = plot.stock_over_time(shop.notifications.events())
    lines = {line.get_label(): values_of(line) for line in axes.get_lines()}
    assert lines == {"mug-1": [10, 7, 9], "other": [5, 4]}
    one = plot.stock_over_time(shop.notifications.events(), ["other"])
    assert [line.get_label() for line in one.get_lines()] == ["other"]
    assert plot.stock_over_time([]).get_lines() == []


def test_outcomes_are_drawn_as_bars(mug_shop: livedrops.Shop) -> None:
    replies = mug_shop.orders.place_batch("mug-1", ["bo", "cy", "di"], "k", 5)
    for answers in (replies, replies.count(), [replies[0], replies[1], replies[2]]):
        axes = plot.orders_by_outcome(answers)
        widths = {label.get_text(): bar.get_width() for label, bar  # type: ignore[attr-defined]
                  in zip(axes.get_yticklabels(), axes.patches)}
        assert widths == {"sold_out": 1, "confirmed": 2}
    assert len(plot.orders_by_outcome({Outcome.HELD: 1}).patches) == 1


def test_percentiles_are_those_of_the_latencies() -> None:
    axes = plot.latency_percentiles({"flat": [2.0] * 50, "rising": list(range(10_001))})
    flat, rising = axes.get_lines()
    assert set(values_of(flat)) == {2.0}
    values = values_of(rising)
    assert values[0] == pytest.approx(5_000) and values[-1] == pytest.approx(9_999)
    assert [label.get_text() for label in axes.get_xticklabels()][:2] == ["50 %", "90 %"]
    with pytest.raises(ValueError, match="no latencies of 'none'"):
        plot.latency_percentiles({"none": []})


def test_the_notebook_runs(fast_path: Path, monkeypatch: pytest.MonkeyPatch,
                           capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("LIVEDROPS_FIGURE", str(fast_path / "figure.png"))
    monkeypatch.setenv("LIVEDROPS_STORAGE", f"sqlite:{fast_path}/shop.db")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        runpy.run_path(str(ROOT / "examples/python/online_retail.py"), run_name="__main__")
    assert (fast_path / "figure.png").stat().st_size > 10_000
    assert "units came back" in capsys.readouterr().out


def test_the_storage_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(ROOT / "examples/python/dict_storage.py"), run_name="__main__")
    assert capsys.readouterr().out == "bo confirmed\ncy confirmed\ndi sold_out\n"
