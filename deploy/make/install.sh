#!/bin/sh
# Debian packages that the tests need. Only what is missing is installed; nothing is started: the tests
# start private instances themselves.
set -eu

need() { # program-or-file package
    if command -v "$1" >/dev/null 2>&1 || ls $1 >/dev/null 2>&1; then return; fi
    missing="$missing $2"
}
missing=""
need cc gcc
need make make
need rabbitmq-server rabbitmq-server
need redis-server redis-server
need '/usr/lib/postgresql/*/bin/initdb' postgresql
need psql postgresql-client
need prometheus prometheus
need chromium chromium
need chromedriver chromium-driver
need python3 python3
need setpriv util-linux

[ -z "$missing" ] && exit 0
sudo=""
[ "$(id -u)" -eq 0 ] || sudo="sudo"
echo "installing:$missing"
# Packages start their services on installation; a policy that says no keeps the machine's ports free.
policy=/usr/sbin/policy-rc.d
made=""
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' | $sudo tee "$policy" >/dev/null
    $sudo chmod +x "$policy"
    made=yes
fi
# shellcheck disable=SC2086 # one word a package
DEBIAN_FRONTEND=noninteractive $sudo apt-get update -qq
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends $missing >/dev/null
[ -n "$made" ] && $sudo rm -f "$policy"
exit 0
