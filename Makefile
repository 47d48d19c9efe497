# Needs python3 with its venv module, and make. Each target sets up what it uses; a second run does not install again.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Of `make fuzz`: the seed of the first program, and how many programs.
SEED ?= 0
GRAPHS ?= 10000

.PHONY: help demo test check format bench fuzz clean
.NOTPARALLEL:

help:
	@echo "make demo    set up and take the tour: type a function, see its derivative, follow it downhill"
	@echo "make test    set up and run every test"
	@echo "make check   set up and run ruff, mypy, import-linter and the fast tests"
	@echo "make format  set up and let ruff rewrite what it can"
	@echo "make bench   set up and compare the speed with the installed peers"
	@echo "make fuzz    set up and search random programs for one that jit gets wrong (SEED=$(SEED) GRAPHS=$(GRAPHS))"
	@echo "make clean   remove what the other targets made"

demo: $(VENV)/.installed
	@$(BIN)/chainrule tour

test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -q -n auto

check: $(VENV)/.installed-dev
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m pytest -q -n auto -m "not slow"

format: $(VENV)/.installed-dev
	$(BIN)/python -m ruff check --fix .
	$(BIN)/python -m ruff format .

bench: $(VENV)/.installed-bench
	$(BIN)/python -m pytest -q -p no:cacheprovider benchmarks

fuzz: $(VENV)/.installed-dev
	$(BIN)/python -m tests.native.fuzz --seed $(SEED) --graphs $(GRAPHS)

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build dist

# The install is editable: sources are read from src/, so that only a changed pyproject.toml asks for a new one. pip does not
# compile them then; compiled here, the first start is as fast as the next.
$(VENV)/.created:
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.installed: $(VENV)/.created pyproject.toml
	$(BIN)/python -m pip install --quiet --editable .
	@$(BIN)/python -m compileall -q src
	@touch $@

$(VENV)/.installed-%: $(VENV)/.created pyproject.toml
	$(BIN)/python -m pip install --quiet --editable ".[$*]"
	@$(BIN)/python -m compileall -q src
	@touch $@
