#!/bin/bash
# Installs openapi-spec-validator, schemathesis and requests into .guildhall/clients, for the tests that hold the HTTP
# API against its specification and run the worked integration of docs/API.md. Without a package registry at hand it
# says so and succeeds: those tests are then skipped, the rest run.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=.guildhall/clients
packages=(openapi-spec-validator==0.9.0 schemathesis==4.32.5 requests)

stamp="$folder/packages"
if [[ -e $stamp && $(<"$stamp") == "${packages[*]}" ]]; then exit 0; fi

python=
for candidate in /usr/bin/python3 python3; do
    if "$candidate" -c 'import ensurepip, venv' 2>/dev/null; then
        python=$candidate
        break
    fi
done
log=$(mktemp)
trap 'rm -f "$log"' EXIT
install_packages() {
    [[ -n $python ]] || { echo "no python3 with venv" && return 1; }
    rm -rf "$folder"
    "$python" -m venv "$folder" && "$folder/bin/python" -m pip install --quiet --disable-pip-version-check "${packages[@]}"
}
if install_packages >"$log" 2>&1; then
    echo "${packages[*]}" >"$stamp"
else
    rm -rf "$folder"
    tail -n 3 "$log" >&2
    echo "clients: schemathesis and the others could not be installed; the tests that run them are skipped" >&2
fi
