"""Requests for other hosts and from other origins are refused, and the content policy allows the site's own alone."""

from __future__ import annotations

import pytest
from tests.learn.conftest import Site

from chainrule.learn.security import MOST_BYTES


@pytest.mark.parametrize("host", ["localhost:8050", "127.0.0.1", "[::1]:80"])
def test_this_machine_is_answered(site: Site, host: str) -> None:
    assert site.app.server.test_client().get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost@evil.example", ""])
def test_another_host_is_refused(site: Site, host: str) -> None:
    assert site.app.server.test_client().get("/", headers={"Host": host}).status_code == 400


@pytest.mark.parametrize(
    ("origin", "status"),
    [("http://127.0.0.1", 200), ("http://evil.example", 403), ("null", 403), ("http://127.0.0.1:1", 403)],
)
def test_another_origin_is_refused(site: Site, origin: str, status: int) -> None:
    headers = {"Host": "127.0.0.1", "Origin": origin}
    assert site.app.server.test_client().get("/_dash-layout", headers=headers).status_code == status


def test_the_policy_lets_in_no_other_host_and_no_script_of_a_page(site: Site) -> None:
    answer = site.app.server.test_client().get("/", headers={"Host": "127.0.0.1"})
    policy = answer.headers["Content-Security-Policy"]
    scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
    assert "unsafe" not in scripts
    assert "http" not in policy.replace("'sha256", "")
    assert "*" not in policy
    assert answer.headers["X-Frame-Options"] == "DENY"


def test_a_body_that_is_too_large_is_refused(site: Site) -> None:
    headers = {"Host": "127.0.0.1", "Content-Type": "application/json"}
    answer = site.app.server.test_client().post(
        "/_dash-update-component", headers=headers, data=b" " * (MOST_BYTES + 1)
    )
    assert answer.status_code == 413
