# The only place where the project's commands are spelled. Start with `make demo` or `make test`.

SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := .ci-tools/bin/uv
export PATH := $(CURDIR)/$(BIN):$(PATH)

# What the main job needs, and what the tests compare it with. Debian's names.
TOOLS := rna-star rsem samtools fastp
PEERS := r-bioc-deseq2 r-bioc-consensusclusterplus r-bioc-all r-bioc-gsva slurm-wlm munge chromium-headless-shell fonts-dejavu-core

.PHONY: help demo test lint docs bench lock setup tools peers clean

help:  ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 10

demo: setup tools  ## simulate a few patients, run everything, leave a report for each in demo/
	$(BIN)/leukoscope demo --outdir demo

test: setup tools peers lint  ## house rules, then every test
	$(BIN)/pytest -n 2 --dist loadfile

lint: setup  ## ruff, mypy and the layer contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

docs: setup  ## rewrite the pages that are printed from the code, and replay the others
	$(BIN)/python docs/print_pages.py
	$(BIN)/pytest -q tests/test_docs.py

bench: setup tools peers  ## paired timings against the peers (see docs/performance.md)
	$(BIN)/python -m benchmarks

setup: $(VENV)/.installed

$(VENV)/.installed: requirements.lock pyproject.toml
	./.ci/packages python3-venv
	test -x $(UV) || { $(PYTHON) -m venv .ci-tools && .ci-tools/bin/pip install --quiet --disable-pip-version-check uv; }
	test -x $(BIN)/python || UV_PYTHON_DOWNLOADS=never $(UV) venv --quiet --python $(PYTHON) $(VENV)
	$(UV) pip sync --quiet --require-hashes --compile-bytecode --python $(BIN)/python requirements.lock
	$(UV) pip install --quiet --no-deps --no-build-isolation --python $(BIN)/python -e .
	$(BIN)/leukoscope compile
	touch $@

tools:
	@./.ci/packages $(TOOLS)

peers:
	@./.ci/packages $(PEERS)

lock:  ## resolve the dependencies again (hashed, for every supported Python, without addresses)
	$(UV) pip compile --quiet pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header --no-annotate --upgrade -o requirements.lock
	! grep -nE 'https?://' requirements.lock

clean:  ## remove what make made
	rm -rf $(VENV) .ci-tools demo dist build .mypy_cache .ruff_cache .pytest_cache
