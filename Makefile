# One target for each action. `make` alone lists them.

STACK   ?=
TARGET  ?= sandbox
PYTHON  ?= python3
ARGS    ?=
WORKERS ?= auto

PY := .venv/bin/python
READY := .venv/.ready

.DEFAULT_GOAL := help
.PHONY: help setup cli up preview refresh destroy test test-fast coverage lint types golden fixture docs bench clean

help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | awk -F '\t' '{printf "%-10s %s\n", $$1, $$2}'

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed, and $$($(PYTHON) --version 2>&1) was found: say make PYTHON=/path/to/python3.11." >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(PY) -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@

cli: $(READY)
	@$(PY) tools/pulumi_cli.py

setup: $(READY) cli  ## make .venv and find or build the Pulumi CLI

up preview refresh destroy: $(READY)
	@$(PY) tools/stack.py $@ --stack "$(STACK)" --target $(TARGET) $(ARGS)

up:  ## deploy every stack, or one (STACK=aws, azure or gcp; TARGET=sandbox or real)
preview:  ## show what a deployment would change
refresh:  ## bring the state to what exists
destroy:  ## delete what a stack made

test: setup  ## run all tests, those on the real engine too
	$(PY) -m pytest -n $(WORKERS) $(ARGS)

test-fast: $(READY)  ## run the tests that need no engine
	$(PY) -m pytest -n $(WORKERS) -m 'not engine' $(ARGS)

coverage: $(READY)  ## run the fast tests and hold how much of the library they reach
	$(PY) -m pytest -n $(WORKERS) -m 'not engine' --quiet --cov --cov-fail-under=95 $(ARGS)

lint: $(READY)  ## check style
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

types: $(READY)  ## check types
	$(PY) -m mypy
	@# programs of one name, so one at a time
	set -e; for program in examples/*/__main__.py; do $(PY) -m mypy "$$program"; done

golden: $(READY)  ## write the golden files anew
	WS_NETWORK_GOLDEN=write $(PY) -m pytest -m 'not engine' $(ARGS)

fixture: setup  ## keep the state that this release makes (ARGS=--again before it is out)
	$(PY) tools/state_fixture.py $(ARGS)

docs: $(READY)  ## generate the generated pages
	$(PY) tools/catalogue_docs.py
	$(PY) tools/cloud_docs.py
	$(PY) tools/command_docs.py
	$(PY) tools/findings_docs.py
	$(PY) tools/rule_counts_docs.py

bench: $(READY)  ## run the benchmarks
	$(PY) benchmarks/run.py --check $(ARGS)

clean:  ## forget the sandbox, its state and all caches; .venv and the CLI stay
	rm -rf .sandbox .pulumi-home .pulumi-state .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage build dist
