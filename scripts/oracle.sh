#!/bin/bash
# Installs scipy, OR-tools, crowd-kit and krippendorff into .guildhall/oracle, for the tests and measurements that compare
# the matching and the consensus with them. Of crowd-kit's dependencies transformers is left out: only what learns from
# texts wants it. Without a package registry at hand it says so and succeeds: those tests are then skipped, the rest run.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=.guildhall/oracle
packages=(
    numpy==2.4.6 scipy==1.17.1 ortools==9.15.6755 pandas==3.1.1 pyarrow==26.0.1 scikit-learn==1.9.1 attrs==26.1.0
    nltk==3.10.4 tqdm==4.70.1 krippendorff==0.9.0
)
alone=(crowd-kit==1.4.2)

stamp="$folder/packages"
if [[ -e $stamp && $(<"$stamp") == "${packages[*]} ${alone[*]}" ]]; then exit 0; fi

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
    local pip=("$folder/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary :all:)
    "$python" -m venv "$folder" && "${pip[@]}" "${packages[@]}" && "${pip[@]}" --no-deps "${alone[@]}"
}
if install_packages >"$log" 2>&1; then
    echo "${packages[*]} ${alone[*]}" >"$stamp"
else
    rm -rf "$folder"
    tail -n 3 "$log" >&2
    echo "oracle: scipy, OR-tools and crowd-kit could not be installed; the tests that compare with them are skipped" >&2
fi
