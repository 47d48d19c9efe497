"""Tests of the guide to native code: its table of modules and folders is that of the package."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "native.md").read_text(encoding="utf-8")
PACKAGE = ROOT / "src" / "chainrule"
PATTERNS = re.findall(r"`((?:native|passes|tracing)/[\w*/]*(?:\.py|/))`", GUIDE)
NAMED = {path for pattern in PATTERNS for path in PACKAGE.glob(pattern.rstrip("/"))}


def test_every_module_and_folder_has_a_place_in_the_table() -> None:
    there = {path for folder in ("native", "passes") for path in (PACKAGE / folder).glob("[!_]*")}
    missing = sorted(str(path.relative_to(PACKAGE)) for path in there - NAMED)
    assert not missing, f"docs/native.md does not say what these are for: {missing}"


def test_everything_that_is_named_is_there() -> None:
    gone = [pattern for pattern in PATTERNS if not list(PACKAGE.glob(pattern.rstrip("/")))]
    assert not gone, f"docs/native.md names what is not there: {gone}"


def test_the_order_of_the_folders_is_that_of_their_imports() -> None:
    sentence = GUIDE[GUIDE.index("From the ground up:") :].split(".")[0]
    order = re.findall(r"`(\w+)`", sentence)
    folders = {path.parent.name for path in (PACKAGE / "native").glob("*/__init__.py")}
    assert sorted(order) == sorted(folders)
    for place, folder in enumerate(order):
        text = "".join(path.read_text(encoding="utf-8") for path in (PACKAGE / "native" / folder).glob("*.py"))
        imported = set(re.findall(r"chainrule\.native\.(\w+)", text)) & folders - {folder}
        assert imported <= set(order[:place]), f"{folder} imports {imported - set(order[:place])}, which is above it"
