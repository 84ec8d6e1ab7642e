#!/usr/bin/env python3
"""The server as its clients see it: every route of the contract, through the real program."""

import asyncio
import concurrent.futures
import datetime
import gzip
import http.client
import json
import re
import struct
import sys
import time
import unittest
import zlib

try:
    import websockets
except ImportError:
    # Debian's package, when another interpreter than Debian's runs this.
    sys.path.append("/usr/lib/python3/dist-packages")
    import websockets

from livedropsd import END, NO_LIMITS, SECONDS, ServerTest

HEADER = b"IHDR" + struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
PNG = (b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + HEADER
       + struct.pack(">I", zlib.crc32(HEADER)))


def rfc3339(seconds):
    moment = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Accounts(ServerTest):

    def test_an_email_is_taken_once(self):
        ann = self.sign_up()
        again = ann.post("/register", {"name": "B", "email": ann.email.upper(),
                                       "password": "another-word", "role": "user"})
        self.assertEqual((again.status, again.code), (409, "conflict"))

    def test_a_login_does_not_tell_whether_an_account_exists(self):
        ann = self.sign_up()
        wrong = ann.post("/login", {"email": ann.email, "password": "wrong-word"})
        nobody = ann.post("/login", {"email": "nobody@example.com", "password": "wrong-word"})
        for answer in (wrong, nobody):
            self.assertEqual((answer.status, answer.code), (401, "unauthenticated"))
        self.assertEqual(wrong.json["detail"], nobody.json["detail"])

    def test_a_refresh_rotates_and_a_logout_ends_the_session(self):
        ann = self.sign_up()
        fresh = ann.post("/refresh", {"refreshToken": ann.refresh})
        self.assertEqual(fresh.status, 200, fresh)
        self.assertNotEqual(fresh.json["refreshToken"], ann.refresh)
        self.assertEqual(ann.get("/orders").status, 200)
        self.assertEqual(ann.post("/logout").status, 204)
        self.assertEqual(ann.get("/orders").status, 401)
        dead = ann.post("/refresh", {"refreshToken": fresh.json["refreshToken"]}, token=None)
        self.assertEqual(dead.status, 401, dead)

    def test_a_password_is_changed_by_who_knows_the_old_one(self):
        ann = self.sign_up()
        refused = ann.post("/password", {"old": "wrong-word", "new": "new-secret"})
        self.assertEqual(refused.status, 401, refused)
        changed = ann.post("/password", {"old": "secret-word", "new": "new-secret"})
        self.assertEqual(changed.status, 204, changed)
        login = ann.post("/login", {"email": ann.email, "password": "new-secret"})
        self.assertEqual(login.status, 200, login)

    def test_a_new_password_ends_the_other_sessions(self):
        ann, ben = self.sign_up(), self.sign_up()
        tokens = [ann.post("/login", {"email": ann.email, "password": "secret-word"}).json
                  for _ in range(3)]
        others = [self.client(pair["accessToken"]) for pair in tokens]
        self.assertEqual([other.get("/orders").status for other in others], [200] * 3)
        changed = ann.post("/password", {"old": "secret-word", "new": "new-secret"})
        self.assertEqual(changed.status, 204, changed)
        self.assertEqual([other.get("/orders").status for other in others], [401] * 3)
        for pair in tokens:
            dead = ann.post("/refresh", {"refreshToken": pair["refreshToken"]}, token=None)
            self.assertEqual(dead.status, 401, dead)
        self.assertEqual(ann.get("/orders").status, 200)
        self.assertEqual(ann.post("/refresh", {"refreshToken": ann.refresh}).status, 200)
        self.assertEqual(ben.get("/orders").status, 200)

    def test_an_erased_account_is_gone_and_its_email_free(self):
        ann = self.sign_up()
        self.assertEqual(ann.request("DELETE", "/account").status, 204)
        self.assertEqual(ann.get("/orders").status, 401)
        again = ann.post("/register", {"name": "B", "email": ann.email, "role": "user",
                                       "password": "secret-word"}, token=None)
        self.assertEqual(again.status, 201, again)

    def test_an_admin_disables_and_enables(self):
        ann, admin = self.sign_up(), self.admin()
        disabled = admin.post(f"/admin/users/{ann.id}/disable")
        self.assertEqual(disabled.json, {"userId": ann.id, "disabled": True})
        self.assertEqual(ann.get("/orders").status, 401)
        self.assertEqual(admin.post(f"/admin/users/{ann.id}/enable").status, 200)
        self.assertEqual(ann.get("/orders").status, 200)
        self.assertEqual(admin.post("/admin/users/nobody/disable").status, 404)

    def test_an_admin_is_made_by_the_program(self):
        with open(f"{self.directory}/password", "w", encoding="utf-8") as file:
            file.write("secret-word\n")
        made = self.command("create-admin", "--email", "root@example.com", "--password-file",
                            f"{self.directory}/password")
        self.assertEqual(made.returncode, 0, made.stderr)
        login = self.client().post("/login", {"email": "root@example.com",
                                              "password": "secret-word"})
        audit = self.client(login.json["accessToken"]).get("/audit?action=accountCreated")
        self.assertIn(json.loads(made.stdout)["userId"],
                      [entry["subject"] for entry in audit.json["data"]])


