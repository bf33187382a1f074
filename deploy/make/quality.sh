#!/bin/sh
# Extraction, feeds, robots.txt and near copies against data with known truth; and copies against the simulated
# press's own, on seeds that nothing was tuned on. Fails if a target is missed.
#   quality.sh [SEEDS]
set -eu
. "$(dirname "$0")/toolchain.sh"

shared=${WIREROOM_SHARED:-../shared}
if ! [ -d "$shared/corpus" ]; then
    echo "==== SKIPPED: no test data at $shared; set WIREROOM_SHARED ====" >&2
    exit 0
fi
if ! command -v python3 >/dev/null 2>&1; then
    echo "Python is missing. Install it with: apt-get install python3" >&2
    exit 1
fi
cargo build --locked --release --package wireroom --bin wireroom
target=$(cargo metadata --format-version 1 --no-deps --locked | sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')

missed=0
python3 deploy/make/quality.py "$target/release/wireroom" "$shared" || missed=1
printf '\ncopies of the simulated press, whose truth is known:\n'
cargo run --quiet --locked --release --package deduplicator --example press_quality -- "${1:-7301..7310}" 5000 || missed=1
exit $missed
