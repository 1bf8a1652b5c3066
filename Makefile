# Everything a reader, a developer and CI ask for; `make help` lists it.

VENV ?= .venv
ARGS ?=

AT_LEAST_3_11 = -c 'import sys; sys.exit(sys.version_info < (3, 11))'
# A name found on the PATH may be a shim with nothing behind it: each is tried, not just looked up.
PYTHON ?= $(shell for python in python3.13 python3.12 python3.11 python3; do \
	if $$python $(AT_LEAST_3_11) >/dev/null 2>&1; then command -v $$python; break; fi; done)

PIP = $(VENV)/bin/python -m pip --disable-pip-version-check --no-input --quiet

.DEFAULT_GOAL := help
.PHONY: help run test check campaign bench format lock clean which-python

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s%s\n", $$1, $$2 }' Makefile

run: $(VENV)/.runtime ## start the demonstration: pages, clocks and a day of cases
	$(VENV)/bin/guanjia serve --demo $(ARGS)

test: $(VENV)/.dev ## run the tests; ARGS="-k overdue" chooses some
	$(VENV)/bin/python -m pytest $(ARGS)

check: $(VENV)/.dev ## all that CI runs: format, lint, types, walls, tests with branch coverage
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports --no-logo --no-cache
	$(VENV)/bin/python -m pytest --cov --ignore=tests/data $(ARGS)
	$(VENV)/bin/python -m pytest tests/data $(ARGS) || [ $$? -eq 5 ]  # none was chosen

campaign: $(VENV)/.dev ## the long form of the random tests, for hours: more lives, instants and interleavings
	GUANJIA_INSTANTS=50 $(VENV)/bin/python -m pytest --hypothesis-profile=campaign \
		tests/domain tests/commands tests/projections tests/store tests/scheduler tests/data $(ARGS)

bench: $(VENV)/.dev ## measure beside the peers, each in an environment of its own
	@command -v wrk >/dev/null || echo "wrk is not installed, so HTTP is not measured: install Debian's package wrk." >&2
	$(VENV)/bin/python -m benchmarks.peers
	$(VENV)/bin/python -m benchmarks $(ARGS)

format: $(VENV)/.dev ## rewrite the code in the house style
	$(VENV)/bin/ruff format .
	$(VENV)/bin/ruff check --fix .

# Pins for every platform and every Python from 3.11 on, hashes included, no host named.
PIN = build/lock/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 \
	--generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links
LOCK = $(PIN) --no-emit-package httpx2-jsfetch --group build pyproject.toml

lock: build/lock/bin/uv ## pin the newest versions that pyproject.toml allows
	$(LOCK) --extra dev --output-file requirements-dev.txt
	$(LOCK) --constraint requirements-dev.txt --output-file requirements.txt
	for peer in benchmarks/peers/*/requirements.in; do \
		$(PIN) $$peer --output-file $${peer%.in}.txt || exit 1; done

build/lock/bin/uv:
	@$(MAKE) --no-print-directory -s which-python >/dev/null
	"$(PYTHON)" -m venv build/lock
	build/lock/bin/python -m pip --disable-pip-version-check --quiet install 'uv>=0.9'

clean: ## remove what the other targets made
	rm -rf $(VENV) build dist htmlcov .coverage .coverage.* .hypothesis
	rm -rf .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

which-python:
	@if ! "$(PYTHON)" $(AT_LEAST_3_11) 2>/dev/null; then \
		echo "Guanjia needs Python 3.11 or newer: install it, or say make PYTHON=/path/to/python3." >&2; \
		exit 1; fi
	@echo "$(PYTHON)"

# One environment in two stages, so that `make run` does not wait for the tools of the tests.
$(VENV)/.created:
	@$(MAKE) --no-print-directory -s which-python >/dev/null
	"$(PYTHON)" -m venv --clear $(VENV)
	@touch $@

$(VENV)/.runtime: requirements.txt pyproject.toml | $(VENV)/.created
	$(PIP) install --no-deps --require-hashes -r requirements.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.runtime
	$(PIP) install --no-deps --require-hashes -r requirements-dev.txt
	@touch $@
