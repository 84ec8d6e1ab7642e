#!/usr/bin/env python3
"""The OpenAPI description says what the server does: bodies, member by member."""

import re
import unittest

from livedropsd import ServerTest

UNKNOWN = "is not known here"


class OpenApi(ServerTest):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        shop = cls()
        cls.client_of = {}
        description = shop.client().get("/openapi.json").json
        cls.schemas = description["components"]["schemas"]
        cls.bodies = []  # (method, path, schema) of every route that takes a JSON body
        for path, methods in description["paths"].items():
            for method, operation in methods.items():
                content = operation.get("requestBody", {}).get("content", {})
                if "application/json" in content:
                    name = content["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]
                    cls.bodies.append((method.upper(), path, cls.schemas[name]))
        shop.doCleanups()

    def setUp(self):
        self.creator, self.host, self.root = self.sign_up("creator"), self.service(), self.admin()
        drop = self.make_drop(self.creator)
        order = self.order(self.creator, drop).json
        self.things = {"prodId": drop["prodId"], "dropId": drop["dropId"],
                       "orderId": order["orderId"], "userId": self.creator.id}

    def send(self, method, path, body):
        """By whoever may: the creator, else the service, else the admin."""
        filled = re.sub(r"{(\w+)}", lambda match: self.things[match.group(1)], path)
        for client in (self.creator, self.host, self.root):
            answer = client.request(method, filled, body)
            if answer.status != 403:
                return answer
        self.fail(f"nobody may use {method} {path}")

    def errors(self, answer):
        return {error["pointer"].removeprefix("/"): error["detail"]
                for error in answer.json.get("errors", [])}

    def test_every_member_is_known_and_no_other(self):
        self.assertGreater(len(self.bodies), 20)
        for method, path, schema in self.bodies:
            wrong = {name: {} for name in schema.get("properties", {})}
            errors = self.errors(self.send(method, path, {**wrong, "unheard": 1}))
            self.assertEqual(errors.pop("unheard", None), UNKNOWN, (method, path))
            self.assertEqual(set(errors), set(wrong), (method, path))
            self.assertNotIn(UNKNOWN, errors.values(), (method, path, errors))
            self.assertFalse(schema["additionalProperties"])

    def test_what_is_required_is_missed(self):
        for method, path, schema in self.bodies:
            required = set(schema.get("required", ()))
            if not required:
                continue
            errors = self.errors(self.send(method, path, {}))
            missing = {name for name, detail in errors.items() if detail == "is missing"}
            self.assertEqual(missing, required, (method, path))

    def test_bounds_are_those_of_the_schemas(self):
        """Just outside of each bound of a number or a text there is an error, just inside none."""
        for method, path, schema in self.bodies:
            for name, rule in schema.get("properties", {}).items():
                rule = self.schemas[rule["$ref"].rsplit("/", 1)[1]] if "$ref" in rule else rule
                for value, allowed in self.edges(rule):
                    answer = self.send(method, path, {name: value, "unheard": 1})
                    self.assertEqual(answer.code, "invalid-field", (method, path, answer))
                    self.assertEqual(name not in self.errors(answer), allowed,
                                     (method, path, name, str(value)[:30], answer))

    @staticmethod
    def edges(rule):
        if "minimum" in rule:
            yield rule["minimum"] - 1, False
            yield rule["minimum"], True
            yield rule["maximum"], True
            yield rule["maximum"] + 1, False
        if "minLength" in rule and "format" not in rule:
            text = "a@b" if (rule["minLength"], rule["maxLength"]) == (3, 254) else "x" * 8
            yield text, True
            yield text.ljust(rule["maxLength"], "x"), True
            yield text.ljust(rule["maxLength"] + 1, "x"), False


if __name__ == "__main__":
    unittest.main()
