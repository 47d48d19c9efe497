"""Owns how tests give a command, as it is typed after `chainrule`."""

from __future__ import annotations

from typer.testing import CliRunner, Result

from chainrule.cli.main import app


def invoke(*arguments: object, typed: str | None = None) -> Result:
    """Run a command and return what it printed, and its exit code. typed: what is typed when it asks."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments], input=typed)
