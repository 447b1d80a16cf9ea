# The two that matter are `make demo` and `make test`. Each does all the set-up it needs.
# Another Python than `python3`: make PYTHON=python3.12 ... (before .venv is there; else remove it)
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e

# Tests run side by side: none gains by threads of its own.
export OMP_NUM_THREADS = 1
export OPENBLAS_NUM_THREADS = 1

.DEFAULT_GOAL = help
.PHONY: help demo test quick programs lint docs tutorials tutorials-write format \
  benchmarks constraints clean

help: ## Say what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

demo: $(VENV)/.demo ## Weather readings from a file to a picture, through MongoDB
	$(BIN)/python -m hyperstream demo

test: $(VENV)/.dev programs ## All tests, with coverage
	$(BIN)/nosetests
	$(BIN)/pytest -n 2 --cov --durations=25

quick: $(VENV)/.dev programs ## The tests without those marked as slow, with fewer examples
	$(BIN)/pytest -n 2 --durations=25 -m "not slow" --hypothesis-profile=quick

# An MQTT broker, what makes certificates for it, and what draws graphs: tests run real ones.
programs:
	-@.ci/install-packages mosquitto openssl graphviz:dot

lint: $(VENV)/.dev ## Style, types, layers
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: $(VENV)/.docs programs ## The documentation, as web pages in build/docs
	$(BIN)/sphinx-build -q -W --keep-going -b html docs build/docs

tutorials: $(VENV)/.docs programs ## Run the tutorials, and compare with what is stored
	$(BIN)/python scripts/tutorials.py check

tutorials-write: $(VENV)/.docs programs ## Run the tutorials, and store what they print
	$(BIN)/python scripts/tutorials.py write

format: $(VENV)/.dev ## Put the code in shape
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

benchmarks: $(VENV)/.dev ## Measure speed and memory
	$(BIN)/python -m benchmarks

constraints: ## Resolve constraints.txt anew (needs every supported Python)
	$(PYTHON) scripts/constraints.py

clean: ## Remove what tools leave behind; keeps .venv and the data in .hyperstream
	rm -rf .coverage* .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache \
	  build dist htmlcov *.egg-info
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +

# pip is the last thing that a new environment gets; with it, the environment is whole.
$(BIN)/pip:
	@scripts/make-venv "$(PYTHON)" "$(VENV)"

$(VENV)/.demo: pyproject.toml constraints.txt | $(BIN)/pip
	@echo "Installing HyperStream into $(VENV) ..."
	@$(INSTALL) '.[embedded,demo]'
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/pip
	@echo "Installing HyperStream and the tools of its developers into $(VENV) ..."
	@$(INSTALL) '.[embedded,demo,dev]'
	@touch $@

$(VENV)/.docs: pyproject.toml constraints.txt | $(BIN)/pip
	@echo "Installing what the documentation is made with into $(VENV) ..."
	@$(INSTALL) '.[embedded,demo,dev,docs]'
	@touch $@
