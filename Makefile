# Guildhall's recipes. Every target installs what it needs first; nothing has to be set up by hand.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# Swift from PATH, or from where its archives are usually unpacked (scripts/install.sh tries the same places).
SWIFT_PLACES := /opt/swift/usr/bin:/usr/local/swift/usr/bin:/usr/share/swift/usr/bin:$(HOME)/swift/usr/bin
export PATH := $(PATH):$(SWIFT_PLACES):$(HOME)/.local/share/swiftly/bin

GUILDHALL := .build/release/guildhall

# What targets take: make test-data DATA=folder, make bench SIZE=small|full, make soak CYCLES=number
# SEQUENCES=number FUZZ_SECONDS=number.
SIZE ?= small
CYCLES ?= 100
SEQUENCES ?= 10000
FUZZ_SECONDS ?= 600
export DATA SIZE CYCLES SEQUENCES

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z\/-]+:.*## / { printf "%-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: release ## The main job on the sample market, then stay up and serve
	@$(GUILDHALL) up --with-sample

.PHONY: demo
demo: release ## The main job on the sample market; ends with its table
	@$(GUILDHALL) demo

.PHONY: install
install: ## What the build needs: Debian packages (as root or with sudo)
	@scripts/install.sh

.PHONY: build
build: install ## Debug build
	swift build

.PHONY: release
release: install ## Release build of the program
	swift build -c release --product guildhall

.PHONY: oracle
oracle: install ## scipy, OR-tools, crowd-kit, which ours is compared with; under .guildhall/oracle
	@scripts/oracle.sh

.PHONY: banks
banks: install ## achkit, carta-ach, mock-bank, which bank files are held against; under .guildhall/banks
	@scripts/banks.sh

.PHONY: clients
clients: install ## schemathesis and others, which the HTTP API is held against; under .guildhall/clients
	@scripts/clients.sh

.PHONY: edge-peer
edge-peer: install ## FastAPI and asyncpg, which the HTTP API is measured against; under .guildhall/edge-peer
	@scripts/edge-peer.sh

.PHONY: peers
peers: install ## oidc-provider-mock, standardwebhooks, prometheus-client, which ours speaks to; under .guildhall/peers
	@scripts/peers.sh

.PHONY: test
test: oracle banks clients peers ## All tests, on a private scratch server that they start themselves
	swift test

.PHONY: test-data
test-data: install banks ## The tests on the real data sets too: make test-data DATA=../shared/data
	@scripts/require-data.sh "$(DATA)"
	GUILDHALL_DATA="$(abspath $(DATA))" swift test --filter RealData

.PHONY: check
check: lint test ## Everything CI runs, in CI's order

.PHONY: bench
bench: oracle edge-peer ## Measurements against pgbench, psql, FastAPI: make bench SIZE=small|full
	swift build -c release --product guildhall
	swift build -c release --product Benchmarks
	.build/release/Benchmarks --size $(SIZE)

.PHONY: soak
soak: oracle clients ## Crash and restart cycles: make soak CYCLES=100
	swift build -c release --product guildhall
	GUILDHALL_SOAK=1 GUILDHALL_PROGRAM=.build/release/guildhall swift test --filter 'Soak|Schemathesis'
	scripts/fuzz-edge.sh $(FUZZ_SECONDS)

.PHONY: fuzz
fuzz: install ## The fuzzer on the JSON edge: make fuzz FUZZ_SECONDS=600
	scripts/fuzz-edge.sh $(FUZZ_SECONDS)

.PHONY: lint
lint: install ## Check the form of every Swift file
	swift format lint --strict --parallel --recursive Sources Tests Package.swift

.PHONY: format
format: install ## Put every Swift file into form
	swift format --in-place --parallel --recursive Sources Tests Package.swift

.PHONY: golden/accept
golden/accept: install ## Write the golden files anew from what the program says now
	GUILDHALL_GOLDEN=accept swift test --filter '[Gg]olden'
	git --no-pager diff --stat

.PHONY: db/psql
db/psql: release ## A psql session in the embedded database
	@$(GUILDHALL) psql

.PHONY: clean
clean: ## Remove what was built; the data under .guildhall/ stay
	rm -rf .build
