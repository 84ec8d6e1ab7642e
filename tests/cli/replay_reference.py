"""What `livedrops replay` must answer, computed from the CSV alone.

Shares no code with the program: a dictionary for the stock, a list of orders for each user and
code. `replay_reference.py FILE SHARE` prints it as JSON.
"""

import csv
import gzip
import json
import re
import sys
from collections import Counter, defaultdict
from fractions import Fraction
from math import ceil


def lines_of(path):
    """Physical lines with their number, the header (line 1) left out."""
    opener = gzip.open if path.endswith(".gz") else open
    with opener(path, "rb") as file:
        text = file.read().decode("utf-8", errors="surrogateescape")
    lines = text.split("\n")
    if lines and lines[-1] == "":
        lines.pop()
    return list(enumerate(lines, 1))[1:]


def number(parse, text):
    try:
        return parse(text)
    except ValueError:
        return None


def parse_line(text):
    """The columns of a good line, or None. No field of the tested files spans lines."""
    row = next(csv.reader([text]), [])
    if len(row) != 8:
        return None
    quantity, price = number(int, row[3]), number(float, row[5])
    if quantity is None or price is None:
        return None
    cancels = row[0].startswith("C")
    if quantity <= 0 and not cancels:
        return None
    return {"invoice": row[0], "code": row[1], "quantity": abs(quantity), "price": price,
            "user": "c:" + row[6] if row[6] else "guest:" + row[0], "cancels": cancels}


def drop_id(code):
    data = code.encode("utf-8", errors="surrogateescape")
    return "p:" + re.sub(rb"[^A-Za-z0-9._:-]", lambda m: b"_%02x" % m.group()[0], data).decode()


class Shop:
    def __init__(self, good, share):
        demand = Counter()
        self.price = {}
        for line in good:
            self.price.setdefault(line["code"], line["price"])
            if not line["cancels"]:
                demand[line["code"]] += line["quantity"]
        self.stock = {code: ceil(Fraction(share) * units) for code, units in demand.items()}
        self.init = dict(self.stock)
        self.orders = defaultdict(list)  # (user, code) -> units left of each, oldest first
        self.outcomes = Counter()
        self.keys = []
        self.cancelled = self.unmatched = 0

    def order(self, line):
        if line["quantity"] > self.stock[line["code"]]:
            self.outcomes["sold_out"] += 1
            return
        self.stock[line["code"]] -= line["quantity"]
        self.orders[line["user"], line["code"]].append(line["quantity"])
        self.keys.append((drop_id(line["code"]), f"{line['invoice']}:{line['number']}",
                          line["user"]))
        self.outcomes["confirmed"] += 1

    def cancel(self, line):
        left = line["quantity"]
        orders = self.orders.get((line["user"], line["code"]), [])
        while orders and left:
            units = min(left, orders[-1])
            orders[-1] -= units
            left -= units
            self.stock[line["code"]] += units
            self.cancelled += units
            if orders[-1] == 0:
                orders.pop()
        self.unmatched += left


def replay(path, share):
    """The expected JSON of the first run, and the shop afterwards."""
    lines = lines_of(path)
    good = []
    for place, text in lines:
        parsed = parse_line(text)
        if parsed:
            good.append({**parsed, "number": place})
    shop = Shop(good, share)
    for line in good:
        if line["cancels"]:
            shop.cancel(line)
        else:
            shop.order(line)
    return {
        "lines": len(lines),
        "bad_lines": len(lines) - len(good),
        "cancel_lines": sum(line["cancels"] for line in good),
        "orders": dict(shop.outcomes),
        "cancelled_units": shop.cancelled,
        "unmatched_cancel_units": shop.unmatched,
        "units_sold": sum(map(sum, shop.orders.values())),
        "drops": len(shop.stock),
        "sold_out_drops": sum(units == 0 for units in shop.stock.values()),
    }, shop


if __name__ == "__main__":
    print(json.dumps(replay(sys.argv[1], sys.argv[2])[0]))
