# All that a newcomer needs: `make quickstart` and `make test`. Both make .venv at the first call and reuse it later.
#
# Variables, given as `make quickstart PYTHON=/opt/python3.11/bin/python3`:
#   PYTHON       the interpreter that .venv is made from (3.10, 3.11 or 3.12)
#   PIP_FLAGS    more flags for every pip install, for instance another index that holds a CPU build of torch
#   PYTEST_ARGS  more flags or files for pytest
#   MMNAS_WHEELS the folder that keeps the wheel of mmcv's compiled operators (default: ~/.cache/mmnas_mae/wheels)
PYTHON ?=
PIP_FLAGS ?=
PYTEST_ARGS ?=

VENV := .venv
PY := $(VENV)/bin/python

# One thread a process: on small networks a second one gains little, and it stalls as soon as something else wants
# a core. The tests use the cores by running in two processes instead, the quick start by two threads.
OMP_NUM_THREADS ?= 1
MKL_NUM_THREADS ?= 1
MPLBACKEND := Agg
PIP_DISABLE_PIP_VERSION_CHECK := 1
export OMP_NUM_THREADS MKL_NUM_THREADS MPLBACKEND PIP_DISABLE_PIP_VERSION_CHECK MMNAS_WHEELS

# A finished step leaves a stamp whose name holds a checksum of what it installed, so that an edited requirement file
# runs its step again and nothing else does.
DONE := $(VENV)/.done
checksum = $(shell cat $(1) | cksum | cut -d ' ' -f 1)
TORCH := $(DONE)/torch-$(call checksum,requirements/torch.txt)
CORE := $(DONE)/core-$(call checksum,requirements/core.txt)
DETECTION := $(DONE)/detection-$(call checksum,requirements/detection.txt)
# What the operators are built from and against.
OPS := $(DONE)/ops-$(call checksum,requirements/torch.txt requirements/core.txt tools/misc/build_mmcv_ops.py)
SEGMENTATION := $(DONE)/segmentation-$(call checksum,requirements/segmentation.txt)
DOCS := $(DONE)/docs-$(call checksum,requirements/docs.txt)
TESTS := $(DONE)/tests-$(call checksum,requirements/export.txt requirements/tests.txt)
# The editable install points at this folder: a moved checkout needs it anew.
PACKAGE := $(DONE)/package-$(shell { cat setup.py pyproject.toml mmnas_mae/version.py; pwd; } | cksum | cut -d ' ' -f 1)

# $(call install,ARGUMENTS): the pins of core hold for every step, so that a later one cannot move them.
install = $(PY) -m pip install -qq --no-input $(PIP_FLAGS) -c requirements/torch.txt -c requirements/core.txt $(1)
# The stamp of an older requirement file would hide that the environment has left it.
finish = @rm -f $(DONE)/$(1)-* && touch $@

.PHONY: help quickstart test test-slow lint docs env detection segmentation env-tests browser clean
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# Two pips at once in one environment do not end well.
.NOTPARALLEL:

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

quickstart: env  ## Search an architecture on real photographs, no download of data: under 5 minutes on 2 cores
	@OMP_NUM_THREADS=2 $(PY) tools/quickstart.py

test: env-tests  ## Run the tests
	$(PY) -m pytest -n 2 --dist loadfile $(PYTEST_ARGS)

test-slow: env-tests  ## Run the tests that take minutes
	$(PY) -m pytest -m slow $(PYTEST_ARGS)

lint: env-tests  ## Check style and format as pre-commit does, and types
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy

docs: $(PACKAGE) $(DOCS)  ## Build the documentation site in docs/_build/html; a warning is an error
	$(PY) -m sphinx -q -W --keep-going -b html docs docs/_build/html

env: $(PACKAGE)  ## Make .venv with what search and retraining need

detection: $(PACKAGE) $(OPS)  ## Add mmdet and mmcv's compiled operators, built once: about 5 minutes on 2 cores

segmentation: detection $(SEGMENTATION)  ## Add mmsegmentation to that

