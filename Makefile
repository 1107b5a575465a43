# Two commands do all the set-up on a fresh machine with Python 3.11: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
.DEFAULT_GOAL := demo

$(VENV)/.runtime: requirements.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --require-hashes -r requirements.txt
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.runtime
	$(BIN)/pip install --quiet --require-hashes -r requirements-dev.txt
	touch $@

.PHONY: demo test lint bench docs lock system
lock:  ## resolve again and pin with hashes (needs uv)
	uv pip compile --quiet --generate-hashes --no-annotate --no-header --python-version 3.11 \
		--extra build pyproject.toml --output-file requirements.txt
	uv pip compile --quiet --generate-hashes --no-annotate --no-header --python-version 3.11 \
		--extra build --extra dev --constraint requirements.txt pyproject.toml --output-file requirements-dev.txt
