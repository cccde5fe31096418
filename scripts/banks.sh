#!/bin/bash
# achkit and carta-ach (parsers of NACHA files) and mock-bank (a bank that takes pain.001 and answers with pain.002 and
# camt), in .guildhall/banks.
set -euo pipefail
exec "$(dirname "$0")/python-packages.sh" banks achkit==0.2.0 carta-ach==0.4.5 mock-bank==0.9.0