class Follows(ServerTest):

    def test_following_is_idempotent_and_counted(self):
        ann, cleo = self.sign_up(), self.sign_up("creator")
        first = ann.post("/follow", {"creatorId": cleo.id})
        again = ann.post("/follow", {"creatorId": cleo.id, "userId": ann.id})
        self.assertEqual(first.status, 200, first)
        self.assertEqual(first.json, again.json)
        self.assertEqual(first.json["following"], True)
        followers = cleo.get(f"/followers/{cleo.id}").json
        self.assertEqual(followers["total"], 1)
        self.assertEqual(followers["data"], [{"userId": ann.id, "since": first.json["since"]}])
        self.assertEqual(ann.get(f"/following/{ann.id}").json["data"][0]["creatorId"], cleo.id)
        asked = f"/isFollowing?creatorId={cleo.id}&userId={ann.id}"
        self.assertEqual(ann.get(asked).json, {"following": True})
        self.assertEqual(cleo.get(asked).json, {"following": True})
        self.assertEqual(self.sign_up().get(asked).status, 403)
        gone = ann.request("DELETE", f"/follow?creatorId={cleo.id}")
        self.assertEqual(gone.json, {"creatorId": cleo.id, "userId": ann.id, "following": False})
        self.assertEqual(ann.get(asked).json, {"following": False})
        shown = ann.get(f"/creators/{cleo.id}", token=None).json
        self.assertEqual(shown, {"creatorId": cleo.id, "name": "Ann", "followers": 0})

    def test_others_and_unknown_creators_are_refused(self):
        ann, ben, cleo = self.sign_up(), self.sign_up(), self.sign_up("creator")
        self.assertEqual(ann.post("/follow", {"creatorId": cleo.id, "userId": ben.id}).status, 403)
        self.assertEqual(ann.post("/follow", {"creatorId": "nobody"}).status, 404)
        self.assertEqual(ann.get(f"/followers/{cleo.id}").status, 403)
        self.assertEqual(ann.get(f"/following/{ben.id}").status, 403)

    def test_pages_are_walked_by_cursor(self):
        cleo = self.sign_up("creator")
        fans = [self.sign_up() for _ in range(5)]
        for fan in fans:
            fan.post("/follow", {"creatorId": cleo.id})
        seen, path = [], f"/followers/{cleo.id}?limit=2"
        cursor = ""
        while True:
            page = cleo.get(path + cursor).json
            seen += [entry["userId"] for entry in page["data"]]
            if "nextCursor" not in page:
                break
            cursor = f"&cursor={page['nextCursor']}"
        self.assertEqual(sorted(seen), sorted(fan.id for fan in fans))
        foreign = fans[0].get(f"/following/{fans[0].id}?cursor={'ab' * 20}")
        self.assertEqual((foreign.status, foreign.code), (400, "invalid-cursor"))
        for limit in ("0", "101", "x", ""):
            answer = cleo.get(f"/followers/{cleo.id}?limit={limit}")
            self.assertEqual((answer.status, answer.code), (400, "invalid-field"), limit)


class Cursors(ServerTest):

    def test_a_cursor_is_for_its_list_and_filter(self):
        cleo, ann, admin = self.sign_up("creator"), self.sign_up(), self.admin()
        drops = [self.make_drop(cleo) for _ in range(2)]
        ann.post("/follow", {"creatorId": cleo.id})
        self.sign_up().post("/follow", {"creatorId": cleo.id})
        for _ in range(2):
            self.order(ann, drops[0])
        lists = [(ann, "/drops?"), (ann, f"/drops?creatorId={cleo.id}&"),
                 (ann, "/drops?status=live&"), (ann, "/orders?"),
                 (ann, "/orders?status=confirmed&"), (ann, "/notifications?"),
                 (cleo, f"/followers/{cleo.id}?"), (cleo, f"/drops/{drops[0]['dropId']}/orders?"),
                 (admin, "/audit?"), (admin, f"/audit?actor={ann.id}&")]
        cursors = [client.get(path + "limit=1").json["nextCursor"] for client, path in lists]
        for index, (client, path) in enumerate(lists):
            for other, cursor in enumerate(cursors):
                answer = client.get(f"{path}limit=2&cursor={cursor}")
                if index == other:
                    self.assertEqual(answer.status, 200, path)
                else:
                    self.assertEqual((answer.status, answer.code), (400, "invalid-cursor"),
                                     (path, lists[other][1]))
            own = cursors[index]
            for wrong in (own[:-1], own + "0", own.upper(), own[::-1], "0" * len(own), "%20" + own):
                answer = client.get(f"{path}cursor={wrong}")
                self.assertEqual((answer.status, answer.code), (400, "invalid-cursor"), path)


