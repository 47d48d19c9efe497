"""Tests of the guide to native code: its table of modules is that of the folders."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "native.md").read_text(encoding="utf-8")
PACKAGE = ROOT / "src" / "chainrule"
NAMED = {
    path for pattern in re.findall(r"`((?:native|passes|tracing)/[\w*]+\.py)`", GUIDE) for path in PACKAGE.glob(pattern)
}


def test_every_module_has_a_place_in_the_table() -> None:
    modules = {path for folder in ("native", "passes") for path in (PACKAGE / folder).glob("[!_]*.py")}
    missing = sorted(str(path.relative_to(PACKAGE)) for path in modules - NAMED)
    assert not missing, f"docs/native.md does not say what these are for: {missing}"


def test_every_module_that_is_named_is_there() -> None:
    gone = [
        name for name in re.findall(r"`((?:native|passes|tracing)/[\w*]+\.py)`", GUIDE) if not list(PACKAGE.glob(name))
    ]
    assert not gone, f"docs/native.md names modules that are not there: {gone}"
