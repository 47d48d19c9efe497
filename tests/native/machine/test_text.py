"""Proves that long straight code is cut into blocks, and that what is computed before a cut is there after it."""

from __future__ import annotations

import re

import numpy as np

import chainrule as cr
from chainrule.native.calls import specialize
from chainrule.native.machine.text import LONGEST_BLOCK, Body, Module


def test_a_block_is_cut_only_once_it_is_long() -> None:
    body = Body(Module())
    for _ in range(LONGEST_BLOCK):
        body.do("nop")
        body.cut()
    assert body.block == "entry"
    body.do("nop")
    body.cut()
    assert body.block != "entry"
    assert body.lines[-2:] == [f"  br label %{body.block}", f"{body.block}:"]
    body.cut()
    assert body.lines[-1] == f"{body.block}:"


def test_blocks_of_long_programs_stay_short(monkeypatch) -> None:
    texts: list[str] = []
    compile_text = specialize.compile_text

    def noted(text: str, *args, **options):
        texts.append(text)
        return compile_text(text, *args, **options)

    monkeypatch.setattr(specialize, "compile_text", noted)

    def triangular(A, b):
        x = np.zeros_like(b)
        for i in range(len(b)):
            x[i] = (b[i] - A[i, :i] @ x[:i]) / A[i, i]
        return np.sum(x**2)

    generator = np.random.default_rng(0)
    A, b = generator.random((70, 70)) + 70 * np.eye(70), generator.random(70)
    function = cr.value_and_grad(triangular, (0, 1))
    compiled = cr.jit(function)
    for _ in range(3):
        value, gradients = compiled(A, b)
    expected, slopes = function(A, b)
    np.testing.assert_allclose(value, expected, rtol=1e-12)
    for one, other in zip(gradients, slopes, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-11, atol=1e-14)
    run = re.search(r"^define [^\n]*@run\(.*?^}", texts[-1], re.MULTILINE | re.DOTALL)
    assert run is not None
    blocks = re.split(r"^\w+:$", run.group(0), flags=re.MULTILINE)
    assert len(blocks) > 3
    assert max(block.count("\n") for block in blocks) < 2 * LONGEST_BLOCK