class Products(ServerTest):

    def test_a_product_is_made_read_changed_and_hidden(self):
        cleo = self.sign_up("creator")
        made = cleo.post("/createProd", {"prodId": f"p-{cleo.id}", "name": "Lamp", "desc": "Warm",
                                         "price": 1999, "currency": "EUR"})
        self.assertEqual(made.status, 201, made)
        path = f"/products/{made.json['prodId']}"
        read = cleo.get(path, token=None)
        self.assertEqual(read.json, made.json)
        self.assertEqual(read.headers["ETag"], made.headers["ETag"])
        self.assertEqual(cleo.get(path, If_None_Match=read.headers["ETag"]).status, 304)
        self.assertIn("stale-while-revalidate", read.headers["Cache-Control"])
        changed = cleo.request("PATCH", path, {"price": 2100}, If_Match=read.headers["ETag"])
        self.assertEqual((changed.status, changed.json["price"], changed.json["currency"]),
                         (200, 2100, "EUR"))
        stale = cleo.request("PATCH", path, {"price": 1}, If_Match=read.headers["ETag"])
        self.assertEqual((stale.status, stale.code), (412, "precondition-failed"))
        self.assertEqual(cleo.get(path + "?fields=name,price").json,
                         {"name": "Lamp", "price": 2100})
        included = cleo.get(path + "?include=drop,creator").json
        self.assertEqual(included["creator"]["creatorId"], cleo.id)
        self.assertEqual(self.sign_up("creator").request("DELETE", path).status, 403)
        self.assertEqual(cleo.request("DELETE", path).status, 204)
        self.assertEqual(cleo.get(path).status, 404)

    def test_creating_again_is_200_with_an_id_and_201_with_a_key(self):
        cleo, other = self.sign_up("creator"), self.sign_up("creator")
        body = {"prodId": f"again-{cleo.id}", "name": "Lamp", "desc": "", "price": 1}
        self.assertEqual([cleo.post("/createProd", body).status for _ in range(2)], [201, 200])
        self.assertEqual(cleo.post("/createProd", {**body, "price": 2}).code, "conflict")
        self.assertEqual(other.post("/createProd", body).code, "conflict")
        del body["prodId"]
        answers = [cleo.post("/createProd", body, Idempotency_Key="k1") for _ in range(2)]
        self.assert_replayed(*answers)
        drop = {"prodId": answers[0].json["prodId"], "currentStock": 1, "endTime": END}
        self.assert_replayed(*(cleo.post("/createDrop", drop, Idempotency_Key="k2")
                               for _ in range(2)))

    def assert_replayed(self, first, again):
        self.assertEqual((first.status, again.status), (201, 201), again)
        self.assertEqual(again.body, first.body)
        self.assertEqual(again.headers["ETag"], first.headers["ETag"])
        self.assertIsNone(first.headers["Idempotent-Replayed"])
        self.assertEqual(again.headers["Idempotent-Replayed"], "true")

    def test_a_creation_is_replayed_as_it_was_whatever_became_of_it(self):
        cleo = self.sign_up("creator")

        def create(path, body, key):
            return cleo.post(path, body, Idempotency_Key=key)

        lamp = {"name": "Lamp", "desc": "Warm", "price": 5}
        made = create("/createProd", lamp, "p1")
        path = f"/products/{made.json['prodId']}"
        self.assertEqual(cleo.request("PATCH", path, {"name": "L2", "price": 7}).status, 200)
        self.assert_replayed(made, create("/createProd", lamp, "p1"))
        gone = create("/createProd", lamp, "p2")
        self.assertEqual(cleo.request("DELETE", f"/products/{gone.json['prodId']}").status, 204)
        self.assert_replayed(gone, create("/createProd", lamp, "p2"))

        sale = {"prodId": made.json["prodId"], "currentStock": 2, "endTime": END}
        live = create("/createDrop", sale, "d1")
        self.assertEqual((live.json["status"], live.json["price"]), ("live", 7))
        self.assertEqual(self.order(self.sign_up(), live.json).status, 201)
        path = f"/drops/{live.json['dropId']}"
        self.assertEqual(cleo.request("PATCH", path, {"maxPerUser": 1}).status, 200)
        self.assertEqual(cleo.post(f"{path}/restock", {"quantity": 1}, Idempotency_Key="r1").status,
                         200)
        self.assertEqual(cleo.post(f"{path}/end").status, 200)
        self.assert_replayed(live, create("/createDrop", sale, "d1"))

        sale["startTime"] = "2998-01-01T00:00:00Z"
        later = create("/createDrop", sale, "d2")
        path = f"/drops/{later.json['dropId']}"
        self.assertEqual(cleo.request("PATCH", path, {"price": 9}).status, 200)
        self.assertEqual(cleo.post(f"{path}/start").status, 200)
        self.assert_replayed(later, create("/createDrop", sale, "d2"))

        self.assertEqual(cleo.post(f"{path}/end").status, 200)
        self.assertEqual(cleo.request("DELETE", f"/products/{sale['prodId']}").status, 204)
        self.assert_replayed(later, create("/createDrop", sale, "d2"))
        unknown = create("/createDrop", sale, "d3")
        self.assertEqual((unknown.status, unknown.code), (404, "not-found"))

    def test_pages_have_totals_and_filters(self):
        cleo = self.sign_up("creator")
        drop = self.make_drop(cleo)
        for number in range(4):
            cleo.post("/createProd", {"name": f"P{number}", "desc": "", "price": number})
        page = cleo.get(f"/products?creatorId={cleo.id}&limit=2&page=2").json
        self.assertEqual((page["page"], page["limit"], page["total"], page["totalPages"]),
                         (2, 2, 5, 3))
        self.assertEqual(len(page["data"]), 2)
        self.assertEqual(cleo.get(f"/products?creatorId={cleo.id}&page=9").json["data"], [])
        live = cleo.get(f"/products?creatorId={cleo.id}&status=live&include=drop").json["data"]
        self.assertEqual([p["drop"]["dropId"] for p in live], [drop["dropId"]])
        far = cleo.get(f"/products?creatorId={cleo.id}&page={2**31 - 1}&limit=100")
        self.assertEqual((far.status, far.json["data"]), (200, []))
        for query in ("page=0", "status=gone", "fields=nothing", "include=all", "creatorId=%20"):
            self.assertEqual(cleo.get("/products?" + query).code, "invalid-field", query)
        self.assertEqual(cleo.get("/products?unknown=1").status, 200)
        mine = f"/products?creatorId={cleo.id}&fields=name"
        for name in ("first", "second"):  # A change is seen in the next read.
            cleo.request("PATCH", f"/products/{drop['prodId']}", {"name": name})
            self.assertIn({"name": name}, cleo.get(mine).json["data"])

    def test_a_small_screen_asks_for_what_is_essential(self):
        cleo = self.sign_up("creator")
        drop = self.make_drop(cleo, lowStock=1)
        product, small = f"/products/{drop['prodId']}", {"dropId", "prodId", "price", "currency",
                                                         "currentStock", "startTime", "endTime",
                                                         "status", "serverTime"}
        tile = cleo.get(f"{product}?view=essential&include=drop,creator")
        self.assertEqual(set(tile.json), {"prodId", "name", "price", "currency", "drop", "creator"})
        self.assertEqual(set(tile.json["drop"]), small)
        for path in (f"/drops/{drop['dropId']}", f"/drops?creatorId={cleo.id}"):
            essential = cleo.get(f"{path}{'&' if '?' in path else '?'}view=essential")
            one = essential.json["data"][0] if "data" in essential.json else essential.json
            self.assertEqual(set(one), small)
        whole, full = cleo.get(product), cleo.get(f"{product}?view=full")
        self.assertEqual((whole.json, whole.headers["ETag"]), (full.json, full.headers["ETag"]))
        self.assertNotEqual(whole.headers["ETag"],
                            cleo.get(f"{product}?view=essential").headers["ETag"])
        self.assertEqual(cleo.get(f"{product}?view=essential&fields=desc").json, {"desc": "A lamp"})
        # The same members of the product, others of the drop.
        tags = {cleo.get(f"{path}?fields=name&include=drop&view={view}").headers["ETag"]
                for view in ("full", "essential") for path in (product, "/products")}
        self.assertEqual(len(tags), 4)
        self.assertEqual(cleo.get(f"{product}?view=tiny").code, "invalid-field")

    def test_a_product_with_a_running_drop_stays(self):
        cleo = self.sign_up("creator")
        drop = self.make_drop(cleo)
        self.assertEqual(cleo.request("DELETE", f"/products/{drop['prodId']}").code, "conflict")
        cleo.post(f"/drops/{drop['dropId']}/end")
        self.assertEqual(cleo.request("DELETE", f"/products/{drop['prodId']}").status, 204)

    def test_a_picture_is_checked_kept_and_read_in_parts(self):
        cleo = self.sign_up("creator")
        path = f"/products/{self.make_drop(cleo)['prodId']}/media"
        for body in (b"<svg/>", PNG[:8], PNG[:12]):
            wrong = cleo.request("PUT", path, body, Content_Type="image/png")
            self.assertEqual((wrong.status, wrong.code), (415, "unsupported-media-type"), body)
        self.assertEqual(cleo.request("PUT", path, PNG, Content_Type="text/html").status, 415)
        large = cleo.request("PUT", path, PNG + bytes(5 << 20), Content_Type="image/png")
        self.assertEqual((large.status, large.code), (413, "body-too-large"))
        cleo.close()
        for named, status in (("image/pngs", 415), ("image/jpeg", 415), ("Image/PNG;x=1", 200)):
            put = cleo.request("PUT", path, PNG, Content_Type=named)
            self.assertEqual(put.status, status, put)
        url = put.json["mediaUrl"]
        whole = cleo.get(url, token=None)
        self.assertEqual((whole.body, whole.headers["Content-Type"]), (PNG, "image/png"))
        self.assertIn("immutable", whole.headers["Cache-Control"])
        part = cleo.get(url, Range="bytes=1-3")
        self.assertEqual((part.status, part.body), (206, b"PNG"))
        self.assertEqual(part.headers["Content-Range"], f"bytes 1-3/{len(PNG)}")
        self.assertEqual(cleo.get(url, Range="bytes=-4").body, PNG[-4:])
        self.assertEqual(cleo.get(url, Range=f"bytes={len(PNG)}-").status, 416)
        self.assertEqual(cleo.get(url, If_None_Match=whole.headers["ETag"]).status, 304)
        for name in ("..%2f..%2fshop.db", "A" * 64, "0" * 64, "../shop.db"):
            self.assertEqual(cleo.get("/media/" + name).status, 404, name)


