"""Owns a reader's own file: a small CSV with the columns x, y and label becomes points and labels, or a sentence says why not."""

from __future__ import annotations

import base64
import binascii
import csv
import io
import re
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from chainrule.learn.playground.datasets import Floats

MOST_ROWS = 2000
LEAST_ROWS = 6
MOST_BYTES = 200_000
MOST_SIZE = 1e12
"""Numbers of a file are at most so large, so that their squares are numbers too."""
LONGEST_NAME = 30
COLUMNS = ("x", "y", "label")
_EXAMPLE = "the first line is x,y,label and each other one such as 0.5,-1.2,red"


@final
@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Points of shape (rows, 2), moved and scaled to mean 0 and spread 1, labels 0 or 1, and what the two are called."""

    points: Floats
    labels: Floats
    classes: tuple[str, str]

    def to_store(self) -> dict[str, Any]:
        """Return the table as JSON can hold it."""
        return {"points": self.points.tolist(), "labels": self.labels.tolist(), "classes": list(self.classes)}


def read_upload(content: str) -> Table:
    """Return the table in a file as the browser sends it: "data:text/csv;base64,...". Raises ValueError for another file."""
    try:
        data = base64.b64decode(content.partition(",")[2], validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("The file did not arrive whole; choose it again.") from error
    if len(data) > MOST_BYTES:
        raise ValueError(f"The file has {len(data):,} bytes; at most {MOST_BYTES:,} are taken.")
    try:
        return read_csv(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ValueError("The file is no text in UTF-8; save it as CSV.") from error


def read_csv(text: str) -> Table:
    """Return the table in a text. Raises ValueError with a sentence for what is no table of two classes of points."""
    try:
        rows = [row for row in csv.reader(io.StringIO(text), strict=True) if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise ValueError(f"The file is no CSV ({error}): {_EXAMPLE}.") from error
    names = [cell.strip().lower() for cell in rows[0]] if rows else []
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        raise ValueError(f"The file has no column {' and no column '.join(missing)}: {_EXAMPLE}.")
    body = rows[1:]
    if not LEAST_ROWS <= len(body) <= MOST_ROWS:
        raise ValueError(f"The file has {len(body):,} points; {LEAST_ROWS} to {MOST_ROWS:,} are taken.")
    x, y, label = (names.index(name) for name in COLUMNS)
    points, words = [], []
    for number, row in enumerate(body, 2):
        if len(row) != len(names):
            raise ValueError(f"Row {number} has {len(row)} cells, where the first one has {len(names)}.")
        points.append([_number(row[x], number), _number(row[y], number)])
        words.append(_word(row[label]))
    classes = sorted(set(words))
    if len(classes) != 2:
        raise ValueError(
            f"The column label has {len(classes)} different values; the playground tells two classes apart."
        )
    first, second = classes
    return Table(_scaled(np.array(points)), np.array([float(word == second) for word in words]), (first, second))


def from_store(store: Any) -> Table:
    """Return the table that the browser has kept. Raises ValueError where it has been changed into something else."""
    try:
        points = np.array(store["points"], dtype=np.float64)
        labels = np.array(store["labels"], dtype=np.float64)
        first, second = store["classes"]
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise ValueError("What the browser kept of your file is damaged; choose the file again.") from error
    is_whole = points.ndim == 2 and points.shape[1] == 2 and labels.shape == points.shape[:1]
    is_small = is_whole and LEAST_ROWS <= len(points) <= MOST_ROWS and bool(np.all(np.abs(points) <= MOST_ROWS))
    if not is_small or not np.all((labels == 0) | (labels == 1)):
        raise ValueError("What the browser kept of your file is no table of points; choose the file again.")
    return Table(points, labels, (_word(str(first)), _word(str(second))))


def _word(cell: str) -> str:
    """Return the name of a class, without signs that mean something in Markdown, in formulas or in a figure."""
    return re.sub(r"[^\w .+-]|_", "?", cell.strip()[:LONGEST_NAME])


def _number(cell: str, row: int) -> float:
    try:
        value = float(cell)
    except ValueError:
        raise ValueError(f"Row {row} has {cell[:20]!r} where a number belongs.") from None
    if not abs(value) <= MOST_SIZE:
        raise ValueError(f"Row {row} has the number {cell[:20]}, which is too large to draw.")
    return value


def _scaled(points: Floats) -> Floats:
    spread = points.std(axis=0)
    if not np.all(spread > 0):
        raise ValueError("All points have the same x or the same y; there is nothing to learn from it.")
    # Eight digits are more than a figure shows, and half of what the browser would have to send each time.
    return np.round((points - points.mean(axis=0)) / spread, 8)
