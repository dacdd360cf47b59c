# What a newcomer types. Nothing is installed by hand before: Python 3.11+ with venv, and make.
SHELL := /bin/sh
PYTHON ?= python3
BIN := .venv/bin

.PHONY: help install install-dev run demo test check bench geoip

help:
	@echo "make run     start collector and app on http://127.0.0.1:8501, Ctrl-C stops both"
	@echo "make demo    the same on a simulated server, in demo-data/"
	@echo "make test    every test that this machine can run; says which it skipped and why"
	@echo "make check   format, lint, types, layers and tests: what CI runs"
	@echo "make bench   measure speed and memory"
	@echo "make geoip   fetch the location database for the map"
	@echo "make install only prepare .venv"

install: .venv/.installed

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name it: make PYTHON=python3.12 run")'
	$(PYTHON) -m venv .venv

.venv/.installed: requirements.txt .venv/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

install-dev: .venv/.installed-dev

.venv/.installed-dev: requirements-dev.txt .venv/.installed
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

run: install
	@$(BIN)/python -m ovpnmon settings >/dev/null
	@mkdir -p .run
	@exec $(BIN)/supervisord -c supervisord.conf

demo: install
	@rm -rf demo-data && mkdir -p .run
	@$(BIN)/python scripts/demo.py --data demo-data --prepare
	@exec $(BIN)/supervisord -c scripts/demo-supervisord.conf

test: install-dev
	$(BIN)/python -m pytest

check: install-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(MAKE) --jobs=2 check-inside check-outside

# All tests in two halves at once: the second mostly waits, for browsers, servers and killed processes.
.PHONY: check-inside check-outside
check-inside: install-dev
	$(BIN)/python -m pytest --ignore=tests/e2e --ignore=tests/live --ignore=tests/crash

check-outside: install-dev
	$(BIN)/python -m pytest tests/e2e tests/live tests/crash

bench: install-dev
	$(BIN)/python -m scripts.bench

geoip: install
	@$(BIN)/python -m ovpnmon.geo update
