#!/bin/bash
# python-packages.sh NAME PACKAGE==VERSION... [--alone PACKAGE==VERSION...]: installs Python packages into .guildhall/NAME, a virtual environment of
# their own, for the tests that hold ours against them. Without a package registry at hand it says so and succeeds: those
# tests are then skipped, the rest run.
set -euo pipefail
cd "$(dirname "$0")/.."
name=$1
shift
folder=.guildhall/$name
packages=()
alone=() # without what they ask for
while (($#)); do
    if [[ $1 == --alone ]]; then
        alone=("${@:2}")
        break
    fi
    packages+=("$1")
    shift
done

stamp="$folder/packages"
asked="${packages[*]}${alone[*]:+ ${alone[*]}}"
if [[ -e $stamp && $(<"$stamp") == "$asked" ]]; then exit 0; fi

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
    local pip=("$folder/bin/python" -m pip install --quiet --disable-pip-version-check)
    "$python" -m venv "$folder" && "${pip[@]}" "${packages[@]}" || return
    ((${#alone[@]} == 0)) || "${pip[@]}" --no-deps "${alone[@]}"
}
if install_packages >"$log" 2>&1; then
    echo "$asked" >"$stamp"
else
    rm -rf "$folder"
    tail -n 3 "$log" >&2
    echo "$name: $asked could not be installed; the tests that ask them are skipped" >&2
fi
