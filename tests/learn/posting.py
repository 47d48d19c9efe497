"""Callbacks posted as a browser posts them, by visitors who are told apart by their cookies."""

from __future__ import annotations

import json
from typing import Any

from tests.learn.conftest import Site

from chainrule.learn.explorer.page import FIELDS
from chainrule.learn.explorer.state import State
from chainrule.learn.workers import COOKIE

PATH = "/_dash-update-component"
OUTPUTS = ("explorer-derivation.children", "explorer-hints.children", "explorer-problem.children", "address.search")


def explored(site: Site, visitor: str, function: str) -> dict[str, str]:
    """Return what the explorer answers to a visitor's function: derivation or problem, under the names of components."""
    values = {name: getattr(State(function=function, at=""), name) for name in FIELDS}
    inputs = [{"id": f"explorer-field-{name}", "property": "value", "value": values[name]} for name in FIELDS]
    asked = {
        "output": "..{}..".format("...".join(OUTPUTS)),
        "outputs": [dict(zip(("id", "property"), output.split("."), strict=True)) for output in OUTPUTS],
        "inputs": inputs,
        "changedPropIds": [],
    }
    answer = posted(site, visitor, json.dumps(asked).encode())
    assert answer.status_code == 200, answer.get_data(as_text=True)[:500]
    parts = answer.get_json()["response"]
    return {component: next(iter(part.values())) for component, part in parts.items()}


def posted(site: Site, visitor: str, body: bytes) -> Any:
    """Return the answer to a body that a visitor posts."""
    client = site.app.server.test_client()
    client.set_cookie(COOKIE, visitor, domain="127.0.0.1")
    headers = {"Host": "127.0.0.1", "Content-Type": "application/json"}
    return client.post(PATH, headers=headers, data=body)
