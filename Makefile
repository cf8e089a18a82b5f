# Needs Python 3.11 to 3.13, git and make; everything else is installed into .venv.
SHELL := /bin/bash
PYTHON ?= $(shell for v in python3.12 python3.13 python3.11 python3; do \
	command -v $$v >/dev/null && $$v -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null && echo $$v && break; done)
BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest
# With this variable set, Python compiles TensorFlow anew at every import: 14 s, not 5.
unexport PYTHONDONTWRITEBYTECODE
export TF_CPP_MIN_LOG_LEVEL ?= 3

.PHONY: setup demo bench engines test test-fast test-all check format columns protos clean

setup: .venv/.ready  ## virtual environment with the locked dependencies

.venv/.ready: pyproject.toml uv.lock
	@test -n "$(PYTHON)" || { echo "featurekit needs Python 3.11, 3.12 or 3.13"; exit 1; }
	@echo "setting up .venv with $(PYTHON) (about a minute, once)"
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv>=0.9"
	UV_PROJECT_ENVIRONMENT=.venv $(BIN)/uv sync --frozen --all-groups --extra all --inexact --compile-bytecode --quiet
	@touch $@

demo: setup  ## the whole path on the 336,776 flights of 2013
	$(BIN)/python -m examples.flights.run

bench: setup  ## featurekit beside its peers; writes benchmarks/RESULTS.md (an hour)
	$(BIN)/python -m benchmarks

engines: setup  ## fetches engines that run the Beam jobs; see docs/clusters.md
	scripts/engines.sh

test: setup check  ## everything that CI runs
	$(PYTEST) -m "not slow and not engines"

test-fast: setup  ## without TensorFlow and Beam
	$(PYTEST) -m "not slow and not tensorflow and not beam"

test-all: setup check  ## the long checks too
	$(PYTEST)

check: setup  ## lint, types, import contracts, generated code
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	scripts/generate_protos --check
	$(BIN)/python scripts/generate_columns.py --check
	$(BIN)/python scripts/generate_unicode_tables.py --check

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

columns: setup  ## regenerate docs/columns.md
	$(BIN)/python scripts/generate_columns.py

protos: setup  ## regenerate featurekit/proto
	scripts/generate_protos

clean:
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
