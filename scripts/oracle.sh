#!/bin/bash
# Installs scipy and OR-tools into .guildhall/oracle, for the tests and measurements that compare the matching with them.
# Without a package registry at hand it says so and succeeds: those tests are then skipped, the rest run.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=.guildhall/oracle
packages=(numpy==2.4.6 scipy==1.17.1 ortools==9.15.6755)

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
    "$python" -m venv "$folder" && "$folder/bin/python" -m pip install --quiet --disable-pip-version-check \
        --only-binary :all: "${packages[@]}"
}
if install_packages >"$log" 2>&1; then
    echo "${packages[*]}" >"$stamp"
else
    rm -rf "$folder"
    tail -n 3 "$log" >&2
    echo "oracle: scipy and OR-tools could not be installed; the tests that compare with them are skipped" >&2
fi
