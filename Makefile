# Plain `make` prints what can be done here.

PYTHON ?= python3
PYTHON313 ?=
PY := .venv/bin/python
PY313 := .venv313/bin/python
FOR_RUNNING := requirements.txt requirements-run.txt requirements-emulator.txt
FOR_TESTS := requirements-dev.txt requirements-contract.txt
DYNAMODB_LOCAL := node_modules/amplify-dynamodb-simulator/emulator/DynamoDBLocal.jar

export FRESH DEMO PYTHON313

.DEFAULT_GOAL := help
.PHONY: help setup run test simulate mutants lint package rehearse bench costs \
        check secrets deploy rollback failures destroy export import clean

help: ## print this
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: .venv/.ready $(DYNAMODB_LOCAL) ## prepare .venv and DynamoDB Local; fast the second time
	@:

run: .venv/.run ## the whole product on this machine; FRESH=1 forgets what was kept, DEMO=0 starts empty
	@$(PY) -m local.run

test: setup ## every test a laptop can run; a tier that cannot run here says so by name
	@local/tools/python313 > /dev/null && $(MAKE) --no-print-directory .venv313/.run || true
	@$(PY) -m pytest -n 2 -m "not deployed"

simulate: .venv/.ready ## stories that a seed picks, held against the laws of money; SEEDS=1000 for a long night
	@SEEDS="$${SEEDS:-200}" $(PY) -m pytest tests/simulation/test_story.py

mutants: setup ## known mistakes, made in copies of the project: each has a test that must notice it
	@$(PY) -m local.tools.mutants

lint: .venv/.ready ## ruff and mypy
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy

package: .venv313/.run ## build/package: what AWS gets; needs Python 3.13
	@$(PY313) -m local.tools.package

rehearse: .venv313/.ready ## deploy the built template into an emulator and use it over HTTP
	@$(PY313) -m local.tools.package --host --if-changed
	@$(PY313) -m pytest tests/deployed -m deployed --durations=5

bench: .venv313/.ready ## cold start, what it loads and what it weighs, beside its peers, in one run
	@$(PY313) -m local.tools.package --host --if-changed
	@$(PY313) -m tests.bench

costs: .venv/.ready ## docs/costs.md anew, from counted requests and dated prices
	@$(PY) -m local.tools.costs

export: .venv/.run ## a copy of everything of STAGE into exports/; TABLES=.. names other tables
	@$(PY) -m local.tools.export_all --stage "$(STAGE)" --tables "$(TABLES)"

import: .venv/.run ## a copy into empty tables: STAGE=.. FROM=exports/..; REPLACE=its prefix replaces what is there
	@$(PY) -m local.tools.import_all --stage "$(STAGE)" --tables "$(TABLES)" --replace "$(REPLACE)" "$(FROM)"

check: .venv/.run ## is everything ready to deploy stages/STAGE.toml? changes nothing
	@$(PY) -m local.tools.deploy check "$(STAGE)"

secrets: .venv/.run ## put what is missing into AWS, asked for hidden; ROLL=NAME asks for one anew
	@$(PY) -m local.tools.deploy secrets "$(STAGE)" $(if $(ROLL),--roll "$(ROLL)")

deploy: package .venv/.run ## check, package, show the change, ask, deploy, visit; docs/deploying.md
	@$(PY) -m local.tools.deploy deploy "$(STAGE)"

rollback: .venv/.run ## the release before, as it was
	@$(PY) -m local.tools.deploy rollback "$(STAGE)"

failures: .venv/.run ## what failed for good: shown, done again and taken away when you say so; docs/runbook.md
	@$(PY) -m local.tools.deploy failures "$(STAGE)"

destroy: .venv/.run ## take a deployment away; refuses while its books say that anything is owed
	@$(PY) -m local.tools.deploy destroy "$(STAGE)"

clean: ## remove what was built and what `make run` kept; the environments stay
	@rm -rf build .state .mypy_cache .ruff_cache .hypothesis

.venv/.run: $(FOR_RUNNING)
	@local/tools/environment .venv "$(PYTHON)" run

.venv/.ready: .venv/.run $(FOR_TESTS)
	@local/tools/environment .venv "$(PYTHON)" all

.venv313/.run: $(FOR_RUNNING)
	@python="$$(local/tools/python313)" && local/tools/environment .venv313 "$$python" run

.venv313/.ready: .venv313/.run $(FOR_TESTS)
	@local/tools/environment .venv313 .venv313/bin/python all

$(DYNAMODB_LOCAL):
	@local/tools/dynamodb_local
