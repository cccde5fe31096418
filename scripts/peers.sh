#!/bin/bash
# oidc-provider-mock (a sign-in provider), standardwebhooks (checks signatures of webhooks) and prometheus-client (parses
# metrics), in .guildhall/peers.
set -euo pipefail
exec "$(dirname "$0")/python-packages.sh" peers oidc-provider-mock==0.3.4 standardwebhooks==1.1.0 prometheus-client==0.26.0
