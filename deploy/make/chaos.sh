#!/bin/sh
# Seeded storms on real servers: brokers and workers killed, frozen, cut off and out of memory while news flows.
# Every test run tries one seed; this tries ten, or as many as asked. Then every process of an installation is
# killed in turn, embedded and on the stack.
#   chaos.sh [SEEDS]
set -eu
"$(dirname "$0")/install.sh"
. "$(dirname "$0")/toolchain.sh"
WIREROOM_CHAOS_SEEDS=${1:-10} exec cargo test --locked -p wireroom-tests --test it -- chaos_ end_to_end::killing --nocapture
