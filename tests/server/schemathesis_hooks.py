"""What Schemathesis cannot read in an OpenAPI description: who may use a route, which things there
are, and what a problem promises. schemathesis_test.py starts Schemathesis with this file."""

import itertools
import json
import os
import re
import uuid

import requests
import schemathesis

# url; token of each "METHOD path"; ids of each kind, and a path's own; each problem's status.
SHOP = json.loads(os.environ["LIVEDROPS_SHOP"])
# After these a token is worth nothing: each call gets an account of its own.
LAST_ACTS = {"POST /logout", "DELETE /account", "POST /password"}
PASSWORD = "secret-word"
NUMBERS = itertools.count()


def name_of(operation):
    return f"{operation.method.upper()} {operation.path}"


def stranger():
    """A new user's token."""
    account = {"email": f"{uuid.uuid4().hex}@example.com", "password": PASSWORD}
    made = requests.post(SHOP["url"] + "/register", timeout=20,
                         json={"name": "Ann", "role": "user", **account})
    assert made.status_code == 201, made.text
    return requests.post(SHOP["url"] + "/login", json=account, timeout=20).json()["accessToken"]


@schemathesis.auth(refresh_interval=None)
class Token:

    def get(self, _, context):
        name = name_of(context.operation)
        return stranger() if name in LAST_ACTS else SHOP["tokens"].get(name)

    def set(self, case, token, _):
        if token:
            case.headers = {**(case.headers or {}), "Authorization": f"Bearer {token}"}


def is_id(value):
    return isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9._:-]{1,64}", value)


def with_known_ids(path, values, right=is_id):
    """Three of four ids become those of things that exist. What was made to be no id stays: it
    must be refused."""
    if not isinstance(values, dict):
        return values
    number = next(NUMBERS)
    known = {name: ids[number % len(ids)]
             for name, ids in {**SHOP["ids"], **SHOP["own"].get(path, {})}.items()
             if number % 4 and right(values.get(name))}
    return {**values, **known}


@schemathesis.hook
def map_headers(context, headers):
    if context.operation.path.endswith("/restock"):
        return {"Idempotency-Key": f"key-{next(NUMBERS)}", **(headers or {})}
    return headers


@schemathesis.hook
def map_query(context, query):
    return with_known_ids(context.operation.path, query)


@schemathesis.hook
def map_path_parameters(context, parameters):
    path = context.operation.path
    if path.startswith("/admin/users/"):
        return {"userId": SHOP["victim"]}  # Nobody whose token is used here.
    # The description may allow any text there: then no text is wrong.
    right = bool if SHOP["any_text_is_an_id"] else is_id
    return with_known_ids(path, parameters, right)


@schemathesis.hook
def map_body(context, body):
    if context.operation.path == "/password" and isinstance(body, dict):
        old = body.get("old")
        if isinstance(old, str) and 8 <= len(old) <= 256:
            body = {**body, "old": PASSWORD}
    return with_known_ids(context.operation.path, body)


@schemathesis.check
def problem_is_in_the_table(_, response, __):
    """Every refusal is a problem of the reference page, with the status that it has there."""
    if response.status_code < 400:
        return
    body = json.loads(response.content)
    assert response.headers["content-type"] == ["application/problem+json"], response.headers
    assert body["status"] == response.status_code, body
    assert SHOP["codes"].get(body.get("code")) == response.status_code, body
    assert body["type"] == f"/docs#problem-{body['code']}", body
    assert body["title"] and body["detail"], body
