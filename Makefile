# The commands for developers. `make` lists them.
#
# Settings are variables: make up SHOP_PORT=9080, make up STATE=.local/other PORTS=free, ...
# The state folder remembers them, so later commands only need STATE.

SHELL := /bin/sh
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .local/venv/bin
STACK := $(VENV)/python -m stack
UV := $(VENV)/uv
NPM := infrastructure/local/npm
COMPILE := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header $(if $(UPGRADE),--upgrade)
# uv trusts the authorities of this system, as `make deps` does for all downloads.
export UV_SYSTEM_CERTS ?= 1
SERVICES := gateway-ms authentication-ms products-ms orders-ms

# Accept `make logs orders` as well as `make logs SERVICE=orders`.
ifeq ($(firstword $(MAKECMDGOALS)),logs)
LOGS_OF := $(wordlist 2,$(words $(MAKECMDGOALS)),$(MAKECMDGOALS))
$(if $(LOGS_OF),$(eval $(sort $(LOGS_OF)):;@:))
endif

##@ Running

.PHONY: up
up: deps $(if $(filter 1,$(OBSERVABILITY)),prometheus) ## Start everything and wait until it is ready (MODE=prod, SEED=demo, PORTS=free, STATE=folder, OBSERVABILITY=1)
	@$(STACK) up $(if $(ONLY),--only $(ONLY))

.PHONY: prometheus
prometheus: # for OBSERVABILITY=1 and the tests of the alerts: from the PATH, or Debian's packages
	@infrastructure/local/debian prometheus mtail

.PHONY: down
down: ## Stop everything that `make up` started
	@if [ -e .local/venv/.installed ]; then $(STACK) down; fi

.PHONY: status
status: deps ## Show each program, its state and its log file
	@$(STACK) status

.PHONY: logs
logs: deps ## Follow all logs, or the log of one program: make logs orders
	@$(STACK) logs $(SERVICE) $(LOGS_OF)

.PHONY: reset
reset: deps ## Delete the data after asking (FORCE=1 does not ask)
	@$(STACK) reset $(if $(FORCE),--force)

.PHONY: mail
mail: deps ## Print the mails that the shop has sent
	@$(STACK) mail

.PHONY: mail-previews
mail-previews: deps ## Write every kind of mail with sample data into .local/mail-previews
	@for service in authentication orders; do \
	    $(VENV)/python -m $$service mail-previews .local/mail-previews/$$service || exit 1; \
	done; echo "The mails are in .local/mail-previews."

.PHONY: db-url
db-url: deps ## Print the address of a database with credentials: make db-url SERVICE=orders
	@$(STACK) db-url $(or $(SERVICE),$(error Name a service: make db-url SERVICE=orders))

##@ Checking

PYTEST := $(VENV)/python -m pytest
COVERED := --cov --cov-branch --cov-append --cov-report=
UNIT := shopkit/tests/unit $(SERVICES:%=%/tests/unit) infrastructure/local/tests/unit infrastructure/kiosk/tests/unit tests/contract tests/faults/unit
INTEGRATION := authentication-ms/tests/integration infrastructure/local/tests/integration tests/integration

.PHONY: test
test: ## Run all tests of this list down to test-fuzz, and check their coverage
	@rm -f .coverage .coverage.*
	@$(MAKE) --no-print-directory test-unit test-web test-integration test-e2e test-fuzz coverage

.PHONY: test-unit
test-unit: deps ## Run the fast tests, without servers, on each Python from 3.11 to 3.14 that is installed
	$(PYTEST) $(UNIT) -m "not mongod" -n 2 $(COVERED)
	@infrastructure/local/other_pythons -m pytest $(UNIT) -m "not mongod" -n 2

.PHONY: test-web
test-web: deps ## Run the tests of the web shop's components, hooks and API client
	@$(NPM) run test

.PHONY: test-integration
test-integration: deps ## Run the tests on real databases, a real broker and real nginx
	$(PYTEST) $(UNIT) -m mongod $(COVERED)
	$(PYTEST) $(INTEGRATION) $(COVERED)

