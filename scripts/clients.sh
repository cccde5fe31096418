#!/bin/bash
# openapi-spec-validator and schemathesis, which the HTTP API is held against, and requests, by which the worked
# integration of docs/INTEGRATION.md is run; in .guildhall/clients.
set -euo pipefail
exec "$(dirname "$0")/python-packages.sh" clients openapi-spec-validator==0.9.0 schemathesis==4.32.5 requests==2.34.2
