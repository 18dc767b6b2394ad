# `make demo` and `make test` set up all they need: Python 3.11 or newer, pip and make are enough.

PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
BIN := .venv/bin
READY := .venv/.ready
NODE_READY := examples/express_endpoint/node_modules/.ready
GO_READY := .venv/.go-ready
# Much of a test is waiting: in CI, which has the machine to itself, four share two cores.
WORKERS ?= $(if $(CI),4,2)

.DEFAULT_GOAL := help
.PHONY: help setup demo test check fix cov docs bench wheel clean

help:  ## what there is to make
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

$(READY): requirements-dev.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "error: Python 3.11 or newer is needed (make PYTHON=/path/to/python3)"; exit 2; }
	@echo "setting up .venv with $(PYTHON) (once)"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

# The Express example is tested where there is npm; elsewhere its tests are skipped and say so.
$(NODE_READY): examples/express_endpoint/package-lock.json
	@if command -v npm >/dev/null; then cd examples/express_endpoint && npm ci --silent --no-audit --no-fund && touch node_modules/.ready; \
	else echo "npm is not installed: the Express example is not tested"; fi

# The first build of a Go program compiles Go's own library, too: half a minute that no test should wait for.
$(GO_READY): $(READY) $(wildcard examples/go_endpoint/*)
	@if command -v go >/dev/null; then cd examples/go_endpoint && go build -o /dev/null . && touch $(CURDIR)/$@; \
	else echo "go is not installed: the Go example is not tested"; fi

setup: $(READY) $(NODE_READY) $(GO_READY)  ## set up all that the rest needs

demo: $(READY)  ## start an example endpoint, check it, show the verdict and write an HTML report
	@$(BIN)/python examples/demo.py

test: setup  ## run all tests
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

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
	$(BIN)/python -m tests.cli.help_page
	$(BIN)/python -m tests.zoo.scores

bench: $(READY)  ## measure beside the peers, write docs/performance.md
	$(BIN)/python -m benchmarks

wheel: $(READY)  ## build the wheel into dist/
	$(BIN)/python -m build --wheel --outdir dist .

clean:  ## remove what was made
	rm -rf .venv dist build demo .coverage .coverage.* .hypothesis .pytest_cache .mypy_cache .ruff_cache
	rm -rf .import_linter_cache examples/express_endpoint/node_modules
