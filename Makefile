# `make run` is all one needs to know; `make help` prints the rest.

.DEFAULT_GOAL := help
.NOTPARALLEL:
SHELL := /bin/sh
BIN := .venv/bin
# What runs Plaza, and what judges it: each is installed again when its lock changes.
RUNS := .venv/requirements.installed
BUILDS := .venv/requirements-dev.installed

DEMO_FLAGS ?=
PYTEST_FLAGS ?=
BENCH_FLAGS ?=
# Servers that may hold more than a demo.
OUTSIDE := $(foreach name,DATABASE_URL REDIS_URL NATS_URL,$(name) PLAZA_$(name))
# The Python to make .venv with; by default the first python3 that is new enough.
export PYTHON ?=

##@ Run

.PHONY: run
run: $(RUNS) ## Plaza on http://127.0.0.1:8000 with all it needs; Ctrl-C stops it
	@exec $(BIN)/plaza serve

.PHONY: dev
dev: $(RUNS) ## the same, started again whenever the code changes
	@ENVIRONMENT=development DRAIN_SECONDS=1 exec $(BIN)/plaza serve --reload

.PHONY: demo
demo: $(RUNS) ## the same, full of made-up people; what it keeps is in .demo
	@mkdir -p .demo && cd .demo && unset $(OUTSIDE) && export PLAZA_DATA_DIR=. && \
	  ../$(BIN)/plaza seed $(DEMO_FLAGS) && exec ../$(BIN)/plaza serve

##@ Judge

.PHONY: check
check: $(BUILDS) ## every gate that needs no server
	@$(BIN)/python -m tools.check

.PHONY: test
test: $(BUILDS) ## the tests, on servers started for them; PYTEST_FLAGS="-k ada" for some
	@$(BIN)/pytest --numprocesses 2 --dist loadfile $(PYTEST_FLAGS)

.PHONY: bench
bench: $(BUILDS) ## figures beside their baselines, on a quiet machine; needs wrk
	@$(BIN)/python -m bench $(BENCH_FLAGS)
	@$(BIN)/python -m bench.events
	@$(BIN)/python -m bench.jobs

.PHONY: fuzz
fuzz: $(BUILDS) ## ten thousand requests that nobody thought of; FUZZ_SEED=1 for the same again
	@FUZZ=long $(BIN)/pytest --capture=no --override-ini=faulthandler_timeout=1200 \
	  tests/contract/test_schemathesis.py

.PHONY: faults
faults: $(BUILDS) ## kill and freeze what Plaza stands on, for long; FAULTS_SEED=1 for the same again
	@FAULTS=long $(BIN)/pytest --override-ini=faulthandler_timeout=1200 $(PYTEST_FLAGS) tests/faults

.PHONY: test-peers
test-peers: $(BUILDS) ## judges that others wrote, against a running Plaza; needs Node.js
	@$(BIN)/python -m tests.peers.run

##@ Tend

.PHONY: venv install
venv install: $(RUNS) $(BUILDS) ## the environment in .venv, for running and judging

.PHONY: generate
generate: $(BUILDS) ## the files that are made from others
	@$(BIN)/python -m tools.generated

.PHONY: release
release: $(BUILDS) ## keep today's contracts as what was promised
	@$(BIN)/python -m tools.release

.PHONY: clean
clean: ## remove .venv and caches, never the data
	@rm -rf .venv .*_cache .coverage .hypothesis coverage.xml
	@find src tests tools -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help
help: ## this
	@awk -F ':.*## ' '/^##@/ { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z].*:.*## / { split($$1, name, " "); printf "  make %-12s %s\n", name[1], $$2 }' \
	  $(firstword $(MAKEFILE_LIST))

.venv/%.installed: %.lock pyproject.toml tools/venv.sh
	@sh tools/venv.sh $<
	@touch $@