class Drops(ServerTest):

    def test_a_drop_lives_as_the_contract_says(self):
        cleo = self.sign_up("creator")
        drop = self.make_drop(cleo, 5, startTime="2998-01-01T00:00:00Z")
        path = f"/drops/{drop['dropId']}"
        self.assertEqual((drop["status"], drop["initStock"]), ("scheduled", 5))
        early = self.order(self.sign_up(), drop)
        self.assertEqual((early.code, early.json["startTime"]),
                         ("drop-not-started", "2998-01-01T00:00:00.000Z"))
        changed = cleo.request("PATCH", path, {"price": 5, "maxPerUser": 2})
        self.assertEqual((changed.json["price"], changed.json["maxPerUser"]), (5, 2))
        for action, status in (("start", "live"), ("pause", "paused"), ("resume", "live")):
            for _ in range(2):
                answer = cleo.post(f"{path}/{action}")
                self.assertEqual((answer.status, answer.json["status"]), (200, status))
        self.assertEqual(cleo.request("PATCH", path, {"price": 6}).code, "conflict")
        self.assertEqual(cleo.post(f"{path}/restock", {"quantity": 1}).code,
                         "missing-idempotency-key")
        for _ in range(2):
            more = cleo.post(f"{path}/restock", {"quantity": 3}, Idempotency_Key="r1")
            self.assertEqual((more.status, more.json["currentStock"]), (200, 8), more)
        less = cleo.post(f"{path}/restock", {"quantity": -9}, Idempotency_Key="r2")
        self.assertEqual((less.status, less.code), (409, "conflict"))
        self.assertEqual(cleo.post(f"{path}/end").json["status"], "ended")
        self.assertEqual(self.order(self.sign_up(), drop).code, "drop-ended")

    def test_what_cannot_be_is_refused(self):
        cleo, other = self.sign_up("creator"), self.sign_up("creator")
        product = self.make_drop(cleo)["prodId"]
        good = {"prodId": product, "endTime": END, "currentStock": 1}
        for change in ({"endTime": "2001-01-01T00:00:00Z"}, {"currentStock": -1},
                       {"startTime": END}, {"currentStock": 2**31}, {"currentStock": 1.5},
                       {"holdSeconds": 29}, {"confirmation": "maybe"}, {"unknown": 1}):
            answer = cleo.post("/createDrop", {**good, **change})
            self.assertEqual((answer.status, answer.code), (400, "invalid-field"), change)
        later = cleo.post("/createDrop", {**good, "startTime": "2998-01-01T00:00:00Z"}).json
        path = f"/drops/{later['dropId']}"
        for change, pointer in (({"endTime": "2001-01-01T00:00:00Z"}, "/endTime"),
                                ({"endTime": "2997-01-01T00:00:00Z"}, "/endTime"),
                                ({"startTime": END}, "/startTime")):
            answer = cleo.request("PATCH", path, change)
            self.assertEqual((answer.status, answer.code), (400, "invalid-field"), change)
            self.assertEqual([error["pointer"] for error in answer.json["errors"]], [pointer])
        self.assertEqual(other.post("/createDrop", good).code, "forbidden")
        self.assertEqual(cleo.post("/createDrop", {**good, "prodId": "none"}).status, 404)

    def test_no_answer_with_a_drop_is_cached_past_its_next_change(self):
        cleo = self.sign_up("creator")

        def lifetimes(**window):
            drop = self.make_drop(cleo, **window)
            return {path: cleo.get(path, token=None).headers["Cache-Control"] for path in (
                f"/drops/{drop['dropId']}", f"/drops?creatorId={cleo.id}",
                f"/products/{drop['prodId']}?include=drop",
                f"/products?creatorId={cleo.id}&include=drop")}

        self.assertEqual(set(lifetimes().values()), {"public, max-age=1"})
        for member in ("startTime", "endTime"):
            for _ in range(10):  # Until a machine that stands still now and then is fast enough.
                moment = time.time() + 0.9
                found = lifetimes(**{member: rfc3339(moment)})
                if time.time() < moment:
                    break
            self.assertEqual(set(found.values()), {"public, max-age=0"}, (member, found))

    def test_a_drop_is_cached_for_a_second(self):
        cleo = self.sign_up("creator")
        drop = self.make_drop(cleo)
        read = cleo.get(f"/drops/{drop['dropId']}", token=None)
        self.assertEqual(read.headers["Cache-Control"], "public, max-age=1")
        self.assertRegex(read.headers["ETag"], r'^"\d+-live"$')
        self.order(self.sign_up(), drop)
        after = cleo.get(f"/drops/{drop['dropId']}", If_None_Match=read.headers["ETag"])
        self.assertEqual((after.status, after.json["currentStock"]), (200, 9))
        for _ in range(8):  # Whoever ordered sees it in the next read.
            before = cleo.get(f"/drops/{drop['dropId']}").json["currentStock"]
            self.order(self.sign_up(), drop)
            after = cleo.get(f"/drops/{drop['dropId']}").json["currentStock"]
            self.assertEqual(after, before - 1)
        listed = cleo.get(f"/drops?creatorId={cleo.id}&status=live&fields=dropId").json
        self.assertEqual(listed, {"data": [{"dropId": drop["dropId"]}]})


