#!/usr/bin/env python3
"""Schemathesis against the real server: requests made from the OpenAPI description it serves, right
and wrong ones, and every answer compared with what the description and the reference promise."""

import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "realtime"))

from authorization_test import matrix  # noqa: E402  (the path above is not theirs)
from kit import install  # noqa: E402
from livedropsd import ROOT, ServerTest  # noqa: E402
from livedropsd_test import PNG  # noqa: E402

PACKAGES = ["schemathesis==4.32.5"]
PROBLEMS = ROOT / "docs" / "reference" / "problems.md"
# Who is asked to do it, the first who may. The creator owns everything in the shop.
BY_PREFERENCE = ("creator", "service", "admin")
# So many of each kind: some are deleted or used up on the way.
THINGS = 20
SECONDS = 120

# Two that schemathesis.toml names; Schemathesis itself leaves out the description that it read.
LEFT_OUT = 3
# A refresh token cannot be invented.
NEVER_RIGHT = {"POST /refresh"}


def install_schemathesis():
    return install("schemathesis", PACKAGES, lambda target: [
        sys.executable, "-m", "pip", "install", "--quiet", "--target", target, *PACKAGES])


LIBRARY = install_schemathesis()


@unittest.skipUnless(LIBRARY, "Schemathesis cannot be installed")
class Schemathesis(ServerTest):

    def setUp(self):
        self.creator = self.sign_up("creator")
        self.people = {"creator": self.creator, "service": self.service(), "admin": self.admin()}
        self.described = self.client().get("/openapi.json").json["paths"]

    def tokens(self):
        """For each route the token of the first who may."""
        found = {}
        for (method, path), cells in matrix().items():
            if not cells["no token"]:
                described = re.sub(r":(\w+)", r"{\1}", path)
                person = next(who for who in BY_PREFERENCE if cells[who])
                found[f"{method} {described}"] = self.people[person].token
        return found

    def some(self, make):
        return [make() for _ in range(THINGS)]

    def ids(self):
        drops = self.some(lambda: self.make_drop(self.creator, stock=1_000_000)["dropId"])
        products = self.some(lambda: self.creator.post("/createProd", {
            "name": "Lamp", "desc": "", "price": 1}).json["prodId"])
        media = self.creator.request("PUT", f"/products/{products[0]}/media", PNG,
                                     Content_Type="image/png")
        self.assertEqual(media.status, 200, media)
        return {"dropId": drops, "prodId": products, "orderId": self.holds(drops[0]),
                "creatorId": [self.creator.id], "userId": [self.creator.id],
                "sha256": [media.json["mediaUrl"].rsplit("/", 1)[1]]}

    def holds(self, drop):
        return self.some(lambda: self.order(self.people["service"], {"dropId": drop}, hold=True,
                                            userId=self.creator.id).json["orderId"])

    def own_ids(self, ids):
        """What one route uses up is not the others'."""
        own = {f"/orders/{{orderId}}/{act}": {"orderId": self.holds(ids["dropId"][0])}
               for act in ("confirm", "extend", "cancel")}
        for act in ("pause", "resume", "end", "cancel"):
            drops = self.some(lambda: self.make_drop(self.creator)["dropId"])
            own[f"/drops/{{dropId}}/{act}"] = {"dropId": drops}
        return own

    def shop(self):
        """What the hooks know; see there."""
        parameters = [parameter for methods in self.described.values()
                      for operation in methods.values()
                      for parameter in operation.get("parameters", ())]
        codes = re.findall(r"^\| `([a-z-]+)` \| (\d+) \|", PROBLEMS.read_text(encoding="utf-8"),
                           re.MULTILINE)
        ids = self.ids()
        return {"url": f"http://{self.server.public}", "tokens": self.tokens(), "ids": ids,
                "own": self.own_ids(ids), "victim": self.sign_up().id,
                "any_text_is_an_id": all(parameter["schema"] == {"type": "string"}
                                         for parameter in parameters if parameter["in"] == "path"),
                "codes": {code: int(status) for code, status in codes}}

    def test_answers_are_as_described(self):
        shop = self.shop()
        here = Path(__file__).parent
        environment = {**os.environ, "PYTHONPATH": str(LIBRARY), "LIVEDROPS_SHOP": json.dumps(shop),
                       "SCHEMATHESIS_HOOKS": str(here / "schemathesis_hooks.py")}
        with tempfile.TemporaryDirectory() as directory:
            done = subprocess.run(
                [sys.executable, "-m", "schemathesis.cli", "--config-file",
                 here / "schemathesis.toml", "run", shop["url"] + "/openapi.json",
                 "--no-color", "--warnings", "off"],
                cwd=directory, capture_output=True, text=True, timeout=SECONDS, check=False,
                env=environment)
        self.assertEqual(done.returncode, 0, done.stdout[-20000:] + done.stderr[-2000:])
        routes = sum(len(methods) for methods in self.described.values()) - LEFT_OUT
        self.assertIn(f"Tested: {routes}", done.stdout)
        self.assertEqual(self.routes_without_success(), NEVER_RIGHT)

    def routes_without_success(self):
        """The routes that answered and never 2xx: there everything behind the first check was left
        untried."""
        page = self.operator().get("/metrics").body.decode()
        counted = re.findall(r'^livedrops_http_requests_total{route="(/.*)",method="(\w+)",'
                             r'code="(\d)xx"}', page, re.MULTILINE)
        good = {(method, route) for route, method, digit in counted if digit == "2"}
        return {f"{method} {route}" for route, method, _ in counted if (method, route) not in good}


if __name__ == "__main__":
    unittest.main()
