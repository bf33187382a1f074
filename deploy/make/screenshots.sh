#!/bin/sh
# Pictures of the site for the README, taken from the demo: front page, section, article and right-to-left article,
# on a desktop and at a phone's width. Same seed, same press; the dates are today's.
#   screenshots.sh [FOLDER]
set -eu
. "$(dirname "$0")/toolchain.sh"

out=${1:-deploy/screenshots}
browser=""
for name in chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null 2>&1; then browser=$name && break; fi
done
for need in "${browser:-chromium}" curl; do
    if ! command -v "$need" >/dev/null 2>&1; then
        echo "$need is missing. Install it with: apt-get install $need" >&2
        exit 1
    fi
done

if [ -z "${WIREROOM:-}" ]; then
    cargo build --locked --profile demo --package wireroom --bin wireroom
    target=$(cargo metadata --format-version 1 --no-deps --locked | sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')
    WIREROOM=$target/demo/wireroom
fi
folder=$(mktemp -d)
site=127.0.0.1:8780
"$WIREROOM" demo --seconds 300 --listen "$site" --press 127.0.0.1:8790 --data "$folder/data" >"$folder/demo.log" 2>&1 &
demo=$!
trap 'kill $demo 2>/dev/null; wait $demo 2>/dev/null; rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM

page() { curl --silent --fail --noproxy '*' "http://$site$1" || true; }
# The first story of a list that has at least some: `first PATH PATTERN`.
first() { page "$1" | grep -o "/$2/[a-z0-9-]*" | head -n 1; }

echo "waiting for stories"
for _ in $(seq 120); do
    kill -0 $demo 2>/dev/null || { cat "$folder/demo.log" >&2 && exit 1; }
    stories=$(page "/" | grep -o '/story/[a-z0-9]*' | sort -u | wc -l)
    arabic=$(first "/?lang=ar" story)
    # The tour's first step is a story with copies.
    copied=$(sed -n 's,^ *http://[^/]*\(/story/[a-z0-9]*\)$,\1,p' "$folder/demo.log" | head -n 1)
    if [ "$stories" -ge 30 ] && [ -n "$arabic" ] && [ -n "$copied" ]; then break; fi
    sleep 1
done
section=$(first "/" section)
if [ -z "$copied" ] || [ -z "$arabic" ] || [ -z "$section" ]; then
    echo "the demo has no stories to show" >&2
    cat "$folder/demo.log" >&2
    exit 1
fi

mkdir -p "$out"
shot() { # name path width height scale
    # No sandbox: it needs more than a container has, and the only pages are our own.
    "$browser" --headless --no-sandbox --disable-gpu --hide-scrollbars --no-proxy-server --user-data-dir="$folder/browser" \
        --window-size="$3,$4" --force-device-scale-factor="$5" --virtual-time-budget=5000 \
        --screenshot="$folder/shot.png" "http://$site$2" >/dev/null 2>&1
    if command -v pngquant >/dev/null 2>&1; then
        pngquant --force --skip-if-larger --output "$folder/shot.png" 64 "$folder/shot.png" || true
    fi
    mv "$folder/shot.png" "$out/$1.png"
    echo "$out/$1.png  $(wc -c <"$out/$1.png") bytes"
}
for view in "desktop 1200 1000 1" "phone 390 844 1"; do
    # shellcheck disable=SC2086 # four words
    set -- $view
    shot "front-$1" "/" "$2" "$3" "$4"
    shot "section-$1" "$section" "$2" "$3" "$4"
    shot "article-$1" "$copied" "$2" "$3" "$4"
    shot "article-ar-$1" "$arabic" "$2" "$3" "$4"
done