class Orders(ServerTest):

    def test_an_order_is_replayed_to_the_byte(self):
        cleo, ann = self.sign_up("creator"), self.sign_up()
        drop = self.make_drop(cleo)
        first = self.order(ann, drop, "k1", quantity=2)
        self.assertEqual(first.status, 201, first)
        order = first.json
        self.assertEqual((order["userId"], order["amount"], order["status"], order["quantity"]),
                         (ann.id, 3998, "confirmed", 2))
        self.assertEqual(ann.post(f"/orders/{order['orderId']}/cancel").json["status"],
                         "cancelled")
        again = self.order(ann, drop, "k1", quantity=2)
        self.assertEqual((again.status, again.body), (201, first.body))
        self.assertEqual(again.headers["Idempotent-Replayed"], "true")
        self.assertIsNone(first.headers["Idempotent-Replayed"])
        self.assertEqual(ann.get(f"/orders/{order['orderId']}").json["status"], "cancelled")
        other = self.order(ann, drop, "k1", quantity=3)
        self.assertEqual((other.status, other.code), (422, "idempotency-key-reused"))

    def test_the_key_stands_in_the_body_or_in_the_header(self):
        drop, ann = self.make_drop(self.sign_up("creator")), self.sign_up()
        body = {"dropId": drop["dropId"], "quantity": 1}
        self.assertEqual(ann.post("/order", body).code, "missing-idempotency-key")
        first = ann.post("/order", body, Idempotency_Key="h1")
        self.assertEqual(self.order(ann, drop, "h1").body, first.body)
        both = ann.post("/order", {**body, "idempotencyKey": "other"}, Idempotency_Key="h1")
        self.assertEqual((both.status, both.code), (400, "invalid-field"))

    def test_no_unit_is_sold_twice(self):
        drop = self.make_drop(self.sign_up("creator"), 10)
        people = [self.sign_up() for _ in range(8)]

        def shop(client):
            return [self.order(client, drop).status for _ in range(5)]

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            statuses = sum(pool.map(shop, people), [])
        self.assertEqual((statuses.count(201), statuses.count(409)), (10, 30))
        late = self.order(people[0], drop)
        self.assertEqual((late.code, late.json["remaining"]), ("sold-out", 0))

    def test_a_host_holds_confirms_and_extends(self):
        drop, ann, host = self.make_drop(self.sign_up("creator"), 3), self.sign_up(), self.service()
        held = self.order(host, drop, userId=ann.id, quantity=2, hold=True, ttlSeconds=60)
        self.assertEqual((held.status, held.json["status"]), (201, "held"), held)
        path = f"/orders/{held.json['orderId']}"
        out = self.order(self.sign_up(), drop, quantity=2)
        self.assertEqual((out.code, out.json["remaining"]), ("held-out", 1))
        self.assertEqual(out.json["retryAt"], held.json["expiresAt"])
        self.assertEqual(ann.post(path + "/confirm").status, 403)
        longer = host.post(path + "/extend", {"ttlSeconds": 600})
        self.assertGreater(longer.json["expiresAt"], held.json["expiresAt"])
        confirmed = host.post(path + "/confirm", {"quantity": 1})
        self.assertEqual((confirmed.json["status"], confirmed.json["quantity"],
                          confirmed.json["userId"]), ("confirmed", 1, ann.id))
        self.assertEqual(host.post(path + "/extend", {"ttlSeconds": 60}).code, "order-state")
        for body in ({"hold": True}, {"ttlSeconds": 60}, {"userId": "somebody"}):
            self.assertEqual(self.order(ann, drop, **body).code, "forbidden", body)
        missing = host.post("/order", {"dropId": drop["dropId"], "quantity": 1,
                                       "idempotencyKey": "x"})
        self.assertEqual((missing.status, missing.code), (400, "invalid-field"))

    def test_orders_are_seen_by_those_whom_they_concern(self):
        cleo, ann, ben = self.sign_up("creator"), self.sign_up(), self.sign_up()
        drop = self.make_drop(cleo)
        mine = [self.order(ann, drop).json for _ in range(3)]
        path = f"/orders/{mine[0]['orderId']}"
        self.assertEqual(ann.get(path).json, mine[0])
        unknown = f"/orders/{mine[0]['orderId'][:-1]}"
        for asked in (path, unknown + "0", "/orders/nothing"):
            self.assertEqual(ben.get(asked).status, 404, asked)
        self.assertEqual(ben.post(path + "/cancel").status, 404)
        self.assertEqual([o["orderId"] for o in ann.get("/orders").json["data"]],
                         [o["orderId"] for o in reversed(mine)])
        shipped = cleo.get(f"/drops/{drop['dropId']}/orders?fields=orderId").json["data"]
        self.assertEqual([o["orderId"] for o in shipped], [o["orderId"] for o in mine])
        self.assertEqual(ben.get(f"/drops/{drop['dropId']}/orders").status, 403)
        self.assertEqual(ben.get(f"/orders?userId={ann.id}").status, 403)
        self.assertEqual(len(self.service().get(f"/orders?userId={ann.id}").json["data"]), 3)

    def test_what_a_user_may_have_is_limited(self):
        ann = self.sign_up()
        drop = self.make_drop(self.sign_up("creator"), maxPerOrder=2, maxPerUser=3)
        self.assertEqual(self.order(ann, drop, quantity=3).code, "quantity-out-of-range")
        self.assertEqual(self.order(ann, drop, quantity=2).status, 201)
        self.assertEqual(self.order(ann, drop, quantity=2).code, "user-limit-exceeded")
        self.assertEqual(self.order(ann, drop, productId="other").code, "product-mismatch")
        self.assertEqual(self.order(ann, drop, deadline="2001-01-01T00:00:00Z").code,
                         "request-expired")
        self.assertEqual(self.order(ann, {"dropId": "none"}).code, "not-found")
        for quantity in (0, -1, 2**31, 1.0, "1", None):
            self.assertEqual(self.order(ann, drop, quantity=quantity).code, "invalid-field")


