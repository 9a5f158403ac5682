# MLScore: everything a newcomer, a developer and the checks need. `make help` lists it.

SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# One virtual environment serves both: the development requirements contain the runtime ones at the same versions.
# A stamp bears the checksum of the requirements it was made from, so that a second call costs nothing.
RUNTIME_STAMP = $(VENV)/.runtime-$(shell cksum < requirements.txt | cut -d' ' -f1)
DEV_STAMP = $(VENV)/.dev-$(shell cksum < requirements-dev.txt | cut -d' ' -f1)

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "MLScore needs Python 3.11 or newer (make PYTHON=python3.12 ...)")'
	$(PYTHON) -m venv $(VENV)

.PHONY: runtime
runtime: $(BIN)/python
	@test -e $(DEV_STAMP) || test -e $(RUNTIME_STAMP) || { \
	  echo "Installing what MLScore runs on into $(VENV) ..."; \
	  $(BIN)/python -m pip install --quiet -r requirements.txt && rm -f $(VENV)/.runtime-* && touch $(RUNTIME_STAMP); }

.PHONY: install
install: $(BIN)/python ## Make .venv with everything for development
	@test -e $(DEV_STAMP) || { \
	  echo "Installing the development requirements into $(VENV) ..."; \
	  $(BIN)/python -m pip install --quiet -r requirements-dev.txt && rm -f $(VENV)/.dev-* && touch $(DEV_STAMP); }

.PHONY: run
run: runtime ## Run MLScore with its demo on http://127.0.0.1:8000 (PORT=8001, DEMO=0 starts empty)
	@exec $(BIN)/python -m tools.run

.PHONY: stack
stack: install ## Run the production shape on this machine: PostgreSQL, Redis, gunicorn, worker, beat
	@PATH="$(abspath $(BIN)):$$PATH" STACK_PORT=$${PORT:-8000} exec $(BIN)/honcho start --no-prefix

.PHONY: test
test: install ## Run the whole suite: on SQLite, on PostgreSQL with Redis, and in Chromium
	@PATH="$(abspath $(BIN)):$$PATH" exec $(BIN)/python -m tools.test $(TESTS)

.PHONY: lint
lint: install ## Check style, types, templates, import rules and missing migrations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/djlint --quiet --lint --check templates
	PYTHONPATH=. $(BIN)/lint-imports --no-cache
	LOG_LEVEL=ERROR DATA_DIR=$$(mktemp -d) $(BIN)/python manage.py makemigrations --check --dry-run

.PHONY: format
format: install ## Put code and templates into the form that `make lint` holds
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .
	$(BIN)/djlint --quiet --reformat templates

.PHONY: bench
bench: install ## Measure posts a second, page times and growth on PostgreSQL
	@PATH="$(abspath $(BIN)):$$PATH" exec $(BIN)/python -m bench
	@PATH="$(abspath $(BIN)):$$PATH" exec $(BIN)/python -m bench growth
	@PATH="$(abspath $(BIN)):$$PATH" exec $(BIN)/python -m bench dashboards
