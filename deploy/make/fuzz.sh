#!/bin/sh
# Random and mutated input to everything that reads the web's bytes. Every test run tries a few hundred; this tries
# a million, or as many as asked.
#   fuzz.sh [INPUTS]
set -eu
. "$(dirname "$0")/toolchain.sh"
WIREROOM_FUZZ_INPUTS=${1:-1000000} exec cargo test --locked --release -p wireroom-tests --test it -- fuzz:: --nocapture
