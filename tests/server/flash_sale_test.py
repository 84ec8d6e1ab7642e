#!/usr/bin/env python3
"""The demo's flash sale, small: it ends well, leaves no process, and sees a unit too many."""

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from livedropsd import BIN, PROGRAM, ROOT

SALE = ROOT / "examples" / "livedropsd" / "flash_sale.py"
TRACE = ROOT / "examples" / "data" / "online_retail_sample.csv.gz"


@unittest.skipUnless(PROGRAM.exists(), f"the server was not built: {PROGRAM}")
class FlashSale(unittest.TestCase):

    def run_sale(self, program=SALE):
        with tempfile.TemporaryDirectory() as directory:
            return subprocess.run(
                [sys.executable, program, TRACE, Path(directory, "shop"), "--bin", BIN, "--users",
                 "8", "--stock", "60", "--pause", "0.01"], capture_output=True, text=True,
                timeout=120, check=False, stdin=subprocess.DEVNULL, env=os.environ)

    def test_exactly_the_stock_is_sold(self):
        done = self.run_sale()
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("Exactly 60 sold", done.stdout)
        self.assertIn("409 sold-out", done.stdout)
        self.assertIn("201 replayed", done.stdout)
        self.assertIn("60  orderConfirmed (user)", done.stdout)

    def test_an_order_that_is_acknowledged_twice_is_seen(self):
        """With a key for each tap, double taps are orders of their own: the script must say so."""
        text = SALE.read_text(encoding="utf-8")
        once = 'user.send("POST", "/order", body)\n                more'
        self.assertEqual(text.count(once), 1)
        each = 'user.send("POST", "/order", {**body, "idempotencyKey": str(chance.random())})\n' \
               "                more"
        with tempfile.TemporaryDirectory() as directory:
            planted = Path(directory, "flash_sale.py")
            planted.write_text(text.replace(once, each), encoding="utf-8")
            done = self.run_sale(planted)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("WRONG", done.stdout)


if __name__ == "__main__":
    unittest.main()
