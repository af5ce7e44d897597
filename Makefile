# What a developer does here. `make` alone lists it.
#
# Settings are variables: make up SHOP_PORT=9080, make up STATE=.local/other PORTS=free, ...
# They are remembered in the state folder, so that the later commands need STATE alone.

SHELL := /bin/sh
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .local/venv/bin
STACK := $(VENV)/python -m stack
UV := $(VENV)/uv
NPM := infrastructure/local/npm
COMPILE := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header $(if $(UPGRADE),--upgrade)
SERVICES := gateway-ms authentication-ms products-ms orders-ms

# `make logs orders` reads better than `make logs SERVICE=orders`; both work.
ifeq ($(firstword $(MAKECMDGOALS)),logs)
LOGS_OF := $(wordlist 2,$(words $(MAKECMDGOALS)),$(MAKECMDGOALS))
$(if $(LOGS_OF),$(eval $(sort $(LOGS_OF)):;@:))
endif

##@ Running

.PHONY: up
up: deps ## Start everything and wait until it is ready (MODE=prod, SEED=demo, PORTS=free, STATE=folder)
	@$(STACK) up $(if $(ONLY),--only $(ONLY))

.PHONY: down
down: ## Stop everything that `make up` started
	@if [ -e .local/venv/.installed ]; then $(STACK) down; fi

.PHONY: status
status: deps ## Tell what is up, and where its log is
	@$(STACK) status

.PHONY: logs
logs: deps ## Follow the logs of all, or of one: make logs orders
	@$(STACK) logs $(SERVICE) $(LOGS_OF)

.PHONY: reset
reset: deps ## Empty the data, after asking (FORCE=1: without)
	@$(STACK) reset $(if $(FORCE),--force)

.PHONY: db-url
db-url: deps ## Print a database's address with its credentials: make db-url SERVICE=orders
	@$(STACK) db-url $(or $(SERVICE),$(error Name one: make db-url SERVICE=orders))

##@ Checking

PYTEST := $(VENV)/python -m pytest
COVERED := --cov --cov-branch --cov-append --cov-report=
UNIT := shopkit/tests/unit $(SERVICES:%=%/tests/unit) infrastructure/local/tests/unit tests/contract
INTEGRATION := authentication-ms/tests/integration infrastructure/local/tests/integration tests/integration

.PHONY: test
test: ## Run all tests, of units, on real servers, and end to end, and ask for their coverage
	@rm -f .coverage .coverage.*
	@$(MAKE) --no-print-directory test-unit test-web test-integration test-e2e test-fuzz coverage

.PHONY: test-unit
test-unit: deps ## Run the fast tests, without servers; on Python 3.13 too where it is there
	$(PYTEST) $(UNIT) -n 2 $(COVERED)
	@infrastructure/local/other_python 3.13 -m pytest $(UNIT) -n 2

.PHONY: test-web
test-web: deps ## Run the web shop's tests of components, hooks and its client
	@$(NPM) run test

.PHONY: test-integration
test-integration: deps ## Run the tests on real databases and a real broker
	$(PYTEST) $(INTEGRATION) $(COVERED)

.PHONY: test-e2e
test-e2e: deps ## Run the tests of the whole stack, through nginx
	$(PYTEST) tests/e2e $(COVERED)

.PHONY: test-fuzz
test-fuzz: deps ## Fuzz every operation of the API from its own document, with each role
	$(PYTEST) tests/fuzz -s $(COVERED)

.PHONY: test-deploy
test-deploy: deps ## Check images, compose files, manifests, Terraform (PART=static, engine, cluster, node, ...)
	@tests/deploy/run $(PART)

.PHONY: test-deploy-static
test-deploy-static: deps # the part that needs nothing but this clone
	@tests/deploy/run static

.PHONY: coverage
coverage: # 90 % of every package, 100 % of the rules; what the tests before it have left
	@for package in shopkit gateway authentication products orders; do \
	    echo "$$package:"; \
	    $(VENV)/coverage report --include="*/src/$$package/*" --fail-under=90 || exit 1; \
	done
	@echo "the rules in models:"; $(VENV)/coverage report --include="*/models/*" --fail-under=100

# These targets need a running stack (MODE=prod SEED=demo). They use the stack in STATE, or BASE_URL.
SHOP_URL = $(VENV)/python -c 'from stack.settings import load_settings; \
    settings = load_settings(); \
    settings.file.exists() or exit(f"There is no stack in {settings.state}. Run make up first."); \
    print(settings.shop_url)'
WITH_SHOP = url=$${BASE_URL:-$$($(SHOP_URL))} && BASE_URL=$$url

.PHONY: test-browser
test-browser: deps ## Test the running shop in Chromium (CHROMIUM_PATH=another)
	@$(WITH_SHOP) $(NPM) run e2e

.PHONY: lighthouse
lighthouse: deps ## Run Lighthouse on the running shop's pages, for phones and desktops
	@$(WITH_SHOP) $(NPM) run lighthouse

.PHONY: demo
demo: deps ## Add about 200 products in several categories to the running shop
	@$(WITH_SHOP) $(NPM) run demo

.PHONY: faults
faults: deps ## Let each part fail while people use the shop, and check its invariants (ONLY="a b")
	$(VENV)/python -m tests.faults $(if $(ONLY),--only $(ONLY))

.PHONY: faults-mutants
faults-mutants: deps # the checker has to find out about each guard that is missing
	$(VENV)/python -m tests.faults --mutants

.PHONY: bench
bench: deps ## Measure the gateway, the path of an order and the list, each beside its goal
	@failed=; for each in gateway orders reads; do \
	    echo "== bench.$$each"; $(VENV)/python -m bench.$$each || failed=1; \
	done; test -z "$$failed"

.PHONY: lint
lint: deps ## Check style, types, layers and locks
	$(VENV)/ruff check .
	$(VENV)/ruff format --check .
	@$(MAKE) --no-print-directory types
	$(VENV)/lint-imports
	@$(NPM) run lint

.PHONY: types
types: # a part at a time, as their tests share names
	@for part in shopkit $(SERVICES) infrastructure/local "conftest.py tests" bench; do \
	    echo "mypy $$part"; $(VENV)/mypy $$part || exit 1; \
	done

##@ Deploying

.PHONY: minikube
minikube: ## Build the images into minikube, deploy there and print the address
	@infrastructure/kubernetes/minikube

.PHONY: deploy
deploy: ## Bring a release into the cluster of kubectl: make deploy OVERLAY=gke RELEASE=... REGISTRY=...
	@infrastructure/kubernetes/deploy $(or $(OVERLAY),$(error OVERLAY=minikube or gke)) \
	    $(or $(RELEASE),$(error RELEASE=a name that is new))

##@ Dependencies

.PHONY: deps
deps: ## Install what the locks name; quick where nothing changed
	@$(PYTHON) infrastructure/local/bootstrap.py

.PHONY: lock
lock: deps ## Resolve all dependencies again into the locks (UPGRADE=1: to newer versions)
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
	cd infrastructure/local/kafka && ../../../.local/servers/bin/jgo --resolver python lock

.PHONY: help
help: ## List what can be done
	@awk 'BEGIN {FS = ":.*## "} \
	    /^##@/ {printf "\n%s\n", substr($$0, 5)} \
	    /^[a-z0-9-]+:.*## / {printf "  make %-17s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
