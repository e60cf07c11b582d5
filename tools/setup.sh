#!/usr/bin/env bash
# Makes this machine able to build and test Lacuna. Says what it does, reuses what is there, asks nothing; run it as
# often as you like. `make` runs it before it builds.
#
#   tools/setup.sh          all
#   tools/setup.sh build    only what `make dist` needs (no browser)
#
# LACUNA_WASM    `debian` builds the wasm modules with Debian's toolchain even where the active one could
# LACUNA_TOOLS   folder for the build tools (default: ${XDG_CACHE_HOME:-~/.cache}/lacuna/tools)
#
# It leaves $LACUNA_TOOLS/wasm.env, which the Makefile sources before every wasm build: which toolchain and which linker.

set -euo pipefail
cd "$(dirname "$0")/.."

want=${1:-all}
case $want in build | all) ;; *) echo "usage: tools/setup.sh [build|all]" >&2; exit 2 ;; esac

TOOLS=${LACUNA_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/lacuna/tools}
TARGET=wasm32-unknown-unknown
TRUNK=0.21.14
BINDGEN=0.2.130
mkdir -p "$TOOLS/bin"

say() { printf 'setup: %s\n' "$*"; }
die() { printf 'setup: %s\n' "$*" >&2; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }
as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif has sudo && sudo -n true 2>/dev/null; then sudo -n "$@"
    else die "this needs root: $*   (run it yourself, then run setup again)"
    fi
}

# Installs the Debian packages among the arguments that are missing; asks apt nothing if none is.
apt_updated=
debian() {
    local missing=() name
    for name in "$@"; do
        dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q '^install ok installed$' || missing+=("$name")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    has apt-get || die "missing: ${missing[*]}; there is no apt-get here, so install what matches these Debian packages"
    if [ -z "$apt_updated" ]; then
        say "apt-get update"
        as_root apt-get -qq update
        apt_updated=1
    fi
    say "apt-get install ${missing[*]}"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "${missing[@]}" >/dev/null
}

# Is the standard library for wasm32 there for the active toolchain?
has_wasm_std() {
    compgen -G "$(rustc --print target-libdir --target $TARGET)/libstd-*.rlib" >/dev/null
}

# Builds std for wasm32 from Debian's sources with Debian's compiler (they match exactly) and puts it where that compiler
# looks. The embedded bitcode is what lets our release profile do link-time optimisation across std.
build_wasm_std() {
    local dir libdir
    libdir=$(/usr/bin/rustc --print target-libdir --target $TARGET)
    if compgen -G "$libdir/libstd-*.rlib" >/dev/null; then return; fi
    say "building Rust's standard library for $TARGET (once, about a minute)"
    dir=$(mktemp -d)
    mkdir "$dir/src"
    : >"$dir/src/lib.rs"
    printf '[package]\nname = "empty"\nversion = "0.0.0"\nedition = "2021"\n[workspace]\n' >"$dir/Cargo.toml"
    (
        cd "$dir"
        unset RUSTUP_TOOLCHAIN CARGO_BUILD_TARGET CARGO_ENCODED_RUSTFLAGS
        export PATH="/usr/bin:$PATH" RUSTC=/usr/bin/rustc CARGO_TARGET_DIR="$dir/target"
        RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Cembed-bitcode=yes \
            /usr/bin/cargo build --quiet --release --target $TARGET -Zbuild-std=std,panic_abort
    ) || die "Rust's standard library did not build for $TARGET"
    as_root mkdir -p "$libdir"
    find "$dir/target/$TARGET/release/deps" -name '*.rlib' ! -name 'libempty-*' -print0 |
        while IFS= read -r -d '' rlib; do as_root cp "$rlib" "$libdir/"; done
    rm -rf "$dir"
}

# Chooses the toolchain for wasm, fetching or building what it misses; the native builds keep the active one.
wasm_toolchain() {
    local lines='' rustup_env=''
    if [ "${LACUNA_WASM-}" != debian ] && has_wasm_std; then
        say "wasm: the active toolchain has $TARGET ($(rustc -V))"
    elif [ "${LACUNA_WASM-}" != debian ] && has rustup && rustup target add $TARGET >/dev/null 2>&1 && has_wasm_std; then
        say "wasm: rustup added $TARGET to the active toolchain ($(rustc -V))"
    else
        debian rustc-web cargo-web rust-web-src rust-web-clippy lld-22
        build_wasm_std
        lines='CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld-22'
        if has rustup; then
            rustup toolchain list | grep -q '^lacuna-wasm\b' || rustup toolchain link lacuna-wasm /usr
            rustup_env='RUSTUP_TOOLCHAIN=lacuna-wasm'
        fi
        say "wasm: Debian's toolchain ($(/usr/bin/rustc -V))"
    fi
    printf '# Written by tools/setup.sh: what the wasm builds need.\n%s\n%s\n' "$lines" "$rustup_env" |
        sed '/^$/d' >"$TOOLS/wasm.env.new"
    if cmp -s "$TOOLS/wasm.env.new" "$TOOLS/wasm.env"; then rm "$TOOLS/wasm.env.new"
    else mv "$TOOLS/wasm.env.new" "$TOOLS/wasm.env"
    fi
}

# Installs the program $1 of crate $2 in version $3 with cargo, unless that version is there; the rest are arguments.
cargo_tool() {
    local program=$1 crate=$2 version=$3
    shift 3
    if [ "$("$TOOLS/bin/$program" --version 2>/dev/null)" = "$program $version" ]; then return; fi
    say "cargo install $crate $version (a few minutes, once)"
    # Both are large and run for seconds: quick to build is worth more than quick to run.
    env CARGO_TARGET_DIR="$TOOLS/build" CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
        CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_DEBUG=0 \
        cargo install --quiet --root "$TOOLS" --force "$crate" --version "$version" "$@"
}

# The packages of tests/browser: Playwright, axe and binaryen's wasm-opt.
npm_packages() {
    has node && has npm || debian nodejs npm
    local dir=tests/browser
    if [ -e $dir/node_modules/.lacuna ] && cmp -s $dir/package-lock.json $dir/node_modules/.lacuna; then return; fi
    say "npm ci in $dir"
    (cd $dir && PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --silent --no-audit --no-fund)
    cp $dir/package-lock.json $dir/node_modules/.lacuna
}

# A Chromium for the browser tests, and the fonts that they are written against.
browser() {
    if [ -n "${CHROMIUM-}" ] && has "$CHROMIUM"; then :
    elif has chromium || has google-chrome || has chromium-browser; then :
    else debian chromium
    fi
    if has dpkg-query; then debian fonts-dejavu-core fonts-liberation; fi
}

has cargo || die "there is no cargo: install Rust 1.95 or newer (rustup or your distribution)"
has cc || debian gcc libc6-dev
wasm_toolchain
cargo_tool wasm-bindgen wasm-bindgen-cli $BINDGEN
cargo_tool trunk trunk $TRUNK --locked --no-default-features --features rustls
rm -rf "$TOOLS/build"
npm_packages
if [ "$want" = all ]; then browser; fi
say "ready (tools in $TOOLS)"
