# Everything a newcomer types. `make help` lists it; scripts/ does the work.
PYTHON ?= python3
export DYNSYN_PYTHON_ASKED_FOR := $(if $(filter command environment,$(firstword $(origin PYTHON))),yes,no)
export DYNSYN_ROS := $(ROS)
SETUP := PYTHONDONTWRITEBYTECODE=1 "$(PYTHON)" scripts/workspace.py
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help setup build demo test test-all lint unit baselines faults docs format doctor clean distclean python

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

python:
	@command -v "$(PYTHON)" >/dev/null 2>&1 || { \
	  echo "setup: error: $(PYTHON) not found: sudo apt install python3 python3-venv python3-dev" >&2; \
	  exit 1; }

setup: python ## create .venv, install the pins, build (quick when done); ROS=jazzy or kilted
	@$(SETUP)

build: python ## build the workspace again, whatever has changed
	@$(SETUP) --rebuild

demo: setup ## the walker learning on ROS 2: live until Ctrl-C, or 60 s and a summary without a terminal
	@if [ -t 1 ]; then exec $(BIN)/dynsyn sim walker; \
	else exec $(BIN)/dynsyn sim walker --headless --duration 60; fi

test: setup lint unit baselines ## everything that CI runs: lint, format, import layers, types, all tests

lint: setup ## ruff's rules and format, the import layers, and types (mypy)
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet . || { echo "lint: run make format" >&2; exit 1; }
	@$(BIN)/lint-imports --no-logo || exit 1
	@$(BIN)/mypy --no-error-summary

# Tests that depend on deadlines come after the others, with the processor to themselves. A file's
# tests stay together, because they use the same kernels. Three workers keep two cores busy: one of
# them waits for processes that it has started. The order of the files is that of test/conftest.py.
#
# The first limit is a failed test. The second ends a process in which nothing can be interrupted any
# more, as where the middleware stands still in C++ (docs/faults.md), and with it the run, soon.
LIMITS := --timeout 300 -o faulthandler_timeout=330 -o faulthandler_exit_on_timeout=true
PYTEST := $(BIN)/python -m pytest $(LIMITS) $(LONG)
# What two hundred processes import is compiled once, whatever the shell says of that.
unit: export PYTHONDONTWRITEBYTECODE :=

unit: setup ## the tests alone; ARGS='-k name' picks some
ifeq ($(ARGS),)
	@$(PYTEST) -n 3 --max-worker-restart 0 --dist loadfile --no-loadscope-reorder -m "not realtime"
	@$(PYTEST) -m realtime test/integration
else
	@$(PYTEST) $(ARGS)
endif

# Of these packages nothing is imported unless asked for: they are on the path of these tests alone.
BASELINE_TESTS := $(patsubst %,dynsyn_lab/test/unit/test_%.py,baselines circuit policy_files streaming)
baselines: setup ## tests of PPO, SAC and the like; installs torch for CPUs, skipped where pip has none
	@if PYTHONDONTWRITEBYTECODE=1 $(BIN)/python scripts/baselines.py; then \
	  PYTHONPATH="$(CURDIR)/.venv/baselines:$$PYTHONPATH" \
	  $(PYTEST) -n 2 --max-worker-restart 0 --dist loadfile $(BASELINE_TESTS); fi

test-all: ## make test with what is too long for every run: further sizes and kinds, more examples
	@$(MAKE) --no-print-directory test LONG="--long --timeout 1800 -o faulthandler_timeout=1860"

faults: setup ## injects every fault of docs/faults.md into the real parts (some minutes)
	@$(PYTEST) --long -m faults

docs: setup ## the documentation as a site, in build/site; a warning is an error
	@$(BIN)/pip install --quiet --disable-pip-version-check -r requirements/extra-docs.txt
	@$(BIN)/python scripts/docs_site.py
	@$(BIN)/zensical build --strict -f mkdocs.yml

format: setup ## let ruff format the code and fix what it can
	@$(BIN)/ruff format --quiet . && $(BIN)/ruff check --quiet --fix .

doctor: setup ## what is installed, what is missing and how to get it
	@$(BIN)/dynsyn doctor --load

clean: ## delete what was built (build/ install/ log/ and caches), keep .venv
	@rm -rf build install log .pytest_cache .ruff_cache .import_linter_cache .mypy_cache .hypothesis
	@find . -path ./.venv -prune -o -name __pycache__ -type d -print0 | xargs -0 rm -rf

distclean: clean ## delete .venv as well
	@rm -rf .venv