class Inbox(ServerTest):

    def test_what_happened_is_told_and_marked_as_read(self):
        cleo, ann = self.sign_up("creator"), self.sign_up()
        ann.post("/follow", {"creatorId": cleo.id})
        self.order(ann, self.make_drop(cleo))
        inbox = ann.get("/notifications").json
        types = [entry["type"] for entry in inbox["data"]]
        self.assertEqual(types[0], "orderConfirmed")
        self.assertIn("dropStart", types)
        self.assertEqual(inbox["unread"], len(types))
        self.assertEqual(ann.post("/notifications/read",
                                  {"upTo": inbox["data"][0]["id"]}).status, 204)
        self.assertEqual(ann.get("/notifications").json["unread"], 0)

    def test_the_audit_is_for_admins_and_names_who_did_it(self):
        cleo, admin = self.sign_up("creator"), self.admin()
        drop = self.make_drop(cleo)
        admin.post(f"/drops/{drop['dropId']}/pause")
        entries = admin.get(f"/audit?action=dropPaused&subject={drop['dropId']}").json["data"]
        self.assertEqual([entry["actor"] for entry in entries], ["root"])
        self.assertEqual(cleo.get("/audit").status, 403)
        for query in ("from=yesterday", "action=nothing", "actor=%ff", "subject=%c3%28"):
            self.assertEqual(admin.get("/audit?" + query).code, "invalid-field", query)


