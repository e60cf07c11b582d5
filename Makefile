# Everything that is done with this project, from a bare machine on. `make` lists it.
#
#   CARGO_TARGET_DIR   where cargo builds (default: target)
#   LACUNA_TOOLS       where tools/setup.sh keeps the build tools
#   CHROMIUM           the browser of the browser tests (default: what tools/setup.sh finds or installs)
#   PORT               of `make serve` (default: 8000; 0 takes a free one)

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

export CARGO_TARGET_DIR ?= target
export LACUNA_TOOLS ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/lacuna/tools
PORT ?= 8000

TRUNK_OUT := $(CARGO_TARGET_DIR)/trunk
RELEASE := $(CARGO_TARGET_DIR)/release
PACK := $(RELEASE)/lacuna-pack

# Sets up a recipe that compiles to wasm: the toolchain that tools/setup.sh chose, and our tools first.
WASM_ENV := set -a; . "$(LACUNA_TOOLS)/wasm.env"; set +a; export PATH="$(LACUNA_TOOLS)/bin:$$PATH"; unset NO_COLOR;

# Where crates lie on this machine stands in the modules as the place of each panic; a name in its stead makes them the same on
# every machine. It comes after `cargo fetch`, which unpacks the crates. Beside .cargo/config.toml, not in its place.
REMAP := for crates in "$${CARGO_HOME:-$$HOME/.cargo}"/registry/src/*/; do \
	export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS="$${CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS:-} --remap-path-prefix=$$crates=crates/"; done;

# What goes into the wasm modules, the document and the native programs.
MANIFEST := Cargo.toml Cargo.lock .cargo/config.toml
RUST := $(shell find src -name '*.rs') $(shell find public -type f ! -name '*.js' ! -path 'public/samples/*')
DOCUMENT := index.html $(shell find style public -type f)

.PHONY: help setup serve dist check check-wasm test test-native test-browser imports bench clean

help: ## List what can be done
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

setup: ## Install what the build and the tests need (nothing, if it is there)
	@tools/setup.sh

serve: dist ## Build, and serve the document on this machine
	@$(PACK) serve --port $(PORT)

dist: setup-build ## Build dist/lacuna.html, its checksum and the command line
	@$(MAKE) --no-print-directory dist/lacuna.html
	@echo "dist/lacuna.html   open it in a browser, or give it to whoever needs it"
	@echo "$(RELEASE)/lacuna   the command line"

.PHONY: setup-build
setup-build:
	@tools/setup.sh build

# One cargo build for the two native programs; the packer is needed to pack, so it is the stamp of both.
$(PACK): $(MANIFEST) $(RUST)
	cargo build --locked --release --bin lacuna --bin lacuna-pack
	@touch $@

$(TRUNK_OUT)/index.html: $(MANIFEST) $(RUST) Trunk.toml index.html
	cargo fetch --locked
	$(WASM_ENV) $(REMAP) RUST_BACKTRACE=0 trunk build --release --dist "$(TRUNK_OUT)"
	@touch $@

dist/lacuna.html: $(TRUNK_OUT)/index.html $(PACK) $(DOCUMENT)
	$(PACK) pack --from "$(TRUNK_OUT)" --out dist

# The same document in a fraction of the time, to look at: neither optimised nor held to its size.
DRAFT := CARGO_INCREMENTAL=1 $(foreach profile,APP WORKER,$(foreach setting,LTO=off CODEGEN_UNITS=64 INCREMENTAL=true OPT_LEVEL=1,CARGO_PROFILE_WASM_$(profile)_$(setting)))

.PHONY: quick
quick: setup-build ## Build dist/quick/lacuna.html, unoptimised, to look at
	cargo fetch --locked
	$(WASM_ENV) $(DRAFT) CARGO_TARGET_DIR="$(CARGO_TARGET_DIR)/quick" RUST_BACKTRACE=0 trunk build --release --dist "$(CARGO_TARGET_DIR)/quick/trunk"
	cargo build --locked --bin lacuna --bin lacuna-pack
	$(CARGO_TARGET_DIR)/debug/lacuna-pack pack --draft --from "$(CARGO_TARGET_DIR)/quick/trunk" --out dist/quick

check: ## Check the formatting, the lints, the core alone, the documentation, and run the native tests
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings
	cargo check --locked --no-default-features --lib
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --lib
	$(MAKE) --no-print-directory test-native

test-native: ## Run the native tests alone
	cargo test --locked

.PHONY: audit-proof
audit-proof: ## Hold the engine against put-in violations of every criterion: precision and recall must be 1
	cargo run --locked --quiet --example audit-proof

check-wasm: setup-build ## Check the lints of the app and the worker
	cargo fetch --locked
	$(WASM_ENV) cargo clippy --locked --target wasm32-unknown-unknown --no-default-features --features web --lib --bin lacuna-app -- -D warnings
	$(WASM_ENV) cargo clippy --locked --target wasm32-unknown-unknown --no-default-features --features worker --lib --bin lacuna-worker -- -D warnings

test: setup ## Check and test everything, in the browser too
	$(MAKE) --no-print-directory dist
	LACUNA_DIST=1 $(MAKE) --no-print-directory check check-wasm audit-proof
	$(MAKE) --no-print-directory test-browser

# What the engine says of signatures that WebCrypto is asked too.
VECTORS := $(CARGO_TARGET_DIR)/signature-vectors.json

.PHONY: $(VECTORS)
$(VECTORS):
	cargo run --locked --quiet --example signature-vectors > $@

test-browser: dist setup $(VECTORS) ## Run the browser tests on dist/lacuna.html
	cd tests/browser && npx --no-install playwright test

imports: ## Write down what the wasm modules import now, to be judged and committed
	$(MAKE) --no-print-directory dist
	$(PACK) imports --from "$(TRUNK_OUT)" > tests/fixtures/wasm-imports.txt

bench: bench-native bench-browser ## Measure everything: the engine, the browser, and what they are held against

# 100 MB, the same bytes each time.
BENCH_EXPORT := $(CARGO_TARGET_DIR)/bench/pulls.json

$(BENCH_EXPORT):
	@mkdir -p $(@D)
	cargo run --locked --release --example generate-gh -- 22500 $@

.PHONY: bench-native bench-browser
bench-native: $(BENCH_EXPORT) ## Measure the engine alone, and DuckDB on the same file where it is installed
	cargo bench --locked
	cargo build --locked --release --bin lacuna
	@command -v /usr/bin/time > /dev/null && /usr/bin/time -f "lacuna: %U + %S s of processor time, %M KB at most" $(RELEASE)/lacuna assess $(BENCH_EXPORT) > /dev/null || time $(RELEASE)/lacuna assess $(BENCH_EXPORT) > /dev/null
	python3 tests/bench/duckdb_reference.py $(BENCH_EXPORT)

bench-browser: dist setup $(BENCH_EXPORT) ## Measure the packed document in Chromium
	cd tests/browser && node bench.mjs $(abspath $(BENCH_EXPORT))

clean: ## Remove what was built here
	rm -rf dist target tests/browser/test-results tests/browser/playwright-report
