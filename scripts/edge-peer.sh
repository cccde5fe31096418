#!/bin/bash
# FastAPI, uvicorn and asyncpg, which the HTTP API is measured against (scripts/edge_peer.py), in .guildhall/edge-peer.
set -euo pipefail
packages=(
    fastapi==0.165.0 uvicorn==0.54.0 uvloop==0.23.0 httptools==0.9.0 asyncpg==0.32.0 orjson==3.13.0
    fastjsonschema==2.22.3 cryptography==50.0.2
)
exec "$(dirname "$0")/python-packages.sh" edge-peer "${packages[@]}"
