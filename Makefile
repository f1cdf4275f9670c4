# The commands of the project. `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
PACKAGES := mci_core mci_agent mci_admin audits accounts jurisdictions agents capture_policies capture_sessions reviews privacy_requests deploy
JOBS ?= 2
# What the tests reach is counted with COVER=1. It takes two thirds more time, so `make test` does not.
COVER ?=

help:  ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 18

$(VENV)/ready: requirements-dev.txt packaging/agent/pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@$(BIN)/python packaging/link.py
	@touch $@

node_modules/ready: package-lock.json $(VENV)/ready
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python packaging/npm.py ci
	@touch $@

setup: $(VENV)/ready node_modules/ready  ## make .venv and node_modules from the pinned lists

$(VENV)/ocr: requirements-ocr.txt $(VENV)/ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-ocr.txt
	@touch $@

ocr: $(VENV)/ocr  ## install what reads the text of frames into .venv (350 MB)

demo: setup  ## start everything with an invented organisation; Ctrl-C ends it
	@MCI_ENV=demo $(BIN)/python manage.py demo

demo-codes:  ## the second-factor codes of the demo's people
	@MCI_ENV=demo $(BIN)/python manage.py demo --codes

demo-reset:  ## forget the demo's data
	@MCI_ENV=demo $(BIN)/python manage.py demo --reset

run: setup  ## start the processes for development, without seeding and without agents
	@MCI_ENV=$${MCI_ENV:-demo} $(BIN)/python manage.py demo --no-seed --agents 0

test: setup  ## all tests
	$(if $(COVER),$(BIN)/coverage erase)
	@$(BIN)/python -m tests.side_by_side --jobs $(JOBS) $(if $(COVER),--cover)
	$(if $(COVER),$(BIN)/python -m tests.coverage_floors)

coverage:  ## all tests, counted, against the floors of coverage
	$(MAKE) test COVER=1

check: lint test  ## what CI runs; CI counts what is reached (COVER=1)

lint: setup  ## format, lint, types, import order, migrations, deployment settings
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	find templates -name '*.html' -print0 | xargs -0 -r $(BIN)/djade --target-version 5.2 --check
	$(BIN)/mypy $(addprefix -p ,$(PACKAGES)) -p tests
	$(BIN)/lint-imports
	MCI_ENV=test $(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python -m tests.deploy_check

fix: setup  ## format and repair what can be repaired by itself
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	find templates -name '*.html' -print0 | xargs -0 -r $(BIN)/djade --target-version 5.2

bench-frames: ocr  ## 200 screens by Chromium: what frames still show after redaction (20 minutes)
	PYTHONPATH=. $(BIN)/python benchmarks/frames.py

bench-audit: setup  ## what the audit log costs and how fast it is read, beside what others offer (15 minutes)
	PYTHONPATH=. $(BIN)/python benchmarks/audit.py

bench-redaction: setup  ## leaks, false alarms and speed of redaction beside what others offer (5 minutes)
	PYTHONPATH=. $(BIN)/python benchmarks/redaction.py

bench-sessions: setup  ## whether anything planted in recorded sessions survives redaction, and what else changes
	PYTHONPATH=. $(BIN)/python benchmarks/redaction_sessions.py

bench-fuzz: setup  ## a million texts made to be hard for redaction: nothing raised, one pass is enough (20 minutes)
	PYTHONPATH=. $(BIN)/python benchmarks/redaction_fuzz.py

bench-mutations: setup  ## every small change of an exported log is found and named (10 minutes)
	PYTHONPATH=. $(BIN)/python benchmarks/audit_mutations.py --every 1

bench: setup  ## run every measurement; each prints its own inputs
	@shopt -s nullglob; for script in benchmarks/[a-z]*.py; do \
	  echo "== $$script"; MCI_ENV=test PYTHONPATH=. $(BIN)/python $$script; \
	done

docs: setup  ## write the OpenAPI description of the REST API to docs/openapi.yaml
	MCI_ENV=test $(BIN)/python manage.py spectacular --validate --fail-on-warn --file docs/openapi.yaml

wheel: setup  ## build the agent's wheel into dist/
	$(BIN)/python packaging/agent/build.py

requirements:  ## pin again from requirements*.in (needs uv)
	for list in requirements requirements-dev; do \
	  uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header $$list.in -o $$list.txt; \
	done
	# opencv-python and opencv-python-headless are the same module; the second needs no graphics libraries.
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header \
	  --constraint requirements-dev.txt --no-emit-package opencv-python requirements-ocr.in -o requirements-ocr.txt

.PHONY: help setup ocr bench-frames bench-redaction bench-audit bench-mutations bench-sessions demo demo-codes demo-reset run test coverage check lint fix bench docs wheel requirements
