#!/bin/bash
# scipy, OR-tools, crowd-kit and krippendorff, which the matching and the consensus are compared with, in
# .guildhall/oracle. Nothing is built from source. Of crowd-kit's dependencies transformers is left out: only what learns
# from texts wants it.
set -euo pipefail
packages=(
    numpy==2.4.6 scipy==1.17.1 ortools==9.15.6755 pandas==3.1.1 pyarrow==26.0.1 scikit-learn==1.9.1 attrs==26.1.0
    nltk==3.10.4 tqdm==4.70.1 krippendorff==0.9.0
)
PIP_ONLY_BINARY=:all: exec "$(dirname "$0")/python-packages.sh" oracle "${packages[@]}" --alone crowd-kit==1.4.2
