# %% [markdown]
# # A week of a real shop, sold again
#
# The invoices of a UK gift shop (UCI *Online Retail*, CC BY 4.0, see ../data/README.md): every
# article is a drop with half of the units that were asked for, every line of an invoice an order,
# every line of a credit note a cancellation. Open this file as a notebook with
# [Jupytext](https://jupytext.readthedocs.io), or run it.

# %%
import csv
import gzip
import os
import re
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import NamedTuple

import matplotlib
import numpy

import livedrops
from livedrops import Outcome, plot

if os.environ.get("DISPLAY") is None:
    matplotlib.use("Agg")

HERE = Path(__file__).resolve().parent if "__file__" in globals() else Path.cwd()
WHOLE_WEEK = HERE.parents[2] / "shared" / "data" / "online_retail.csv.gz"
SAMPLE = HERE.parent / "data" / "online_retail_sample.csv.gz"
DATA = WHOLE_WEEK if WHOLE_WEEK.exists() else SAMPLE
STOCK_SHARE = 0.5
END_MS = 4_102_444_800_000  # 2100-01-01: nothing ends while we sell.

# %% [markdown]
# ## Read
#
# Real data: a line without a customer is a guest, a line without a price or with a code that is no
# article (`POST`, `BANK CHARGES`) is left out, and the last line of the file is cut off.


# %%
class Line(NamedTuple):
    code: str
    user: str
    key: str
    quantity: int
    pence: int


def read_lines() -> tuple[list[Line], int]:
    lines, bad = [], 0
    with gzip.open(DATA, "rt", encoding="latin-1", newline="") as file:
        for number, row in enumerate(csv.DictReader(file), 2):
            invoice, code = row["InvoiceNo"], row["StockCode"] or ""
            if not re.fullmatch(r"\d{5}\w*", code) or not row["Country"]:
                bad += 1
                continue
            quantity, pence = int(row["Quantity"]), round(float(row["UnitPrice"]) * 100)
            if pence <= 0 or quantity == 0 or (quantity < 0) != invoice.startswith("C"):
                bad += 1
                continue
            user = row["CustomerID"] or f"guest-{invoice}"
            lines.append(Line(code, user, f"{invoice}:{number}", quantity, pence))
    return lines, bad


LINES, BAD = read_lines()
print(f"{len(LINES):,} lines of {DATA.name}, {BAD} left out")

# %% [markdown]
# ## Sell
#
# A batch is one call: the orders of many lines share commits. A credit note gives units of the same
# customer's orders back, the newest first.

# %%
ASKED: Counter[str] = Counter()
PENCE: dict[str, int] = {}
for line in LINES:
    ASKED[line.code] += max(line.quantity, 0)
    PENCE.setdefault(line.code, line.pence)

shop = livedrops.open(os.environ.get("LIVEDROPS_STORAGE", "memory:"))
for code, units in ASKED.items():
    shop.products.create(id=code, creator="gift-shop", name=code, price=PENCE[code], currency="GBP")
    shop.drops.create(id=code, product=code, stock=-int(-units * STOCK_SHARE // 1), end_time=END_MS)

outcomes: Counter[Outcome] = Counter()
latencies: list[float] = []
bought: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
returned = 0


def sell(batch: list[Line]) -> None:
    start = time.perf_counter()
    replies = shop.orders.place_batch(
        [line.code for line in batch], [line.user for line in batch],
        [line.key for line in batch], numpy.array([line.quantity for line in batch]))
    latencies.append((time.perf_counter() - start) * 1000)
    outcomes.update(replies.count())
    for line, order in zip(batch, replies.order_ids):
        if order is not None:
            bought[line.code, line.user].append(order)


def give_back(line: Line) -> int:
    left = -line.quantity
    orders = bought[line.code, line.user]
    while left > 0 and orders:
        units = min(left, shop.orders.get(orders[-1]).quantity)
        shop.orders.cancel(orders[-1], units, key=line.key)
        left -= units
        if shop.orders.get(orders[-1]).status == livedrops.OrderStatus.CANCELLED:
            orders.pop()
    return -line.quantity - left


waiting: list[Line] = []
begin = time.perf_counter()
for line in LINES:
    if line.quantity > 0:
        waiting.append(line)
    if waiting and (line.quantity < 0 or len(waiting) == 256):
        sell(waiting)
        waiting = []
    if line.quantity < 0:
        returned += give_back(line)
if waiting:
    sell(waiting)
seconds = time.perf_counter() - begin
print(f"{sum(outcomes.values()):,} orders in {seconds:.1f} s; {returned:,} units came back")

# %% [markdown]
# ## Look
#
# Not one unit more was sold than there was.

# %%
for drop in shop.drops.list():
    sold = sum(order.quantity for order in shop.orders.of_drop(
        drop.id, status=livedrops.OrderStatus.CONFIRMED))
    assert drop.current_stock + sold == drop.init_stock and drop.current_stock >= 0, drop

figure, (left, middle, right) = matplotlib.pyplot.subplots(1, 3, figsize=(14, 4),
                                                           layout="constrained")
favourites = [code for code, _ in ASKED.most_common(5)]
plot.stock_over_time(shop.notifications.events(), favourites, left)
plot.orders_by_outcome(outcomes, middle)
plot.latency_percentiles({"a batch": latencies}, right)
left.set_title("The five that were wanted most")
middle.set_title("What was answered")
right.set_title("How long a batch took")
figure.savefig(os.environ.get("LIVEDROPS_FIGURE", "online_retail.png"))

# %%
shop.close()
