#!/usr/bin/env python3
"""What an operator keeps: backups made while the shop sells, and signed heads of the audit log."""

import json
import os
import stat
import subprocess
import threading
import unittest
from pathlib import Path

from livedropsd import BIN, SECONDS, ServerTest


class Keeping(ServerTest):

    def verify(self, file, *arguments):
        done = subprocess.run([BIN / "livedrops", "verify", f"sqlite:{file}", "--json", *arguments],
                              capture_output=True, text=True, timeout=SECONDS, check=False)
        return done.returncode, json.loads(done.stdout) if done.stdout else done.stderr

    def backup(self, name):
        made = self.command("backup", f"{self.directory}/{name}")
        self.assertEqual(made.returncode, 0, made.stderr)
        return json.loads(made.stdout)

    def export(self, name):
        made = self.command("export-head")
        self.assertEqual(made.returncode, 0, made.stderr)
        Path(self.directory, name).write_text(made.stdout, encoding="utf-8")
        return f"{self.directory}/{name}", json.loads(made.stdout)

    def test_a_backup_is_made_while_the_shop_sells(self):
        drop = self.make_drop(self.sign_up("creator"), 100_000)
        stop, people = threading.Event(), [self.sign_up() for _ in range(4)]

        def shop(client):
            while not stop.is_set():
                self.assertEqual(self.order(client, drop).status, 201)
        threads = [threading.Thread(target=shop, args=(client,)) for client in people]
        for thread in threads:
            thread.start()
        try:
            copies = [self.backup(f"copy{number}.db") for number in range(3)]
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        seqs = [copy["seq"] for copy in copies]
        self.assertEqual(seqs, sorted(seqs))
        for copy in copies:
            self.assertEqual(copy["bytes"], os.path.getsize(copy["file"]))
            self.assertEqual(stat.S_IMODE(os.stat(copy["file"]).st_mode), 0o600)
            code, report = self.verify(copy["file"])
            self.assertEqual((code, report["ok"], report["head"]), (0, True, copy["seq"]))
        # A copy is never written over another file, and nothing is left of one that failed.
        again = self.command("backup", copies[0]["file"])
        self.assertEqual(again.returncode, 1, again.stderr)
        self.assertIn("is there already", again.stderr)
        nowhere = self.command("backup", f"{self.directory}/none/copy.db")
        self.assertEqual(nowhere.returncode, 2)
        self.assertEqual([name for name in os.listdir(self.directory) if name.startswith("copy")
                          and not name.endswith(".db")], [])

    def test_a_damaged_shop_gives_no_backup(self):
        self.make_drop(self.sign_up("creator"))
        copy = self.backup("whole.db")["file"]
        for change, damage in (
                ("UPDATE events SET actor = 'nobody' WHERE seq = 2", "does not follow"),
                ("DELETE FROM events WHERE seq = 2", "does not follow"),
                ("PRAGMA ignore_check_constraints = ON; UPDATE drops SET current_stock = -1",
                 "CHECK constraint failed in drops")):
            broken = f"{self.directory}/broken.db"
            Path(broken).write_bytes(Path(copy).read_bytes())
            subprocess.run(["python3", "-c", "import sqlite3, sys; "
                            "c = sqlite3.connect(sys.argv[1]); c.executescript(sys.argv[2])",
                            broken, change], check=True)
            made = subprocess.run([BIN / "livedropsd", "backup", "--storage", f"sqlite:{broken}",
                                   f"{self.directory}/copied.db"], cwd=self.directory, text=True,
                                  capture_output=True, timeout=SECONDS, check=False)
            self.assertEqual(made.returncode, 1, made.stderr)
            self.assertIn(damage, made.stderr)
            self.assertFalse(os.path.exists(f"{self.directory}/copied.db"))

    def test_a_signed_head_shows_that_the_log_was_cut(self):
        creator = self.sign_up("creator")
        self.make_drop(creator)
        older = self.backup("older.db")["file"]
        self.make_drop(creator)
        file, head = self.export("head.json")
        self.assertEqual(set(head), {"seq", "hash", "at", "key", "signature"})
        key = f"{self.directory}/shop.db.audit-key"
        self.assertEqual(stat.S_IMODE(os.stat(key).st_mode), 0o600)
        shop = f"{self.directory}/shop.db"
        code, report = self.verify(shop, "--head", file, "--head-key", head["key"])
        self.assertEqual((code, report["ok"], report["checked"]["audit_heads"]), (0, True, 1))
        # The log may have grown since.
        self.make_drop(creator)
        self.assertEqual(self.verify(shop, "--head", file)[0], 0)
        # Without the head a shorter log is whole.
        self.assertEqual(self.verify(older)[0], 0)
        code, report = self.verify(older, "--head", file)
        self.assertEqual((code, report["violations"][0]["invariant"]), (1, "audit_head"))
        self.assertIn("its tail was cut", report["violations"][0]["detail"])

    def test_a_signed_head_shows_another_history_and_another_signer(self):
        self.make_drop(self.sign_up("creator"))
        file, head = self.export("head2.json")
        shop = f"{self.directory}/shop.db"

        def violation(*arguments, **change):
            Path(file).write_text(json.dumps({**head, **change}), encoding="utf-8")
            code, report = self.verify(shop, "--head", file, *arguments)
            self.assertEqual(code, 1)
            return report["violations"][0]["detail"]

        self.assertIn("is wrong", violation(hash="0" * 64))
        self.assertIn("is wrong", violation(seq=head["seq"] + 1))
        self.assertIn("is wrong", violation(signature="0" * 128))
        self.assertIn("not by", violation("--head-key", "1" * 64))
        Path(file).write_text("{}", encoding="utf-8")
        self.assertEqual(self.verify(shop, "--head", file)[0], 64)

        class Other(Keeping):
            """Another shop that signs with the same key."""
        Other.setUpClass()
        self.addCleanup(Other.doClassCleanups)
        other = Other()
        other.make_drop(other.sign_up("creator"))
        other.make_drop(other.sign_up("creator"))
        made = other.command("export-head", "--audit-key-file",
                             f"{self.directory}/shop.db.audit-key")
        Path(file).write_text(made.stdout, encoding="utf-8")
        for _ in range(2):
            self.make_drop(self.sign_up("creator"))
        code, report = self.verify(shop, "--head", file, "--head-key", head["key"])
        other.doCleanups()
        self.assertEqual(code, 1)
        self.assertIn("the log was rewritten", report["violations"][0]["detail"])


if __name__ == "__main__":
    unittest.main()
