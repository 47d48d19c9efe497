"""Owns the search for programs that jit gets wrong: `python -m tests.native.fuzz --seed 1 --graphs 10000`."""

from __future__ import annotations

import argparse
import collections
import sys
import time

from tests.native.graph_comparison import Disagreement, Tally, compare, smallest
from tests.native.graph_writer import seeded

EVERY = 10.0  # seconds between two lines of progress


def main(arguments: list[str] | None = None) -> int:
    """Compare `jit` with eager evaluation on one program for each seed; return 1 where one of them disagrees."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--seed", type=int, default=0, help="the first seed; the following ones count up from it")
    parser.add_argument("--graphs", type=int, default=1000, help="how many programs")
    parser.add_argument("--stop", action="store_true", help="stop at the first failure")
    parser.add_argument("--errors", action="store_true", help="list what programs raised in eager evaluation too")
    options = parser.parse_args(arguments)
    tally, failures, done = Tally(), [], 0
    start = said = time.monotonic()
    print(f"seeds {options.seed} to {options.seed + options.graphs - 1}", flush=True)
    try:
        for seed in range(options.seed, options.seed + options.graphs):
            graph = seeded(seed)
            try:
                compare(graph, tally)
            except Disagreement as failure:
                failures.append(seed)
                print(f"\nseed {seed} FAILED: {smallest(graph, failure)}", flush=True)
                if options.stop:
                    break
            done += 1
            if time.monotonic() - said > EVERY:
                said = time.monotonic()
                print(f"seed {seed}: {done} programs, {len(failures)} failures, {said - start:.0f} s", flush=True)
    except KeyboardInterrupt:
        print("\ninterrupted", flush=True)
    if options.errors:
        for text, count in collections.Counter(tally.errors).most_common():
            print(f"{count:6d}  {text}")
    print(
        f"{done} programs in {time.monotonic() - start:.0f} s: {tally.compared} elements compared, {tally.skipped} that "
        f"roundings change too much to compare, {tally.gradients} gradients, {tally.refused} calls raised alike; "
        f"{len(failures)} failures{': seeds ' + ', '.join(map(str, failures)) if failures else ''}"
    )
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
