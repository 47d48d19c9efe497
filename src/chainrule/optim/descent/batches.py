"""Owns the batches of a stochastic descent: which samples each step sees, the same ones in every run with the same seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import numpy.typing as npt

from chainrule.errors import ShapeError
from chainrule.optim.methods.settings import check_count
from chainrule.tracing.lift import lift


@final
@dataclass(frozen=True, slots=True, eq=False)
class Batches:
    """Data in batches: each step of a descent sees the next one.

    data: an array, or a tuple of arrays of equal length, whose rows are samples. `fun` takes a batch of each after x and `args`.
    size: samples in a batch. epochs: so often all samples are seen.
    seed: of the order of the samples, which is a new one in each epoch. shuffle: False takes them as they lie.
    drop_last: leave out the samples that do not fill a batch, else the last batch is a smaller one.
    validation: data like `data`, on which `fun` is computed after each epoch, or a function of x that is.
    patience: after so many epochs in which the validation loss has not become lower, the descent ends; None never ends it. With
        validation, the outcome is the best point of these, else the last one.
    Raises ValueError, TypeError and ShapeError for settings that are something else.

    >>> batches = Batches((np.ones((10, 2)), np.zeros(10)), size=4, epochs=3)
    >>> batches.sizes(), batches.steps
    ((4, 4, 2), 9)
    """

    data: Any
    size: int
    epochs: int = 10
    seed: int = 0
    shuffle: bool = True
    drop_last: bool = False
    validation: Callable[[Any], Any] | Any = None
    patience: int | None = None

    def __post_init__(self) -> None:
        check_count("size", self.size, 1, 32)
        check_count("epochs", self.epochs, 1, 10)
        check_count("seed", self.seed, 0, 0)
        lengths = [len(array) if isinstance(array, np.ndarray) and array.ndim else None for array in self.arrays]
        if None in lengths or not lengths:
            raise TypeError(f"data is an array of samples, or a tuple of such arrays, not {self.data!r:.60}")
        if len(set(lengths)) > 1:
            raise ShapeError(f"the arrays of data have {lengths} samples; give a tuple of arrays of equal length")
        if not lengths[0]:
            raise ShapeError("data holds no sample")
        for array in self.arrays:
            lift(array)  # a mask, which is lost with the first batch, is refused as it is by a gradient
        if self.patience is not None:
            check_count("patience", self.patience, 1, 5)
            if self.validation is None:
                raise ValueError("patience is about the validation loss; give validation=, data or a function of x")
        if self.validation is not None and not callable(self.validation):
            arrays = self.validation_arrays()
            if len(arrays) != len(self.arrays) or not all(isinstance(array, np.ndarray) for array in arrays):
                raise TypeError(
                    f"validation is data like `data`, {len(self.arrays)} in number, or a function of x, not "
                    f"{self.validation!r:.60}"
                )
        if not self.sizes():
            raise ValueError(f"there are {self.count} samples, which fill no batch of {self.size}; give a smaller size")

    @property
    def arrays(self) -> tuple[npt.NDArray[Any], ...]:
        """The arrays of the data."""
        return self.data if isinstance(self.data, tuple) else (self.data,)

    @property
    def count(self) -> int:
        """The number of samples."""
        return len(self.arrays[0])

    def sizes(self) -> tuple[int, ...]:
        """Return how many samples are in each batch of an epoch."""
        whole, rest = divmod(self.count, self.size)
        return (self.size,) * whole + ((rest,) if rest and not self.drop_last else ())

    @property
    def steps(self) -> int:
        """The number of steps in all epochs."""
        return self.epochs * len(self.sizes())

    def order(self, epoch: int) -> npt.NDArray[np.int64]:
        """Return in which order the samples are seen in an epoch, 0 for the first one."""
        if not self.shuffle:
            return np.arange(self.count)
        return np.random.default_rng((self.seed, epoch)).permutation(self.count)

    def __iter__(self) -> Iterator[tuple[npt.NDArray[Any], ...]]:
        """Yield the batches of the first epoch: for each a part of every array.

        >>> [len(rows) for (rows,) in Batches(np.ones((10, 2)), size=4)]
        [4, 4, 2]
        """
        order, begin = self.order(0), 0
        for size in self.sizes():
            samples = order[begin : begin + size]
            begin += size
            yield tuple(array[samples] for array in self.arrays)

    def flaw(self, *, of_validation: bool = False) -> str:
        """Return which sample has a number that is not finite; nothing where none has. of_validation: look at that data.

        >>> Batches((np.ones((3, 2)), np.array([0.0, 1.0, np.nan])), size=2).flaw()
        'sample 2 of array 1 of the data has a number that is not finite; repair it, or leave it out'
        """
        called = "the validation data" if of_validation else "the data"
        for place, array in enumerate(self.validation_arrays() if of_validation else self.arrays):
            if array.dtype.kind in "fc":
                bad = np.flatnonzero(~np.isfinite(array).all(axis=tuple(range(1, array.ndim))))
                if bad.size:
                    name = f"array {place} of {called}" if isinstance(self.data, tuple) else called
                    return f"sample {bad[0]} of {name} has a number that is not finite; repair it, or leave it out"
        return ""

    def order_flaw(self) -> str:
        """Return which array says that samples are taken sorted by their class; nothing where they are not, or are shuffled.

        >>> Batches((np.ones((40, 2)), np.repeat([0, 1], 20)), size=4, shuffle=False).order_flaw().split(":")[0]
        'the samples are sorted by array 1 of the data, and shuffle=False takes them so'
        """
        for place, array in enumerate(() if self.shuffle or self.size >= self.count else self.arrays):
            labels = array.reshape(-1)
            if labels.size != self.count or labels.dtype.kind not in "fiub":
                continue
            steps = np.sign(np.diff(labels.astype(float)))
            is_sorted = np.all(steps >= 0) or np.all(steps <= 0)
            if is_sorted and 0 < np.count_nonzero(steps) < self.count / self.size:
                return (
                    f"the samples are sorted by array {place} of the data, and shuffle=False takes them so: batches of one "
                    "class pull x to and fro; shuffle them"
                )
        return ""

    def validation_arrays(self) -> tuple[npt.NDArray[Any], ...]:
        """Return the arrays of the validation data."""
        return self.validation if isinstance(self.validation, tuple) else (self.validation,)


@final
@dataclass(frozen=True, slots=True, eq=False)
class Epochs:
    """What became of the epochs of a stochastic descent.

    losses: the mean loss of the samples in each whole epoch, as the steps saw them. validation: the validation loss after each;
    empty without validation data. best: the epoch of the outcome, 0 for the first one.
    """

    losses: npt.NDArray[np.float64]
    validation: npt.NDArray[np.float64]
    best: int
