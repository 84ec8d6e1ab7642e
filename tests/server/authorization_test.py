#!/usr/bin/env python3
"""Every route by every kind of principal, from the reference page that follows from the table."""

import re
import unittest
import uuid

from livedropsd import END, ROOT, ServerTest

PAGE = ROOT / "docs" / "reference" / "authorization.md"
PRINCIPALS = ("no token", "user", "creator", "service", "admin")


def matrix():
    """(method, path) → {principal: "yes", "own" or ""}"""
    page = PAGE.read_text(encoding="utf-8").replace(" (404)", "")
    rows = re.findall(r"^\| `(\w+) (\S+)`[^|]*\|(.*)\|$", page, re.M)
    return {(method, path): dict(zip(PRINCIPALS, map(str.strip, cells.split("|"))))
            for method, path, cells in rows}


class Authorization(ServerTest):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.matrix = matrix()

    def principals(self):
        return dict(zip(PRINCIPALS, (self.client(), self.sign_up(), self.sign_up("creator"),
                                     self.service(), self.admin())))

    def test_the_page_has_every_route(self):
        paths = self.client().get("/openapi.json").json["paths"]
        described = {(method.upper(), re.sub(r"{(\w+)}", r":\1", path))
                     for path, methods in paths.items() for method in methods}
        internal = {("GET", "/livez"), ("GET", "/readyz"), ("GET", "/metrics")}
        self.assertEqual(described | internal, set(self.matrix))

    def test_a_role_is_refused_before_the_body_is_looked_at(self):
        """A body of the wrong type tells whether the role let the request pass: then it is 415."""
        for name, client in self.principals().items():
            for (method, path), cells in self.matrix.items():
                if method == "GET":
                    continue  # It has no body.
                expected = 415 if cells[name] else 401 if name == "no token" else 403
                answer = client.request(method, path, b"x", Content_Type="text/plain")
                self.assertEqual(answer.status, expected, (name, method, path, answer))

    def test_a_reader_without_the_role_learns_nothing(self):
        for name, client in self.principals().items():
            for (method, path), cells in self.matrix.items():
                internal = path in ("/livez", "/readyz", "/metrics")
                if method != "GET" or path == "/events" or internal:
                    continue
                answer = client.get(path)
                client.close()
                if cells[name] == "":
                    self.assertEqual(answer.status, 401 if name == "no token" else 403,
                                     (name, path, answer))
                elif cells[name] == "yes":
                    self.assertNotIn(answer.status, (401, 403), (name, path, answer))

    def things(self):
        """Somebody's account, product, drop and order, to be told from one's own."""
        cleo, ann = self.sign_up("creator"), self.sign_up()
        drop = self.make_drop(cleo)
        order = self.order(ann, drop).json
        return {"creator": cleo.id, "user": ann.id, "prod": drop["prodId"],
                "drop": drop["dropId"], "order": order["orderId"]}

    def own_requests(self, things):
        """For every route with an "own": a request for somebody else's thing, right in itself."""
        user = {"userId": things["user"]}
        key = {"Idempotency_Key": uuid.uuid4().hex}
        product, drop = "/products/:prodId", "/drops/:dropId"
        return {
            ("POST", "/follow"): ({"creatorId": things["creator"], **user}, {}),
            ("DELETE", "/follow"): ({"creatorId": things["creator"], **user}, {}),
            ("GET", "/followers/:creatorId"): (None, {}),
            ("GET", "/following/:userId"): (None, {}),
            ("GET", "/isFollowing"): (None, {}),
            ("PATCH", product): ({"name": "Other"}, {}),
            ("DELETE", product): (None, {}),
            ("PUT", product + "/media"): (b"\xff\xd8\xff\xe0", {"Content_Type": "image/jpeg"}),
            ("POST", "/createDrop"): ({"prodId": things["prod"], "endTime": END,
                                       "currentStock": 1}, {}),
            ("PATCH", drop): ({"lowStock": 1}, {}),
            **{("POST", f"{drop}/{action}"): ({}, {})
               for action in ("start", "pause", "resume", "end", "cancel")},
            ("POST", drop + "/restock"): ({"quantity": 1}, key),
            ("GET", drop + "/orders"): (None, {}),
            ("POST", "/order"): ({"dropId": things["drop"], "quantity": 1, **user}, key),
            ("POST", "/orders/:orderId/cancel"): ({}, {}),
            ("GET", "/orders/:orderId"): (None, {}),
            ("GET", "/orders"): (None, {}),
        }

    def test_others_do_not_get_what_is_not_theirs(self):
        things = self.things()
        requests = self.own_requests(things)
        # These are about the token's own account and name no other.
        unnamed = {("GET", "/notifications"), ("POST", "/notifications/read")}
        with_own = {route for route, cells in self.matrix.items() if "own" in cells.values()}
        self.assertEqual(with_own - unnamed, set(requests))
        strangers = {"user": self.sign_up(), "creator": self.sign_up("creator")}
        for (method, path), (body, headers) in requests.items():
            filled = re.sub(r":(\w+)Id", lambda match: things[match.group(1)], path)
            if path == "/isFollowing":
                filled += f"?creatorId={things['creator']}&userId={things['user']}"
            elif path == "/orders":
                filled += f"?userId={things['user']}"
            for name, client in strangers.items():
                answer = client.request(method, filled, body, **headers)
                hidden = path.startswith("/orders/")
                self.assertEqual(answer.status, 404 if hidden else 403,
                                 (name, method, path, answer))

    def test_a_closed_account_opens_nothing(self):
        """Disabled or erased: its token is none on every route, also where anybody may come."""
        admin = self.admin()
        disabled, erased = self.sign_up("creator"), self.sign_up()
        self.assertEqual(admin.post(f"/admin/users/{disabled.id}/disable").status, 200)
        self.assertEqual(erased.request("DELETE", "/account").status, 204)
        for client in (disabled, erased):
            for method, path in self.matrix:
                if path in ("/livez", "/readyz", "/metrics"):
                    continue
                answer = client.request(method, path, None if method == "GET" else {})
                self.assertEqual((answer.status, answer.code), (401, "unauthenticated"),
                                 (method, path, answer))
            fresh = client.post("/refresh", {"refreshToken": client.refresh}, token=None)
            self.assertEqual(fresh.status, 401, fresh)
            login = client.post("/login", {"email": client.email, "password": "secret-word"},
                                token=None)
            self.assertEqual(login.status, 401, login)

    def test_forged_tokens_open_nothing(self):
        ann = self.sign_up()
        head, claims, seal = ann.token.split(".")
        none = "eyJhbGciOiJub25lIn0"  # {"alg":"none"}
        for token in (f"{none}.{claims}.", f"{none}.{claims}.{seal}", f"{head}.{claims}.",
                      f"{head}.{claims}.{seal[:-2]}AA", f"{head}.{claims[:-2]}.{seal}",
                      "x", "..", ann.token + "A", ann.refresh):
            answer = ann.get("/orders", token=token)
            self.assertEqual((answer.status, answer.code), (401, "unauthenticated"), token)
            self.assertEqual(answer.headers["WWW-Authenticate"], "Bearer")
        self.assertEqual(ann.get("/orders", Authorization="Basic eDp5").status, 401)
        self.assertEqual(ann.get("/orders").status, 200)


if __name__ == "__main__":
    unittest.main()
