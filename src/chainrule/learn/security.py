"""Owns what a request may be and what a page may do: hosts and origins that are known, and a strict content policy."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from urllib.parse import urlsplit

import flask
from dash import Dash

from chainrule.learn.workers import COOKIE

MOST_BYTES = 2 * 2**20
"""A request's body may have so many bytes: an uploaded file of about 1 MB."""
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


def protect(app: Dash, hosts: Sequence[str]) -> None:
    """Refuse requests for other hosts, or from pages of other origins, and send the content policy with every answer.

    hosts: the names under which the site is reached, besides this machine's own.
    """
    server: flask.Flask = app.server
    server.config["MAX_CONTENT_LENGTH"] = MOST_BYTES
    allowed = {*LOOPBACK, *(host.lower() for host in hosts)}

    @server.before_request
    def refuse() -> flask.Response | None:
        if _name(flask.request.host) not in allowed:
            return flask.Response("This site is not served under that name.", 400, mimetype="text/plain")
        origin = flask.request.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc != flask.request.host:
            return flask.Response("Requests from other sites are refused.", 403, mimetype="text/plain")
        return None

    @server.after_request
    def guard(response: flask.Response) -> flask.Response:
        response.headers["Content-Security-Policy"] = policy(app)
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["X-Frame-Options"] = "DENY"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        if COOKIE not in flask.request.cookies:
            response.set_cookie(COOKIE, secrets.token_urlsafe(16), httponly=True, samesite="Strict")
        return response


def policy(app: Dash) -> str:
    """Return the content policy: scripts are the site's own, and nothing is loaded from anywhere else."""
    hashes = " ".join(app.csp_hashes())
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self' {hashes}".strip(),
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def _name(host: str) -> str:
    return host.lower().rsplit(":", 1)[0] if not host.endswith("]") else host.lower()
