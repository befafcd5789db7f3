# Everything that is done to this tree, by its short name. `make help` lists it.

SHELL := /bin/bash
# The steps of one target share .build, which SwiftPM locks anyway.
.NOTPARALLEL:
.DEFAULT_GOAL := build
.PHONY: build run test check lint format tidy sim fuzz bench dev cluster faults e2e web vectors generate package \
	setup setup-browser clean help

# A target may import only what Package.swift says that it depends on.
SWIFT_FLAGS := --explicit-target-dependency-import-check error
TIDY := swift run --quiet -c release --package-path Tools/tidy --scratch-path .build-tidy tidy
# Our Swift, without what protoc wrote and what builds left behind.
SWIFT_FILES = find Package.swift Sources Tests Fuzz Benchmarks Examples Tools -name '*.swift' \
	-not -path '*/Generated/*' -not -path '*/.build*' -print0 2>/dev/null

DATA ?= ./confab-data
STEPS ?= 1e4
SECONDS ?= 60

build: ## debug build, the default
	swift build $(SWIFT_FLAGS)

run: ## install what is missing, build, and serve with data in ./confab-data
	@Tools/setup run
	@Tools/run --data '$(DATA)'

# What waits for real sockets, processes or passwords has deadlines: it runs one test after the other, away
# from the simulations, which keep every thread busy.
ALONE := ^(EndToEnd|Confab(Client|Journal|Network|Server)Tests)\.
test: ## install what is missing, build, and run all tests
	@Tools/setup test
	swift build --build-tests $(SWIFT_FLAGS)
	swift test --skip-build $(SWIFT_FLAGS) --skip '$(ALONE)'
	swift test --skip-build $(SWIFT_FLAGS) --filter '$(ALONE)' --no-parallel
	@Tools/browser-tests --if-there

# What CI runs. Package.swift reads CONFAB_WARNINGS and turns warnings in our targets into errors;
# everyday builds leave them warnings, so that a newer compiler does not lock anybody out.
check: export CONFAB_WARNINGS := error
check: setup-browser test lint ## the tests with warnings as errors, then formatting, names, walls and links
	@grep -q CONFAB_WARNINGS Package.swift || { echo 'check: Package.swift does not heed CONFAB_WARNINGS'; exit 1; }
	@echo 'check: all is well'

# Everyday tests do without a browser where there is none; these do not.
setup-browser:
	@Tools/setup browser

web: ## only the tests of the browser's client, with screenshots in .build-browser/pictures
	@Tools/setup browser
	swift build --product confab $(SWIFT_FLAGS)
	@Tools/browser-tests $(TESTS)

lint: ## swift-format in strict mode, then tidy
	$(SWIFT_FILES) | xargs -0 swift format lint --strict --parallel --configuration .swift-format
	@$(MAKE) --no-print-directory tidy

tidy: ## names, import walls, lengths, links
	@$(TIDY) --self-test
	@$(TIDY)

format: ## rewrite our Swift as swift-format likes it
	$(SWIFT_FILES) | xargs -0 swift format --in-place --parallel --configuration .swift-format

sim: ## simulate one world: make sim SEED=7 STEPS=1e6
	@test -n '$(SEED)' || { echo 'say which world: make sim SEED=7 [STEPS=1e6]'; exit 2; }
	CONFAB_SIM_SEED='$(SEED)' CONFAB_SIM_STEPS='$(STEPS)' swift test $(SWIFT_FLAGS) --filter '^Simulation'

fuzz: ## throw mutated input at the decoders: make fuzz [CORE=wire] [SECONDS=60]
	@Tools/fuzz '$(CORE)' '$(SECONDS)'

bench: ## load a throw-away server and print what it did: make bench [ARGS='--clients 1000']
	@Tools/setup run
	@Tools/bench $(ARGS)

dev: build ## a server with throw-away data and a printed login
	@Tools/dev

cluster: build ## three NATS servers and two nodes of one place, with throw-away data
	@Tools/setup test
	@Tools/cluster

faults: ## let things go wrong with those under load, then check all histories: make faults [ARGS='--schedules 50']
	@Tools/setup test
	swift build --product confab $(SWIFT_FLAGS)
	@Tools/faults $(ARGS)

e2e: ## only the tests with real processes and sockets
	@Tools/setup test
	swift test $(SWIFT_FLAGS) --filter '^EndToEnd' --no-parallel

vectors: ## rewrite the golden files; review the difference before you commit it
	@Tools/setup test
	UPDATE=1 swift test $(SWIFT_FLAGS)
	git --no-pager diff --stat

generate: ## regenerate the Swift code of all .proto files
	@Tools/setup test
	@Tools/generate

package: ## build confab_VERSION_ARCH.deb, which needs no compiler
	@Tools/setup package
	@Tools/package

setup: ## install the Debian packages that building and testing need
	@Tools/setup test

clean: ## delete all build folders; data stays
	rm -rf .build .build-* Tools/tidy/.build Fuzz/.build

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