.PHONY: test-e2e
test-e2e: deps ## Run the tests of the whole stack through nginx
	$(PYTEST) tests/e2e $(COVERED)

.PHONY: test-fuzz
test-fuzz: deps ## Fuzz every operation of the API from its OpenAPI document, with each role
	$(PYTEST) tests/fuzz -s $(COVERED)

.PHONY: test-rules
test-rules: deps prometheus ## Test the alert rules with promtool
	@PATH="$$PATH:$(CURDIR)/.local/debian/prometheus/usr/bin" && cd infrastructure/observability && \
	    promtool check rules alerts.yml alerts_gke.yml && \
	    promtool test rules alerts_test.yml alerts_gke_test.yml

.PHONY: test-alerts
test-alerts: deps prometheus ## Inject the fault of each alert, and wait until the alert fires and resolves
	$(PYTEST) tests/monitoring

.PHONY: test-clients
test-clients: deps ## Generate clients from the API's document with four generators, and compile them
	@tests/clients/run

.PHONY: test-deploy
test-deploy: deps ## Check images, compose files, manifests, Terraform (PART=static, engine, cluster, node, ...)
	@tests/deploy/run $(PART)

.PHONY: test-deploy-static
test-deploy-static: deps # the part that runs on any machine
	@tests/deploy/run static

.PHONY: coverage
coverage: # of the tests that ran before: 90 % of every package, 100 % of the models
	@for package in shopkit gateway authentication products orders; do \
	    echo "$$package:"; \
	    $(VENV)/coverage report --include="*/src/$$package/*" --fail-under=90 || exit 1; \
	done
	@echo "models:"; $(VENV)/coverage report --include="*/models/*" --fail-under=100

# These targets need a running stack (MODE=prod SEED=demo). They use the stack in STATE, or BASE_URL.
WITH_SHOP = url=$${BASE_URL:-$$($(STACK) url)} && BASE_URL=$$url

.PHONY: test-browser
test-browser: deps ## Test the running shop in Chromium (CHROMIUM_PATH=another)
	@$(WITH_SHOP) $(NPM) run e2e

.PHONY: lighthouse
lighthouse: deps ## Measure the running shop's first paint, and run Lighthouse on its pages
	@$(WITH_SHOP) $(NPM) run lighthouse

.PHONY: demo
demo: deps ## Add about 200 products in several categories to the running shop
	@$(WITH_SHOP) $(NPM) run demo

.PHONY: faults
faults: deps ## Let each part fail under load, and check the invariants (FAULT="a fault" SEED=1)
	$(VENV)/python -m tests.faults $(if $(FAULT),--faults "$(FAULT)") $(if $(SEED),--seed $(SEED))

.PHONY: faults-short
faults-short: deps ## Run the most telling faults and two mutants, in about four minutes
	$(VENV)/python -m tests.faults --short

.PHONY: faults-mutants
faults-mutants: deps ## Remove one guard at a time; the checker has to detect each
	$(VENV)/python -m tests.faults --mutants

.PHONY: faults-table
faults-table: deps # write the results of the last runs into docs/reliability.md
	$(VENV)/python -m tests.faults --render

.PHONY: bench
bench: deps ## Measure the gateway, the path of an order, the list and pages, and compare with the goals (PLOTS=1)
	@failed=; for benchmark in gateway orders reads pages $(if $(PLOTS),saturation); do \
	    echo "== bench.$$benchmark"; $(VENV)/python -m bench.$$benchmark || failed=1; \
	done; $(if $(PLOTS),$(MAKE) --no-print-directory plots || failed=1;) test -z "$$failed"

# Draws the newest result of bench.saturation.
.PHONY: plots
plots: deps
	@$(UV) run --quiet --no-project --python $(VENV)/python --with-requirements bench/requirements.txt \
	    python -m bench.plots

# The pre-commit hooks run the same steps.
LINT := lint-python types lint-layers lint-dependencies lint-web lint-links lint-language

.PHONY: lint
lint: deps ## Check style, types, layers, dependencies, links and language
	@for step in $(LINT); do $(MAKE) --no-print-directory $$step || failed=1; done; test -z "$$failed"

