# Everything a newcomer needs: `make run`, `make test`, `make check`. `make help` lists the rest.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check -q
.DEFAULT_GOAL := help

.PHONY: help run test check format chaos bench clean

help: ## List the commands.
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

run: $(VENV)/installed ## Start Errand and print the link to the chat.
	@exec $(BIN)/errand serve

test: $(VENV)/installed-test ## Run all tests (browser tests where a Chromium is found).
	@$(BIN)/python -m pytest -n 2 --dist loadgroup $(ARGS)

check: $(VENV)/installed-test ## Format, lint, strict types, import contracts.
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(VENV)/installed-test ## Format the code and mend what the linter can.
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

chaos: $(VENV)/installed-test ## A long storm: a thousand runs, some hundred kills.
	@CHAOS_RUNS=$${CHAOS_RUNS:-1000} $(BIN)/python -m pytest tests/e2e/chaos $(ARGS)

bench: $(VENV)/installed-test ## Print the tables of benchmarks/.
	@$(PIP) install -c constraints.txt -e '.[bench]'
	@for file in turn start engine surfaces; do $(BIN)/python -m benchmarks.$$file || exit 1; done

clean: ## Remove the environment and caches; the data folder stays.
	@rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache

$(VENV)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	  || { echo "Errand needs Python 3.11 or newer; '$(PYTHON)' is not. Try: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@echo "· creating $(VENV)"
	@$(PYTHON) -m venv $(VENV) \
	  || { rm -rf $(VENV); echo "Python could not make a virtual environment; on Debian or Ubuntu: apt install python3-venv"; exit 1; }
	@touch $@

$(VENV)/installed: $(VENV)/python pyproject.toml constraints.txt
	@echo "· installing Errand and its libraries (a minute or two, only the first time)"
	@$(PIP) install -c constraints.txt -e . \
	  || { echo "The libraries could not be installed: see the lines above. Is there a network?"; exit 1; }
	@touch $@

$(VENV)/installed-test: $(VENV)/python pyproject.toml constraints.txt
	@echo "· installing Errand, its libraries and what the tests need"
	@$(PIP) install -c constraints.txt -e '.[postgres,test]' \
	  || { echo "The libraries could not be installed: see the lines above. Is there a network?"; exit 1; }
	@touch $(VENV)/installed $@
