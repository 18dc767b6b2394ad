# `make demo` and `make test` set up all they need: Python 3.11 or newer and make are enough.

# The versions that the lock is tested with come first.
ifndef PYTHON
PYTHON := $(shell for p in python3.13 python3.12 python3.11 python3 python3.14; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { command -v $$p; break; }; done)
else
VERSION_OF_PYTHON := $(shell $(PYTHON) -c 'import platform; print(platform.python_version())' 2>/dev/null)
endif
BIN := .venv/bin
DEMO_READY := .venv/.demo-ready
READY := .venv/.ready
NODE_READY := examples/express_endpoint/node_modules/.ready
GO_READY := .venv/.go-ready
# Much of a test is waiting: two workers share a core.
WORKERS ?= $(shell $(BIN)/python -c 'import os; print(2 * (os.cpu_count() or 1))')
# Tests start hundreds of processes. Where nothing compiled may be kept, each would compile the whole package anew.
unexport PYTHONDONTWRITEBYTECODE
PYTEST = $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal --durations=20

# A lock names every package with its hash, so nothing is resolved: a newer release of anything changes nothing here.
PIP := $(BIN)/python -m pip --disable-pip-version-check
define install
@$(PIP) install --quiet --no-deps --require-hashes -r $(1) \
  && $(PIP) install --quiet --no-deps --no-build-isolation --editable . || { \
  echo "error: the packages of $(1) could not be installed (pip says why above)"; \
  echo "hint: pip needs a network, or an index that you name with PIP_INDEX_URL; then run make again"; exit 2; }
@$(PIP) check >$@.check || { cat $@.check; echo "error: the packages of $(1) do not fit together"; exit 2; }
@mv $@.check $@
endef

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-exhaustive check fix cov docs bench wheel lock clean

help:  ## what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' Makefile

# One environment for all: the demo needs a few of its packages, the tests need every one.
$(DEMO_READY): requirements-demo.lock pyproject.toml | .venv/pyvenv.cfg
	@echo "installing the packages of the demo into .venv (once)"
	$(call install,requirements-demo.lock)

$(READY): requirements-dev.lock pyproject.toml | .venv/pyvenv.cfg
	@echo "installing the packages of the tests into .venv (once, a minute or two)"
	$(call install,requirements-dev.lock)
	@touch $(DEMO_READY)

# What was made in another folder, with a Python that is gone, or with another than the one that is asked for, is made again.
ifneq ($(wildcard .venv),)
ifeq ($(shell grep -qsF '$(CURDIR)/.venv' .venv/bin/activate && grep -qs '^version = $(VERSION_OF_PYTHON)' .venv/pyvenv.cfg \
	&& $(BIN)/python -c 'import pip' 2>/dev/null && echo usable),)
$(shell rm -f .venv/pyvenv.cfg $(READY) $(DEMO_READY))
endif
endif

.venv/pyvenv.cfg:
	@test -n "$(PYTHON)" || { echo "error: no Python 3.11 or newer was found"; \
	  echo "hint: install one (Debian, Ubuntu: apt-get install python3 python3-venv), or name it: make PYTHON=/path/to/python3"; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "error: $(PYTHON) is no Python 3.11 or newer"; echo "hint: name one: make PYTHON=/path/to/python3"; exit 2; }
	@echo "making .venv with $(PYTHON)"; rm -rf .venv; $(PYTHON) -m venv .venv || { rm -rf .venv; \
	  echo "error: $(PYTHON) cannot make a virtual environment (it says why above)"; \
	  echo "hint: Debian, Ubuntu: apt-get install python3-venv; elsewhere: a Python with its modules venv and ensurepip"; exit 2; }

# The Express example is tested where there is npm; elsewhere its tests are skipped and say so.
$(NODE_READY): examples/express_endpoint/package-lock.json
	@if command -v npm >/dev/null; then cd examples/express_endpoint && npm ci --silent --no-audit --no-fund && touch node_modules/.ready; \
	else echo "npm is not installed: the Express example is not tested"; fi

# The first build of a Go program compiles Go's own library, too: half a minute that no test should wait for.
$(GO_READY): $(READY) $(wildcard examples/go_endpoint/*)
	@if command -v go >/dev/null; then cd examples/go_endpoint && go build -o /dev/null . && touch $(CURDIR)/$@; \
	else echo "go is not installed: the Go example is not tested"; fi

setup: $(READY) $(NODE_READY) $(GO_READY)  ## set up all that the rest needs

demo: $(DEMO_READY)  ## start an example endpoint, check it, show the verdict and write an HTML report
	@$(BIN)/python examples/demo.py

test: setup  ## run the tests that guard every promise (minutes)
	$(PYTEST) -m "not exhaustive"

test-exhaustive: setup  ## run the tests that `make test` leaves out
	$(PYTEST) -m exhaustive

check: $(READY)  ## lint, types, import directions, spelling
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell

fix: $(READY)  ## format and mend what can be mended
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

cov: setup  ## run all tests with coverage, subprocesses included
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -n $(WORKERS) --dist worksteal
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

docs: $(READY)  ## write again what the documents take from the program
	$(BIN)/python -m tests.providers.golden
	$(BIN)/python -m tests.reports.golden
	$(BIN)/python -m tests.load.reports.golden
	$(BIN)/python -m tests.load.profile_plots
	$(BIN)/python -m tests.rules_page
	$(BIN)/python -m tests.house_picture
	$(BIN)/python -m tests.cli.help_page
	$(BIN)/python -m tests.zoo.scores

bench: $(READY)  ## measure beside the peers, write docs/performance.md
	$(BIN)/python -m benchmarks

wheel: $(READY)  ## build the wheel into dist/
	$(BIN)/python -m build --wheel --no-isolation --outdir dist .

lock: $(READY)  ## lock the newest versions of all packages (needs uv)
	@command -v uv >/dev/null || { echo "error: uv is needed to lock versions (pip install uv)"; exit 2; }
	uv pip compile $(LOCK) --upgrade --all-extras --group dev --output-file requirements-dev.lock
	uv pip compile $(LOCK) --group demo --constraint requirements-dev.lock --output-file requirements-demo.lock
LOCK := pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header

clean:  ## remove what was made
	rm -rf .venv dist build demo .coverage .coverage.* .hypothesis .pytest_cache .mypy_cache .ruff_cache
	rm -rf .import_linter_cache examples/express_endpoint/node_modules
