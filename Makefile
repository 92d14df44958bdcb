# Needs make (3.81 or newer) and Python 3.10 or newer, nothing else; `make` says what it can do.

# Where the dependencies live. Inside the clone: this clone's own. Elsewhere (VENV=/path): shared between clones.
VENV ?= .venv
# The Python that makes the environment: the first of these that runs, or the one you name.
PYTHON ?=
PYTHONS = $(if $(PYTHON),"$(PYTHON)",python3.13 python3.12 python3.11 python3.10 python3)
# A package index to take torch and torchaudio from, for example https://download.pytorch.org/whl/cpu
TORCH_INDEX ?=

RUN = "$(VENV)/bin/python"
export PYTHONPATH := $(CURDIR)

# $(call set_up,EXTRAS): a virtual environment with the dependencies and these extras of pyproject.toml.
define set_up
@for python in "$(VENV)/bin/python" $(PYTHONS); do \
  if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' >/dev/null 2>&1; then \
    exec "$$python" tools/set_up.py "$(VENV)" $(1) --torch-index "$(TORCH_INDEX)"; \
  fi; \
done; \
echo 'make: No Python 3.10 or newer runs here$(if $(PYTHON), under the name $(PYTHON)): install one, or name one with PYTHON=/path/to/python3.' >&2; \
exit 1
endef

# Targets share one environment: with -j two of them would install into it at once.
.NOTPARALLEL:
.PHONY: help demo lab test test-full test-browser lint clean

help:
	@echo 'make demo          learn an instrument and sing into it: installs, trains, writes demo/report.html'
	@echo 'make lab           open the lessons in JupyterLab, in your own folder workbook/'
	@echo 'make test          every test that needs neither a browser nor a GPU'
	@echo 'make test-full     the same with every training at full length: before a release'
	@echo 'make test-browser  what needs a browser (Chromium or Chrome)'
	@echo 'make lint          formatting, style, and which part may know which'
	@echo 'make clean         remove what tests and tools leave behind (not .venv, demo, runs, workbook)'
	@echo
	@echo 'VENV=FOLDER        keep the dependencies there instead of in .venv'
	@echo 'PYTHON=PATH        make the environment with this Python'
	@echo 'TORCH_INDEX=URL    take torch from there: https://download.pytorch.org/whl/cpu has it without CUDA'

demo:
	$(call set_up)
	@$(RUN) -m ddsp_course.cli demo

lab:
	$(call set_up,course)
	@$(RUN) -m ddsp_course.cli lab

# Tests get a cache and a workbook of their own, new each time. Everything that works at once shares the one cache.
SCRATCH = $(CURDIR)/build/test
TEST_WORLD = DDSP_COURSE_CACHE="$(SCRATCH)/cache" DDSP_COURSE_WORKBOOK="$(SCRATCH)/workbook" \
  DDSP_COURSE_EFFORT=$(EFFORT) MPLBACKEND=Agg
PYTEST = $(RUN) -m pytest
# A file's tests stay together; those of a lesson's notebooks do too (tests/conftest.py). Of a notebook, all its cells.
TWO_AT_ONCE = -n 2 --dist=loadgroup
TWO_NOTEBOOKS = -n 2 --dist=loadfile
EFFORT = test
test-full: EFFORT = full

# The training lesson trains in earnest, so its solution runs at full effort and has both cores to itself.
NOTEBOOKS := $(wildcard lessons/*.ipynb solutions/*.ipynb)
EARNEST := $(wildcard solutions/11_*.ipynb)
NBVAL = --nbval --nbval-current-env
IN_MINUTES = --nbval-cell-timeout=600 --timeout=900
# The cell that trains in earnest takes minutes, and on a slow or busy machine three times as many.
IN_HALF_AN_HOUR = --nbval-cell-timeout=1800 --timeout=2400
# Their kernels refuse to leave this machine, and write down who tried, also where a cell catches the error.
NETWORK_LOG = $(SCRATCH)/network.log
GUARDED = IPYTHONDIR="$(SCRATCH)/ipython" DDSP_COURSE_NETWORK_LOG="$(NETWORK_LOG)"

test test-full:
	$(call set_up,dev course scale export)
	@rm -rf build/test && mkdir -p build/test/cache build/test/workbook
	@echo '== is everything here, and compiled'
	@$(TEST_WORLD) OMP_NUM_THREADS=2 $(RUN) -m ddsp_course.cli doctor --warm
	@echo '== tests, two at once'
	@$(TEST_WORLD) OMP_NUM_THREADS=1 $(PYTEST) tests --ignore=tests/browser -m 'not slow' $(TWO_AT_ONCE)
ifneq ($(NOTEBOOKS),)
	@echo '== notebooks, two at once'
	@$(RUN) tests/network_guard.py "$(SCRATCH)/ipython"
	@$(TEST_WORLD) $(GUARDED) OMP_NUM_THREADS=1 $(PYTEST) $(filter-out $(EARNEST),$(NOTEBOOKS)) $(NBVAL) $(IN_MINUTES) $(TWO_NOTEBOOKS)
endif
ifneq ($(EARNEST),)
	@echo '== the training lesson, alone'
	@$(TEST_WORLD) $(GUARDED) DDSP_COURSE_EFFORT=full OMP_NUM_THREADS=2 $(PYTEST) $(EARNEST) $(NBVAL) $(IN_HALF_AN_HOUR)
endif
	@if [ -s "$(NETWORK_LOG)" ]; then echo 'make: A notebook reached for the network:' >&2; cat "$(NETWORK_LOG)" >&2; exit 1; fi
	@echo '== slow tests, one after another'
	@$(TEST_WORLD) OMP_NUM_THREADS=2 $(PYTEST) tests --ignore=tests/browser -m slow

test-browser:
	$(call set_up,dev course)
	@mkdir -p build/test/cache build/test/workbook
	@browser=`$(RUN) tools/find_browser.py` && \
	  $(TEST_WORLD) OMP_NUM_THREADS=2 DDSP_COURSE_BROWSER="$$browser" $(PYTEST) tests/browser

lint:
	$(call set_up,dev course)
	$(RUN) -m ruff format --check .
	$(RUN) -m ruff check .
	$(RUN) tools/build_lessons.py --check
	@$(RUN) -c 'from importlinter.cli import lint_imports_command; lint_imports_command()'

clean:
	rm -rf build .pytest_cache .ruff_cache .hypothesis .import_linter_cache *.egg-info
	find ddsp_course tests tools benchmarks lessons solutions -name __pycache__ -type d -prune -exec rm -rf {} +
