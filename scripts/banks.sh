#!/bin/bash
# Installs achkit and carta-ach (parsers of NACHA files) and mock-bank (a bank that takes pain.001 and answers with
# pain.002 and camt) into .guildhall/banks, for the tests that hold ours against them. Without a package registry at
# hand it says so and succeeds: those tests are then skipped, the rest run.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=.guildhall/banks
packages=(achkit==0.2.0 carta-ach==0.4.5 mock-bank==0.9.0)

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
    echo "banks: achkit, carta-ach and mock-bank could not be installed; the tests that ask them are skipped" >&2
fi