env-tests: segmentation $(DOCS) $(TESTS)  ## Add what the tests need

# A system package, so not part of .venv and installed for continuous integration only. Without it the tests of pages
# are skipped, or fail with CI=true.
browser:  ## Install a browser for the tests of pages, as root where apt-get exists
	@for name in chromium chromium-browser google-chrome; do \
	    if command -v $$name >/dev/null 2>&1; then exit 0; fi; \
	done; \
	if command -v apt-get >/dev/null 2>&1 && [ "$$(id -u)" = 0 ]; then \
	    echo 'installing chromium'; \
	    export DEBIAN_FRONTEND=noninteractive; \
	    { apt-get -qq update && apt-get -qq install -y --no-install-recommends chromium; } >/dev/null 2>&1 \
	        || echo 'warning: chromium could not be installed' >&2; \
	fi

clean:  ## Remove caches and build products; .venv and work_dirs stay
	rm -rf build dist *.egg-info .pytest_cache .ruff_cache .hypothesis
	find . -path ./$(VENV) -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

# A candidate counts if it runs (a shim of a version manager may not), has a supported version and can make a .venv.
CANDIDATES = $(or $(PYTHON),python3.12 python3.11 python3.10 python3)
SUPPORTED := import sys, venv, ensurepip; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 12))

$(DONE)/venv:
	@if $(PY) -c '' 2>/dev/null; then \
	    $(PY) -c '$(SUPPORTED)' || { echo "error: $(VENV) is of $$($(PY) -V), not 3.10 to 3.12: remove it" >&2; exit 1; }; \
	    $(PY) -m pip --version >/dev/null 2>&1 || $(PY) -m ensurepip >/dev/null; \
	else \
	    for candidate in $(CANDIDATES); do \
	        if "$$candidate" -c '$(SUPPORTED)' >/dev/null 2>&1; then found=$$candidate; break; fi; \
	    done; \
	    if [ -z "$$found" ]; then \
	        echo 'error: no Python 3.10 to 3.12 with venv among: $(CANDIDATES) (name one with PYTHON=...)' >&2; exit 1; \
	    fi; \
	    echo "making $(VENV) with $$("$$found" -V)"; \
	    "$$found" -m venv --clear $(VENV); \
	fi
	@mkdir -p $(DONE) && touch $@

$(TORCH): | $(DONE)/venv
	@echo 'installing torch: the long step, about 5 GB on disk'
	@$(call install,-r requirements/torch.txt)
	$(call finish,torch)

$(CORE): | $(TORCH)
	@echo 'installing the core: mmengine, mmcv without compiled operators, mmpretrain'
	@$(call install,-r requirements/core.txt)
	@$(call install,--no-deps --force-reinstall $(shell grep ^opencv-python-headless requirements/core.txt))
	$(call finish,core)

$(PACKAGE): | $(CORE)
	@echo 'installing mmnas_mae, editable'
	@$(call install,--no-build-isolation --no-deps -e .)
	$(call finish,package)

$(DETECTION): | $(CORE)
	@echo 'installing mmdet'
	@$(call install,-r requirements/detection.txt)
	$(call finish,detection)

# The wheel outlives .venv: its cache is keyed by the versions of torch and Python.
$(OPS): | $(DETECTION)
	@echo "installing mmcv's compiled operators"
	@$(PY) tools/misc/build_mmcv_ops.py --pip-flags='$(PIP_FLAGS)'
	$(call finish,ops)

# Its sources, which is all that is published, build with the setuptools of torch.txt.
$(SEGMENTATION): | $(OPS)
	@echo 'installing mmsegmentation'
	@$(call install,--no-build-isolation -r requirements/segmentation.txt)
	$(call finish,segmentation)

$(DOCS): | $(CORE)
	@echo 'installing what the documentation needs'
	@$(call install,-r requirements/docs.txt)
	$(call finish,docs)

$(TESTS): | $(DETECTION)
	@echo 'installing what the tests need'
	@$(call install,-r requirements/export.txt -r requirements/tests.txt)
	$(call finish,tests)