.PHONY: lint-python
lint-python:
	$(VENV)/ruff check .
	$(VENV)/ruff format --check .

.PHONY: types
types: # one part at a time, because test modules of different parts share names
	@for part in shopkit $(SERVICES) infrastructure/local infrastructure/kiosk infrastructure/lint infrastructure/supply_chain infrastructure/kubernetes/deploy infrastructure/kubernetes/capacity.py "conftest.py tests" bench; do \
	    echo "mypy $$part"; $(VENV)/mypy $$part || exit 1; \
	done

.PHONY: lint-layers
lint-layers:
	$(VENV)/lint-imports

.PHONY: lint-dependencies
lint-dependencies: # finds packages that nothing imports, and imports that no package provides
	@for part in shopkit $(SERVICES); do (cd $$part && ../$(VENV)/deptry src) || exit 1; done

.PHONY: lint-web
lint-web:
	@$(NPM) run lint

.PHONY: lint-links
lint-links:
	@infrastructure/site/site links

.PHONY: lint-language
lint-language:
	@$(VENV)/python infrastructure/lint/language.py

##@ Documenting

.PHONY: docs
docs: deps ## Build the documentation site into .local/site
	@infrastructure/site/site build

##@ Deploying

.PHONY: minikube
minikube: ## Build the images into minikube, deploy them and print the address
	@infrastructure/kubernetes/minikube

.PHONY: deploy
deploy: ## Deploy a release to kubectl's cluster: make deploy OVERLAY=gke RELEASE=... REGISTRY=...
	@infrastructure/kubernetes/deploy $(or $(OVERLAY),$(error OVERLAY=minikube or gke)) \
	    $(or $(RELEASE),$(error RELEASE=an unused name))

.PHONY: capacity
capacity: deps ## Compare what the pods request with what the nodes on GKE offer (needs kubectl)
	@$(VENV)/python infrastructure/kubernetes/capacity.py

##@ Dependencies

.PHONY: audit
audit: deps ## Search for secrets in this repository, and for known vulnerabilities of its packages
	@infrastructure/supply_chain/audit

.PHONY: sbom
sbom: deps ## Write software bills of materials (CycloneDX) to .local/sbom
	@infrastructure/supply_chain/sbom

.PHONY: pin-digests
pin-digests: deps ## Append the digests of the registries to the tags of images (needs docker buildx)
	@$(VENV)/python infrastructure/supply_chain/pin_digests.py

.PHONY: deps
deps: ## Install the locked dependencies; does nothing if no lock changed
	@$(PYTHON) infrastructure/local/bootstrap.py

.PHONY: lock
lock: deps ## Resolve all dependencies into the locks (UPGRADE=1: to newer versions)
	$(COMPILE) --no-emit-package shopkit --group dev \
	    $(SERVICES:%=%/pyproject.toml) -o requirements-dev.txt
	for service in $(SERVICES); do \
	    $(COMPILE) --no-emit-package shopkit -c requirements-dev.txt \
	        $$service/pyproject.toml -o $$service/requirements.txt || exit 1; \
	done
	cd infrastructure/local && ../../$(COMPILE) requirements.in -o requirements.txt
	for lock in requirements checkov; do \
	    $(COMPILE) tests/deploy/tools/$$lock.in -o tests/deploy/tools/$$lock.txt || exit 1; \
	done
	$(COMPILE) infrastructure/site/requirements.in -o infrastructure/site/requirements.txt
	$(COMPILE) tests/clients/requirements.in -o tests/clients/requirements.txt
	$(COMPILE) infrastructure/supply_chain/requirements.in -o infrastructure/supply_chain/requirements.txt
	$(COMPILE) bench/requirements.in -o bench/requirements.txt
	cd infrastructure/local/kafka && ../../../.local/servers/bin/jgo --resolver python lock

.PHONY: help
help: ## List the commands
	@awk 'BEGIN {FS = ":.*## "} \
	    /^##@/ {printf "\n%s\n", substr($$0, 5)} \
	    /^[a-z0-9-]+:.*## / {printf "  make %-17s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