class RealTime(ServerTest):

    def listen(self, path, **headers):
        """An open stream of events."""
        connection = http.client.HTTPConnection(self.server.public, timeout=SECONDS)
        self.addCleanup(connection.close)
        connection.request("GET", path, headers={"Accept": "text/event-stream", **headers})
        return connection.getresponse()

    def read_event(self, stream, wanted):
        """The next event of that type."""
        while True:
            line = stream.readline().decode()
            self.assertTrue(line, "the stream has ended")
            if line.startswith("data: "):
                event = json.loads(line[len("data: "):])
                if event.get("type") == wanted:
                    return event

    def test_an_order_is_told_to_its_user_and_a_drop_to_everybody(self):
        ann, cleo = self.sign_up(), self.sign_up("creator")
        drop = self.make_drop(cleo, 1)
        public = self.listen(f"/events?channel=drop:{drop['dropId']}")
        ticket = ann.post("/connection/ticket").json["ticket"]
        private = self.listen(f"/events?channel=user:{ann.id}&ticket={ticket}")
        self.assertEqual((public.status, private.status), (200, 200))
        order = self.order(ann, drop).json
        self.assertEqual(self.read_event(private, "orderConfirmed")["orderId"], order["orderId"])
        self.assertEqual(self.read_event(public, "soldOut")["dropId"], drop["dropId"])
        self.assertEqual(self.listen(f"/events?channel=user:{ann.id}&ticket={ticket}").status, 401)

    def test_a_socket_speaks_the_protocol_of_centrifugo(self):
        ann = self.sign_up()

        async def talk():
            url = f"ws://{self.server.public}/connection/websocket"
            async with websockets.connect(url) as socket:
                await socket.send(json.dumps({"id": 1, "connect": {"token": ann.token}}))
                reply = json.loads((await socket.recv()).split("\n")[0])
                self.assertEqual(reply["id"], 1)
                self.assertIn(f"user:{ann.id}", reply["connect"]["subs"])
        asyncio.run(asyncio.wait_for(talk(), SECONDS))

    def test_sockets_and_streams_are_counted_and_logged(self):
        names = ("/connection/websocket", "/events")

        def logged():
            return sorted((line["path"], line["status"]) for line in list(self.server.lines)
                          if line.get("path") in names and line["id"].startswith("seen-"))

        async def connect():
            url = f"ws://{self.server.public}/connection/websocket"
            async with websockets.connect(url, extra_headers={"X-Request-Id": "seen-1"}):
                pass
        asyncio.run(asyncio.wait_for(connect(), SECONDS))
        drop = self.make_drop(self.sign_up("creator"))["dropId"]
        stream = self.listen(f"/events?channel=drop:{drop}", **{"X-Request-Id": "seen-2"})
        self.assertEqual(stream.status, 200)
        refused = self.listen("/events?channel=user:u", **{"X-Request-Id": "seen-3"})
        self.assertEqual(refused.status, 401)
        self.wait_for(lambda: len(logged()) == 3)
        self.assertEqual(logged(), [("/connection/websocket", 101), ("/events", 200),
                                    ("/events", 401)])
        metrics = self.operator().get("/metrics").body.decode()
        for route, code in (("/connection/websocket", "1xx"), ("/events", "2xx"),
                            ("/events", "4xx")):
            self.assertRegex(metrics, f'route="{route}",method="GET",code="{code}"}} [1-9]')

    def wait_for(self, holds):
        deadline = time.monotonic() + SECONDS
        while not holds():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)


