# Every target works on a fresh Debian machine; `make` alone lists them.

SHELL := /bin/sh
RUN := deploy/make

.PHONY: help demo demo-stack test lint deploy-check quality bench chaos fuzz screenshots install

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## A simulated press and the whole pipeline in one process, the site at http://localhost:8080
	@$(RUN)/demo.sh embedded

demo-stack: ## The same on RabbitMQ, Redis and PostgreSQL, two replicas of every role
	@$(RUN)/demo.sh stack

test: ## Installs what is missing, then lint, build, every test and deploy-check; says what each part took
	@$(RUN)/test.sh

lint: ## cargo fmt and clippy, as CI runs them
	@cargo fmt --all --check
	@cargo clippy --workspace --all-targets --locked -- -D warnings

deploy-check: ## Builds the Kubernetes overlays and validates them strictly; checks rules and dashboards
	@$(RUN)/deploy-check.sh

quality: ## Extraction, feeds, robots and near copies against data with known truth
	@$(RUN)/quality.sh

bench: ## The worker loop beside bare lapin, the index, extraction
	@cargo bench --workspace --locked

chaos: ## Ten seeded runs of the whole pipeline on real servers with faults
	@$(RUN)/chaos.sh

fuzz: ## Random and mutated input to the feed, page, robots, charset and address readers
	@$(RUN)/fuzz.sh

screenshots: ## Pictures of the site for the README, from the demo
	@$(RUN)/screenshots.sh

install: ## What the tests need from Debian: RabbitMQ, Redis, PostgreSQL and tools
	@$(RUN)/install.sh
