#!/usr/bin/env python3
"""The worked example of docs/internals/event-log.md computed again."""

import hashlib
import re
import unittest
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "internals" / "event-log.md"


class ChainTest(unittest.TestCase):

    def setUp(self):
        text = PAGE.read_text(encoding="utf-8")
        block = re.search(r"^```text chain\n(.*?)^```$", text, re.MULTILINE | re.DOTALL).group(1)
        self.rows = [row.split("\n") for row in block.strip().split("\n\n")]

    def test_each_hash_is_that_of_its_line(self):
        self.assertEqual(len(self.rows), 4)
        for line, shown in self.rows:
            self.assertEqual(hashlib.sha256(line.encode()).hexdigest(), shown, line)

    def test_each_row_follows_the_one_before(self):
        before = "0"
        for number, (line, shown) in enumerate(self.rows, 1):
            previous, seq, *_ = line.split("|")
            self.assertEqual((previous, seq), (before, str(number)))
            before = shown

    def test_the_order_id_holds_time_and_seq(self):
        line, _ = self.rows[-1]
        _, seq, ts_ms, _, _, order_id, _ = line.split("|", 6)
        number = int(order_id.replace("-", ""), 16)
        found_seq = (number >> 64 & 0xfff) << 32 | (number >> 30 & 0xffffffff)
        self.assertEqual((number >> 80, found_seq), (int(ts_ms), int(seq)))


if __name__ == "__main__":
    unittest.main()
