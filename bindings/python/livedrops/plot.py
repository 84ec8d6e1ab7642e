"""Plots of a shop with matplotlib (``pip install livedrops[plot]``).

Every function draws on ``axes``, or on new ones, and gives them back.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy
from matplotlib import pyplot
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

from livedrops import Event, Outcome, Replies, Reply

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Granted is blue and refused is orange, also for those who see no red or green.
GRANTED, REFUSED, OTHER = "#0072b2", "#d55e00", "#999999"
PERCENTILES = (50.0, 90.0, 99.0, 99.9, 99.99)


def _axes(axes: "Axes | None") -> "Axes":
    return pyplot.subplots(layout="constrained")[1] if axes is None else axes


def stock_over_time(events: Iterable[Event], drops: Sequence[str] | None = None,
                    axes: "Axes | None" = None) -> "Axes":
    """Units in stock of each drop after every event, as steps.

    ``events`` are those of ``shop.notifications.events()``; with ``drops`` only these are drawn.
    The rows of a drop that do not concern its stock are left out.

    >>> axes = livedrops.plot.stock_over_time(shop.notifications.events())
    """
    stocks: dict[str, tuple[list[float], list[int]]] = {}
    for event in events:
        wanted = event.drop is not None and (drops is None or event.drop in drops)
        if event.balance is None or not wanted or event.drop is None:
            continue
        times, units = stocks.setdefault(event.drop, ([], []))
        if not times:  # Before its first order or restock.
            times.append(event.at_ms / 1000)
            units.append(event.balance - event.delta)
        times.append(event.at_ms / 1000)
        units.append(event.balance)
    axes = _axes(axes)
    start = min((times[0] for times, _ in stocks.values()), default=0.0)
    for drop, (times, units) in stocks.items():
        axes.step([time - start for time in times], units, where="post", label=drop)
    if 0 < len(stocks) <= 10:
        axes.legend(title="drop")
    axes.set(xlabel="seconds since the first order", ylabel="units in stock")
    axes.set_ylim(bottom=0)
    return axes


def orders_by_outcome(answers: Replies | Mapping[Outcome, int] | Iterable[Reply],
                      axes: "Axes | None" = None) -> "Axes":
    """How many orders had each outcome, as bars: a batch's answers, replies, or their counts.

    >>> axes = livedrops.plot.orders_by_outcome({livedrops.Outcome.CONFIRMED: 10})
    """
    if isinstance(answers, Replies):
        counts: Mapping[Outcome, int] = answers.count()
    elif isinstance(answers, Mapping):
        counts = answers
    else:
        counts = Counter(reply.outcome for reply in answers)
    outcomes = sorted(counts, key=lambda outcome: counts[outcome])
    granted = (Outcome.HELD, Outcome.CONFIRMED)
    colors = [GRANTED if outcome in granted else OTHER if outcome == Outcome.REPEATED else REFUSED
              for outcome in outcomes]
    axes = _axes(axes)
    bars = axes.barh([outcome.text for outcome in outcomes],
                     [counts[outcome] for outcome in outcomes], color=colors)
    axes.bar_label(bars, fmt="{:,.0f}", padding=3)
    axes.margins(x=0.15)
    axes.set(xlabel="orders")
    return axes


def latency_percentiles(milliseconds: Mapping[str, Sequence[float]],
                        axes: "Axes | None" = None) -> "Axes":
    """Latency at each percentile, from the median to 99.99 %, one line for each name.

    >>> axes = livedrops.plot.latency_percentiles({"place": [1.0, 1.2, 3.4]})
    """
    axes = _axes(axes)
    # Each nine is as wide as the one before.
    shares = 1 - numpy.logspace(numpy.log10(0.5), -4, 200)
    for name, values in milliseconds.items():
        if len(values) == 0:
            raise ValueError(f"no latencies of {name!r}")
        axes.plot(1 / (1 - shares), numpy.quantile(values, shares), label=name)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator([1 / (1 - p / 100) for p in PERCENTILES]))
    axes.xaxis.set_major_formatter(FixedFormatter([f"{p:g} %" for p in PERCENTILES]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_ylim(bottom=0)
    if milliseconds:
        axes.legend()
    axes.set(xlabel="percentile", ylabel="milliseconds")
    return axes
