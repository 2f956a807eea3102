# SPDX-License-Identifier: BSD-3-Clause
# make demo   the claims of the commit, tested on the shipped trace
# make test   ruff, mypy and pytest (PYTEST='--cost': what each test costs; PYTEST='-k tlb': other options of pytest)
# make lint   ruff and mypy only
# make bench  every row of speed, in turn, and ratios (ROWS='start stream-sqlite/e4': these; BENCH='--list': what there is)
# make asan   the kernels' tests with the sanitizers (ASAN='tests/unit/kvm -k flush': other tests)
# make fuzz   mutants of every input, with the sanitizers, for an hour each (FUZZ='--seconds 60 --reader elf')
# make twins  new cases of the comparisons (twins, paths, translation), a minute each (TWINS='--seconds 3600 --of program')
# make bytes  some minutes of both, as CI has them
# make guest-twice   a Linux guest from two empty folders: the same bytes, and it boots (some minutes)
# make docs   the site of the pages, in build/docs (warnings are errors; no network)
# make venv   only the environment (.venv) with the compiled kernels
# make clean  everything that the targets above made
# Another interpreter: make PYTHON=python3.12 test

PYTHON ?= python3
ifeq ($(strip $(PYTHON)),)
override PYTHON := python3
endif
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check
READY  := $(VENV)/.built $(VENV)/.installed
PIP_FAILED = { echo "make: pip could not install the packages; its reason is above." \
	"Without a network, point PIP_INDEX_URL or PIP_FIND_LINKS at a mirror and run make again." >&2; exit 1; }

KERNELS := $(shell find cext -name '*.pyx' -o -name '*.pxd' -o -name '*.h' -o -name '*.inc' -o -name '*.def')

.PHONY: sanitized fuzz twins bytes help venv setup demo test lint bench docs guest-twice asan clean
.DELETE_ON_ERROR:

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile

venv setup: $(READY)
	@:

# Asking for another PYTHON than the one that .venv was made with starts over; not asking keeps what is there.
ifneq ($(origin PYTHON),file)
ifneq ($(shell $(PYTHON) -c 'import sys; print(sys.version)' 2>/dev/null | head -n 1),$(shell cat $(VENV)/.python 2>/dev/null))
.PHONY: $(VENV)/.python
endif
endif

$(VENV)/.python: | .ci/check-tools
	@.ci/check-tools $(PYTHON)
	@rm -rf $(VENV)
	@echo "making $(VENV) with $(PYTHON)"
	@$(PYTHON) -m venv $(VENV)
	@$(PYTHON) -c 'import sys; print(sys.version)' | head -n 1 > $@

$(VENV)/.tools: $(VENV)/.python pyproject.toml
	@.ci/check-tools $(PYTHON)
	@echo "installing what builds the kernels"
	@$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")' \
	> $(VENV)/build.txt
	@$(PIP) install --quiet --requirement $(VENV)/build.txt || $(PIP_FAILED)
	@touch $@

# The stamp is remade when a kernel changed; Cython and the compiler then redo only what depends on it.
$(VENV)/.built: $(VENV)/.tools setup.py $(KERNELS)
	@echo "building the kernels"
	@$(BIN)/python setup.py --quiet build_ext --inplace
	@touch $@

# After the kernels, which pip then finds up to date: it would compile them without a word of how far it is.
$(VENV)/.installed: $(VENV)/.tools pyproject.toml setup.py | $(VENV)/.built
	@echo "installing the packages that pyproject.toml names"
	@$(PIP) install --quiet --no-build-isolation --editable '.[dev]' || $(PIP_FAILED)
	@touch $@

demo: $(READY)
	$(BIN)/simobjects demo

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/mypy

# All three are run and all three must pass: one report of everything, with pytest's closing line at its end.
# Where Python is told to keep no bytecode, each of the hundreds of processes would compile what it imports again.
test: export PYTHONDONTWRITEBYTECODE =
test: $(READY)
	@status=0; \
	echo "ruff:"; $(BIN)/ruff check . || status=1; \
	echo "mypy:"; $(BIN)/mypy || status=1; \
	$(BIN)/python -m pytest --numprocesses=auto --maxprocesses=4 $(PYTEST) || status=1; \
	[ $$status = 0 ] || echo "make test: ruff, mypy or pytest found something, see above" >&2; \
	exit $$status

bench: $(READY)
	@set -f; $(BIN)/python -m benchmarks $(BENCH) $(ROWS)

docs: $(READY)
	$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going docs build/docs
	@echo "open build/docs/index.html"

guest-twice: $(READY)
	GUEST_TWICE=1 $(BIN)/python -m pytest -s tests/oracle/test_guest_twice.py

# Kernels of their own in build/asan. Optimised a little: that takes half the time to compile, and finds the same.
ASAN   ?= tests/unit/machine tests/unit/kvm tests/unit/core tests/property
SANITIZED := .ci/with-sanitizers $(BIN)/python -P
CHECKS := -fsanitize=address,undefined
SANITIZED_TESTS = $(SANITIZED) -m pytest -p no:cacheprovider -o "pythonpath=build/asan ." --timeout=1800 \
	-o faulthandler_timeout=1900

build/asan/.built: $(VENV)/.built setup.py $(KERNELS)
	@echo "building the kernels with the sanitizers of addresses and of undefined behaviour"
	@mkdir -p build/asan
	@CFLAGS="$(CHECKS) -fno-omit-frame-pointer" LDFLAGS="$(CHECKS)" SIMOBJECTS_CFLAGS="-O1 -g1" \
	$(BIN)/python setup.py --quiet build_ext --build-lib build/asan --build-temp build/asan/temp
	@touch $@

# The Python beside the kernels is copied each time; only kernels that changed are compiled, and those that went go.
sanitized: $(READY) build/asan/.built
	@find build/asan/simobjects -type f ! -name '*.so' -delete
	@tar --exclude='*.so' --exclude='*.c' -chf - simobjects | tar -xf - -C build/asan
	@find build/asan/simobjects -name '*.so' | while read -r kernel; do \
		[ -e "$${kernel%%.*}.pyx" ] || [ "$${kernel%%.*}" = build/asan/simobjects/cext/shared ] || rm "$$kernel"; done
	@$(SANITIZED) -c 'import simobjects.cext.core.tlb as k; assert "build/asan" in k.__file__, k.__file__'

# What is found is kept in tests/fuzz/corpus: the tests try it for ever.
FUZZ ?= --seconds 3600
fuzz: sanitized
	$(SANITIZED) -m tests.fuzz $(FUZZ)

twins: $(READY)
	$(BIN)/python -m tests.property $(TWINS)

asan: sanitized
	$(SANITIZED_TESTS) $(ASAN)

# What CI has of both: the kernels that read bytes, everything that ever did harm, and a few seconds of new mutants each.
BYTES  ?= tests/unit/board tests/unit/core tests/unit/replay tests/fuzz tests/property/test_hostile_states.py
bytes: sanitized
	@status=0; \
	$(SANITIZED_TESTS) --numprocesses=2 --quiet $(BYTES) || status=1; \
	$(SANITIZED) -m tests.fuzz --seconds 8 --jobs 2 || status=1; \
	exit $$status

clean:
	rm -rf $(VENV) build dist docs/reference runs sweeps *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find cext -name '*.so' -delete
	rm -f cext/shared.c $(patsubst %.pyx,%.c,$(filter %.pyx,$(KERNELS)))
	find simobjects cext tests configs -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true
