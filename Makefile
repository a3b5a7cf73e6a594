# Everything that people do with this project, `make help` lists it. Needs only make and Python 3.11, 3.12 or 3.13.

venv := .venv
stamp := $(venv)/.complete
python := $(venv)/bin/python

PYTHON ?= $(shell for name in python3.11 python3.12 python3.13 python3; do $$name --version >/dev/null 2>&1 && echo $$name && break; done)

# One thread: float32 training depends on the number of threads, and stored outputs must come out the same anywhere.
THREADS ?= 1
export OMP_NUM_THREADS := $(THREADS)

ifndef SWAPUTILS_DATA
ifneq ($(wildcard ../shared/data),)
export SWAPUTILS_DATA := $(abspath ../shared/data)
endif
endif

# Every other variable on the command line is a parameter of the chapters: `make book SCALE=smoke` gives scale=smoke.
settings := PYTHON THREADS SWAPUTILS_DATA MAKEFLAGS CI
given := $(foreach name,$(.VARIABLES),$(if $(findstring command line,$(origin $(name))),$(name)))
parameters := $(foreach name,$(filter-out $(settings) -%,$(given)),'$(name)=$($(name))')

.PHONY: help setup book html pdf lab workshop handout test collection rerun refresh clean

help: ## this list
	@echo "make TARGET [SCALE=smoke|laptop|paper] [DATA=..] [SEED=..] [CONDITION=..] [RECOMPUTE=True] [THREADS=..] [PYTHON=..]"
	@sed -n 's/^\([a-z]*\):.* ## /  \1\t/p' Makefile | expand -t 14

setup: $(stamp) ## install the pinned environment into .venv

$(stamp): pyproject.toml constraints.txt
	@'$(PYTHON)' -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Python 3.11 or newer is needed, and '$(PYTHON)' is not it. Name it: make setup PYTHON=/path/to/python3.11" >&2; exit 1; }
	@'$(PYTHON)' -m venv $(venv) || { \
		echo "No virtual environment could be made; on Debian and Ubuntu, install python3-venv." >&2; exit 1; }
	$(python) -m pip install --constraint constraints.txt --editable '.[book,test]'
	$(python) -m pip check
	@touch $@
	@echo 'Installed into $(venv). `make help` lists what can be done; book/your_data.md is for data of your own.'

book: setup ## execute the chapters (those that changed) and build the HTML book in build/book
	@$(python) -m swapbook build executed $(parameters)

html: setup ## build the HTML book from the stored outputs in build/html, running nothing
	@$(python) -m swapbook build stored

lab: setup ## open the chapters and exercises in JupyterLab
	$(python) -m pip install --quiet --constraint constraints.txt --editable '.[workshop]'
	$(python) -m jupyterlab

pdf: setup ## print the book of the stored outputs into build/swap-errors.pdf; needs Chromium, no network and no LaTeX
	@$(python) -m swapbook pdf

workshop: setup ## write the exercises with all that they need, without solutions and with them, into build/workshop
	@$(python) -m swapbook workshop

handout: setup ## print two pages of key figures from the stored outputs into build/handout.pdf; needs Chromium
	@$(python) -m swapbook handout

chapters := $(shell sed -nE 's#^ *- file: *((notebooks|exercises)/.*)#\1.ipynb#p' _toc.yml)
nbval := --nbval --nbval-current-env --nbval-cell-timeout 300 --nbval-sanitize-with tests/nbval_sanitize.cfg $(chapters)

test: setup ## run the tests, and compare the chapters with their stored outputs on one thread and on two
	$(python) -m pytest
	OMP_NUM_THREADS=1 TQDM_DISABLE=1 $(python) -m pytest $(nbval)
	OMP_NUM_THREADS=2 TQDM_DISABLE=1 $(python) -m pytest $(nbval)

collection: setup ## train the networks of the book that are missing or outdated: SCALE DATA SEEDS CONDITIONS CORES DEVICE PROFILE DRYRUN
	@$(python) -m swapbook collection $(parameters)

rerun: setup ## recompute everything in results/ from the data, then refresh the stored outputs
	@$(python) -m swapbook rerun $(parameters)
	@$(python) -m swapbook refresh

refresh: setup ## execute the chapters with their default parameters and the exercises, and store their outputs, those of the page that adds a task, and the map
	@$(python) -m swapbook refresh

clean: ## remove what was built; keeps .venv
	rm -rf build .pytest_cache .ruff_cache .mypy_cache .hypothesis
