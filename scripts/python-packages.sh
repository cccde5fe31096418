#!/bin/bash
# python-packages.sh NAME PACKAGE==VERSION...: installs Python packages into .guildhall/NAME, a virtual environment of
# their own, for the tests that hold ours against them. Without a package registry at hand it says so and succeeds: those
# tests are then skipped, the rest run.
set -euo pipefail
cd "$(dirname "$0")/.."
name=$1
shift
folder=.guildhall/$name
packages=("$@")

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
    echo "$name: ${packages[*]} could not be installed; the tests that ask them are skipped" >&2
fi