class Http(ServerTest):

    arguments = (*NO_LIMITS, "--server-cors-origins", "https://shop.example")

    def test_errors_come_in_the_order_of_the_contract(self):
        """Each request is wrong in all later ways too."""
        client, user = self.client(), self.sign_up()
        bad = {"Content_Type": "text/plain"}
        for method, path, token, headers, body, status in (
                ("POST", "/nowhere", "bad", bad, b"{", 404),
                ("PUT", "/order", "bad", bad, b"{", 405),
                ("POST", "/createProd", "bad", bad, b"{", 401),
                ("POST", "/createProd", None, bad, b"{", 401),
                ("POST", "/createProd", user.token, bad, b"{", 403),
                ("POST", "/order", user.token, bad, b"{" * 70_000, 415),
                ("POST", "/order", user.token, {}, b"{" * 70_000, 413),
                ("POST", "/order", user.token, {}, b"{", 400),
                ("POST", "/order", user.token, {}, b'{"dropId":"none","quantity":0}', 400),
                ("POST", "/order", user.token, {}, b'{"dropId":"none","quantity":1,'
                 b'"idempotencyKey":"k","userId":"other"}', 403),
                ("POST", "/order", user.token, {}, b'{"dropId":"none","quantity":1,'
                 b'"idempotencyKey":"k"}', 404)):
            answer = client.request(method, path, body, token=token, **headers)
            self.assertEqual(answer.status, status, (method, path, answer))
            self.assertEqual(answer.headers["Content-Type"], "application/problem+json")
            self.assertEqual(answer.json["requestId"], answer.headers["X-Request-Id"])
            if status == 413:
                client.close()

    def test_json_is_read_strictly(self):
        user = self.sign_up()
        for body, code in ((b"", "malformed-json"), (b"{", "malformed-json"),
                           (b"\xff", "malformed-json"), (b"{}\0", "malformed-json"),
                           (b"[]", "invalid-field"),
                           (b'{"a":1,"a":2}', "invalid-field"), (b"[" * 100, "malformed-json"),
                           (b'{"dropId":null}', "invalid-field")):
            answer = user.request("POST", "/order", body)
            self.assertEqual(answer.status, 400, body)
            self.assertIn(answer.code, (code, "invalid-field"), body)
        many = user.post("/order", {"dropId": "", "quantity": "x", "more": 1})
        self.assertEqual({error["pointer"] for error in many.json["errors"]},
                         {"/dropId", "/quantity", "/more"})

    def test_methods_are_told(self):
        client = self.client()
        refused = client.request("PUT", "/drops/d1")
        self.assertEqual(refused.code, "method-not-allowed")
        self.assertEqual(refused.headers["Allow"], "GET, HEAD, PATCH, OPTIONS")
        head = client.request("HEAD", "/products")
        self.assertEqual((head.status, head.body), (200, b""))

    def test_only_sites_on_the_list_may_call(self):
        client = self.client()
        asked = client.request("OPTIONS", "/order", Origin="https://shop.example",
                               Access_Control_Request_Method="POST")
        self.assertEqual(asked.status, 204)
        self.assertEqual(asked.headers["Access-Control-Allow-Origin"], "https://shop.example")
        self.assertIn("POST", asked.headers["Access-Control-Allow-Methods"])
        other = client.request("OPTIONS", "/order", Origin="https://evil.example")
        self.assertIsNone(other.headers["Access-Control-Allow-Origin"])
        self.assertIn("Origin", client.get("/products").headers["Vary"])

    def test_large_answers_are_packed(self):
        cleo = self.sign_up("creator")
        for number in range(12):
            cleo.post("/createProd", {"name": f"P{number}", "desc": "x" * 200, "price": 1})
        path = f"/products?creatorId={cleo.id}"
        plain, packed = cleo.get(path), cleo.get(path, Accept_Encoding="br, gzip")
        self.assertEqual(packed.headers["Content-Encoding"], "gzip")
        self.assertEqual(gzip.decompress(packed.body), plain.body)
        self.assertIsNone(cleo.get(path, Accept_Encoding="gzip;q=0").headers["Content-Encoding"])

    def test_a_form_that_is_not_there_is_not_acceptable(self):
        client = self.client()
        self.assertEqual(client.get("/products", Accept="text/csv").code, "not-acceptable")
        self.assertEqual(client.get("/products", Accept="text/html, */*;q=0.1").status, 200)

    def test_the_description_has_every_route(self):
        client = self.client()
        description = client.get("/openapi.json").json
        self.assertEqual(description["openapi"], "3.1.0")
        self.assertIn("post", description["paths"]["/order"])
        self.assertIn("get", description["paths"]["/drops/{dropId}"])
        names = set(re.findall(r'#/components/schemas/(\w+)', json.dumps(description)))
        self.assertEqual(names - set(description["components"]["schemas"]), set())
        page = client.get("/docs").body.decode()
        self.assertIn('id="problem-sold-out"', page)
        self.assertNotIn("http://", page)

    def test_the_operator_sees_numbers_and_clients_do_not(self):
        operator, client = self.operator(), self.client()
        client.get("/products")
        for path in ("/livez", "/readyz", "/metrics"):
            self.assertEqual(client.get(path).status, 404)
            self.assertEqual(operator.get(path).status, 200)
        text = operator.get("/metrics").body.decode()
        self.assertRegex(text, r'livedrops_http_requests_total\{route="/products",method="GET",'
                               r'code="2xx"\} \d+')
        self.assertIn("livedrops_oversold_units 0", text)
        for line in text.splitlines():
            self.assertRegex(line, r"^(# (HELP|TYPE) \w+ .+|\w+(\{[^}]*\})? [-+.e\d]+)$")


class Limits(ServerTest):

    arguments = ("--limits-orders-per-second", "1", "--limits-orders-burst", "2",
                 "--limits-sign-in-per-account-and-minute", "3",
                 "--limits-address-per-second", "1", "--limits-address-burst", "3")

    def test_orders_are_limited_by_subject(self):
        drop, ann = self.make_drop(self.sign_up("creator")), self.sign_up()
        answers = [self.order(ann, drop) for _ in range(20)]
        limited = [answer for answer in answers if answer.status == 429]
        self.assertEqual([answer.status for answer in answers[:2]], [201, 201])
        self.assertTrue(limited)
        self.assertEqual(limited[0].code, "rate-limited")
        self.assertGreaterEqual(int(limited[0].headers["Retry-After"]), 1)
        self.assertIn('"orders"', limited[0].headers["RateLimit-Policy"])
        self.assertIn('"orders";r=0', limited[0].headers["RateLimit"])

    def test_a_rate_counts_before_a_token_does(self):
        ann = self.sign_up()
        statuses = {ann.get("/orders", token="forged").status for _ in range(20)}
        self.assertEqual(statuses - {401}, {429})
        self.assertEqual(ann.get("/orders").status, 200)  # A subject has a rate of its own.

    def test_logins_are_limited_by_account(self):
        client = self.client()
        body = {"email": "somebody@example.com", "password": "wrong-word"}
        statuses = [client.post("/login", body).status for _ in range(5)]
        self.assertEqual(statuses, [401, 401, 401, 429, 429])


if __name__ == "__main__":
    unittest.main()
