"""Matrix derivations as LaTeX: documents that say everything, with any name that Python allows, and compile."""

from __future__ import annotations

import shutil
import subprocess

import numpy as np
import pytest

import chainrule as cr


def cross_entropy(W, X, labels):
    logits = X @ W
    logs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    return -logs[np.arange(len(labels)), labels].mean()


def named(θ, weight_matrix, x1, α_β, _, é, X__y, ж):
    return (θ * weight_matrix + x1 * α_β).sum() + (_ * é).sum() + np.linalg.norm(X__y) * ж.sum()


@pytest.fixture
def labeled():
    generator = np.random.default_rng(0)
    at = (generator.normal(size=(3, 4)), generator.normal(size=(5, 3)), np.array([0, 1, 3, 2, 1]))
    return cr.explain(cross_entropy, at=at)


@pytest.fixture
def strange():
    generator = np.random.default_rng(1)
    return cr.explain(named, at=tuple(generator.normal(size=2) for _ in range(8)))


def test_a_document_has_every_line_and_the_rules_of_the_way_back(labeled):
    written = labeled.to_latex(document=True)
    assert written.startswith("\\documentclass")
    assert written.endswith("\\end{document}\n")
    assert written.count("\\item ") == len(labeled.steps)
    assert "an element that is read gets the sensitivity" in written
    assert written.isascii()


def test_an_index_is_written_once(labeled):
    assert r"\text{[}\text{arange(5)}\text{, }\text{labels}\text{]}" in labeled.to_latex()
    assert r"\backslash" not in labeled.to_latex()
    assert "place(dL/dv" in str(labeled)


def test_names_keep_their_letters(strange):
    written = strange.to_latex()
    assert r"\text{weight\_matrix}" in written
    assert r"\boldsymbol{\theta}" in written
    assert r"\boldsymbol{\alpha}_{\beta}" in written
    assert not {"θ", "α", "β", "ж"} & set(written)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_documents_compile(tmp_path, labeled, strange):
    for number, derivation in enumerate((labeled, strange)):
        source = tmp_path / f"derivation{number}.tex"
        source.write_text(derivation.to_latex(document=True), encoding="utf-8")
        command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", source.name]
        assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 0
