# make demo: search Python's own documentation by meaning.   make test: every check that CI runs.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
EXTRAS ?= cpu,files,demo

.PHONY: help demo test lint install install-dev clean

help:
	@echo "make demo      install, build a corpus from Python's documentation, index it, search it"
	@echo "make test      install the development tools, then lint, types, import rules and tests"
	@echo "make lint      lint, types and import rules only"
	@echo "make install   a virtual environment in $(VENV) with simengine-search[$(EXTRAS)]"
	@echo "make clean     remove $(VENV) and what the demo made"

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "simengine needs Python 3.11 or newer; PYTHON=... names another one" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
		{ rm -rf $(VENV); echo "no venv module: apt-get install python3-venv" >&2; exit 1; }
	@$(BIN)/python -m pip install --quiet --upgrade pip

$(VENV)/.installed: $(BIN)/python pyproject.toml constraints.txt
	@echo "Installing simengine-search[$(EXTRAS)] into $(VENV) (a few minutes the first time)"
	@$(BIN)/python -m pip install --quiet -c constraints.txt -e ".[$(EXTRAS)]"
	@touch $@

$(VENV)/.installed-dev: $(BIN)/python pyproject.toml constraints.txt
	@echo "Installing simengine-search[$(EXTRAS),train,mcp,dev] into $(VENV) (a few minutes the first time)"
	@$(BIN)/python -m pip install --quiet -c constraints.txt -e ".[$(EXTRAS),train,mcp,multilingual,dev]"
	@touch $@ $(VENV)/.installed

install: $(VENV)/.installed

install-dev: $(VENV)/.installed-dev

demo: install
	@sh apps/demo.sh $(BIN)

lint: install-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	PYTHONPATH=. $(BIN)/lint-imports --no-logo

test: lint
	$(BIN)/python benchmarks/tables.py --check
	$(BIN)/python -m pytest -q

clean:
	rm -rf $(VENV) demo
