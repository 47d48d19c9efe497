"""Owns the plan of a compiled function: what is computed in which loop, what that reads and writes, and what NumPy does."""

from __future__ import annotations

import html
import textwrap
from dataclasses import asdict, dataclass
from typing import Any

LOOP, STRAIGHT, PRODUCT, LAPACK, ASSEMBLED, ACCUMULATED, SEARCH, NUMPY = (
    "fused loop", "straight-line code", "matrix product (BLAS)", "by LAPACK", "assembled", "accumulated", "binary search",
    "by NumPy",
)  # fmt: skip
SHOWN = 60
"""So many steps are printed."""
DECISIONS = 4
"""So many decisions of a path are printed."""


@dataclass(frozen=True, slots=True)
class PlanStep:
    """One thing that compiled code does.

    kind: "fused loop", "straight-line code", "matrix product (BLAS)", "by LAPACK", "assembled", "accumulated",
    "binary search" or "by NumPy".
    computes: formulas of what is left in memory or in registers, or the operations where there are many.
    operations: how many there are, without views. space: the iteration space; empty for straight-line code.
    reads, writes: bytes of memory. spared: bytes of intermediate arrays that NumPy would write, and the step does not.
    paths: the numbers of the paths that it serves. together: the numbers of the steps with which it runs block by block, so
    that rows are read from memory once.
    """

    number: int
    kind: str
    computes: tuple[str, ...]
    operations: int
    space: tuple[int, ...]
    reads: int
    writes: int
    spared: int
    paths: tuple[int, ...]
    together: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanPath:
    """A path through the function: every decision that Python took on a value, and how it came out."""

    number: int
    decisions: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Fallback:
    """What runs through NumPy, and why."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What `jit` has made of a function, for arguments of one signature.

    signature: the function with its arguments. paths: those known so far. arena: bytes of scratch memory.
    instructions: outside of loops. fallbacks: what runs through NumPy, and why. `str()` lays it out for a terminal.
    """

    signature: str
    steps: tuple[PlanStep, ...]
    paths: tuple[PlanPath, ...]
    arena: int
    instructions: int
    fallbacks: tuple[Fallback, ...]
    notes: tuple[str, ...]

    def count(self, kind: str) -> int:
        """Return how many steps are of a kind."""
        return sum(step.kind == kind for step in self.steps)

    @property
    def summary(self) -> str:
        """The plan in one line."""
        if not self.steps and self.fallbacks:
            return "not compiled: every call runs through NumPy"
        kinds = [(kind, self.count(kind)) for kind in _NOUN]
        parts = [_many(count, _NOUN[kind]) for kind, count in kinds if count] or ["nothing to compute"]
        return ", ".join([*parts, f"{_bytes(self.arena)} of scratch memory", _many(len(self.paths), "path")])

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as data."""
        return asdict(self)

    def __str__(self) -> str:
        lines = [self.signature, f"  {self.summary}"]
        if len(self.paths) > 1:
            lines += ["", "Paths", *(f"  {_path_text(path)}" for path in self.paths)]
        if self.steps:
            lines += ["", "Steps"]
        for step in self.steps[:SHOWN]:
            lines += self._step_lines(step)
        if len(self.steps) > SHOWN:
            lines.append(f"  … {len(self.steps) - SHOWN} more")
        if self.fallbacks:
            lines += ["", "By NumPy", *(f"  {each.what}: {each.why}" for each in self.fallbacks)]
        if self.notes:
            lines += ["", "Notes", *(line for note in self.notes for line in _wrapped(note))]
        return "\n".join(lines)

    def _step_lines(self, step: PlanStep) -> list[str]:
        lines = [f"  {step.number}. {_heading(step)}"]
        if 1 < len(self.paths) > len(step.paths):
            lines.append(f"     on {'path' if len(step.paths) == 1 else 'paths'} {_numbers(step.paths)}")
        for text in step.computes:
            lines += textwrap.wrap(
                text, 110, initial_indent=" " * 7, subsequent_indent=" " * 11, break_long_words=False
            )
        lines += [f"     {text}" for text in _details(step)]
        return lines

    def _repr_html_(self) -> str:
        rows = [
            f"<tr><td>{step.number}</td><td>{html.escape(_heading(step))}"
            f"{''.join(f'<br><small>{html.escape(text)}</small>' for text in _details(step))}</td>"
            f'<td style="text-align:left"><code>{"<br>".join(map(html.escape, step.computes))}</code></td>'
            f"<td>{_bytes(step.reads)}</td><td>{_bytes(step.writes)}</td><td>{_numbers(step.paths)}</td></tr>"
            for step in self.steps[:SHOWN]
        ]
        heads = "".join(f"<th>{name}</th>" for name in ("", "step", "computes", "reads", "writes", "paths"))
        lists = [
            ("Paths", [_path_text(path) for path in self.paths] if len(self.paths) > 1 else []),
            ("By NumPy", [f"{each.what}: {each.why}" for each in self.fallbacks]),
            ("Notes", list(self.notes)),
        ]
        below = "".join(
            f"<p><b>{name}</b></p><ul>{''.join(f'<li>{html.escape(text)}</li>' for text in texts)}</ul>"
            for name, texts in lists
            if texts
        )
        table = f"<table><thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table>" if rows else ""
        return f"<p><code>{html.escape(self.signature)}</code><br>{html.escape(self.summary)}</p>{table}{below}"


_NOUN = {
    LOOP: "fused loop", STRAIGHT: "piece of straight-line code", PRODUCT: "matrix product", LAPACK: "call of LAPACK",
    ASSEMBLED: "assembled array", ACCUMULATED: "accumulated array", SEARCH: "binary search",
    NUMPY: "call of NumPy",
}  # fmt: skip


def _heading(step: PlanStep) -> str:
    space = f" over {' × '.join(f'{length:,}' for length in step.space)}" if step.space else ""
    moved = [f"{verb} {_bytes(size)}" for verb, size in (("reads", step.reads), ("writes", step.writes)) if size]
    return f"{step.kind}{space}{': ' if moved else ''}{', '.join(moved)}"


def _details(step: PlanStep) -> list[str]:
    found = []
    if step.spared:
        found.append(f"{_bytes(step.spared)} of intermediate arrays are never written")
    if step.together:
        noun = "step" if len(step.together) == 1 else "steps"
        found.append(f"block by block with {noun} {_numbers(step.together)}, so that rows are read from memory once")
    return found


def _path_text(path: PlanPath) -> str:
    texts = [f"{what} is {outcome}" for what, outcome in path.decisions]
    if len(texts) > DECISIONS:
        texts[2:-1] = [f"{len(texts) - 3} more decisions"]
    decided = "; ".join(texts)
    return f"{path.number}. {decided or 'no decision'}"


def _numbers(numbers: tuple[int, ...]) -> str:
    return ", ".join(map(str, numbers))


def _many(count: int, noun: str) -> str:
    plural = {
        "piece of straight-line code": "pieces of straight-line code", "call of NumPy": "calls of NumPy",
        "call of LAPACK": "calls of LAPACK", "binary search": "binary searches",
    }  # fmt: skip
    return f"{count:,} {noun if count == 1 else plural.get(noun, noun + 's')}"


def _bytes(size: int) -> str:
    """Return a size for a person.

    >>> _bytes(800), _bytes(80_000), _bytes(3_000_000)
    ('800 bytes', '78.1 KB', '2.9 MB')
    """
    if size < 1024:
        return f"{size} bytes"
    return f"{size / 1024:.1f} KB" if size < 1 << 20 else f"{size / (1 << 20):.1f} MB"


def _wrapped(note: str) -> list[str]:
    return textwrap.wrap(note, 110, initial_indent="  ", subsequent_indent="    ", break_long_words=False)
