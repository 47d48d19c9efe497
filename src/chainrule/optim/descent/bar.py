"""Owns the progress bar of a long descent, and is the one module here that imports rich.

It is drawn on stderr, where that is a terminal, once a descent has taken a second: a short one leaves no trace.
"""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any, final

PATIENCE = 1.0
"""So many seconds pass before it is drawn."""


@final
class Bar:
    """A progress bar. Use it in a `with` statement; call it with the steps done, and asked for."""

    def __init__(self, is_shown: bool | None = None) -> None:
        """Get ready. is_shown: None asks whether stderr is a terminal."""
        self.is_shown = sys.stderr.isatty() if is_shown is None else is_shown
        self._begin = time.monotonic()
        self._progress: Any = None
        self._task: Any = None

    def __call__(self, done: int, total: int) -> None:
        """Draw how far it is."""
        if not self.is_shown:
            return
        if self._progress is None:
            if time.monotonic() - self._begin < PATIENCE:
                return
            self._start(total)
        self._progress.update(self._task, completed=done)

    def _start(self, total: int) -> None:
        from rich.console import Console  # noqa: PLC0415  (heavy: loaded when a descent takes long)
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True, force_terminal=True),
            transient=True,
        )
        self._task = self._progress.add_task("descending", total=total)
        self._progress.start()

    def __enter__(self) -> Bar:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress is not None:
            self._progress.stop()
            self._progress = None
