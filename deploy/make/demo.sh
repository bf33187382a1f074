#!/bin/sh
# The demo, embedded or on real servers. Says what the build took; the program itself says when the first story
# can be read.
#   demo.sh embedded|stack [arguments of the program…]
set -eu
mode=${1:-embedded}
[ $# -gt 0 ] && shift
case $mode in
embedded | stack) ;;
*)
    echo "demo.sh embedded, or demo.sh stack" >&2
    exit 2
    ;;
esac
if [ "$mode" = stack ]; then "$(dirname "$0")/install.sh"; fi
. "$(dirname "$0")/toolchain.sh"

began=$(date +%s)
# cargo shows its progress; the profile is the one that takes least from a fresh clone to the first story.
cargo build --locked --profile demo --package wireroom --bin wireroom
if [ "$mode" = stack ]; then cargo build --locked --profile demo --package wireroom-tests --example stack; fi
echo "built in $(($(date +%s) - began)) s"
echo

target=$(cargo metadata --format-version 1 --no-deps --locked | sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')
# A shorter name where it lies below, so that the tour's commands can be read and typed.
case $target in "$PWD"/*) target=${target#"$PWD"/} ;; esac
if [ "$mode" = stack ]; then
    exec "$target/demo/examples/stack" "$target/demo/wireroom" "$@"
fi
exec "$target/demo/wireroom" demo "$@"
