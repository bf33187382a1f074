#!/bin/sh
# Everything that decides whether a change lands, and what each part took.
set -eu
here=$(dirname "$0")
took=""

part() { # name command…
    name=$1
    shift
    printf '\n==> %s\n' "$name"
    began=$(date +%s)
    "$@"
    took="$took  $name $(($(date +%s) - began)) s"
}

part install "$here/install.sh"
. "$here/toolchain.sh"
here=deploy/make
part format cargo fmt --all --check
part build cargo build --workspace --locked --bins
part clippy cargo clippy --workspace --all-targets --locked -- -D warnings
part compile-tests cargo test --workspace --locked --lib --bins --tests --no-run
# A test that hangs fails: the runner names each that runs for over a minute, and the last of them is it.
part tests timeout --kill-after=30 2400 cargo test --workspace --locked --lib --bins --tests
part deploy-check "$here/deploy-check.sh"
printf '\ntook:%s\n' "$took"
