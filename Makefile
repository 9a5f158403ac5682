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
