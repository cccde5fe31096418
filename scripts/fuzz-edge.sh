#!/bin/bash
# fuzz-edge.sh [SECONDS]: lets libFuzzer at the JSON edge (Sources/EdgeFuzz) under AddressSanitizer, from the corpus of
# Tests/FormatsTests/Corpus on; so many seconds after it is built, 600 if left out, it ends. What it learns stays in
# .build/fuzz/found; an input that ends the process is kept as .build/fuzz/crash-…, timeout-…, oom-… or leak-…, and the
# script fails. Nothing is written elsewhere. SwiftPM would build everything with the sanitizers, so swiftc builds
# the two targets here.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
seconds=${1:-600}
# 0 would be for ever to libFuzzer.
if ! [[ $seconds =~ ^[1-9][0-9]{0,6}$ ]]; then
    echo "fuzz-edge.sh takes a whole number of seconds from 1 on, not '$seconds'." >&2
    exit 2
fi
if ! command -v swiftc > /dev/null; then
    echo "There is no swiftc on PATH: \`make fuzz FUZZ_SECONDS=$seconds\` looks for it where it usually is." >&2
    exit 1
fi
folder=.build/fuzz
mkdir -p "$folder/found"
flags=(
    -O -wmo -parse-as-library -swift-version 6 -package-name guildhall -sanitize=fuzzer,address -I Sources/CZlib
    -module-cache-path "$folder/modules"
    -enable-upcoming-feature ExistentialAny -enable-upcoming-feature MemberImportVisibility
    -enable-upcoming-feature InternalImportsByDefault
)
mapfile -t formats < <(find Sources/Formats -name '*.swift' | LC_ALL=C sort)
mapfile -t edge < <(find Sources/EdgeFuzz -name '*.swift' | LC_ALL=C sort)
swiftc "${flags[@]}" -module-name Formats -emit-module -emit-module-path "$folder/Formats.swiftmodule" \
    -c "${formats[@]}" -o "$folder/Formats.o"
# gold tells of every local symbol of the sanitizer that it leaves out.
status=0
swiftc "${flags[@]}" -I "$folder" -module-name EdgeFuzz "${edge[@]}" "$folder/Formats.o" -lz \
    -o "$folder/edge" 2> "$folder/link.log" || status=$?
grep -v 'Cannot export local symbol' "$folder/link.log" >&2 || true
[ "$status" -eq 0 ] || exit "$status"
# The input says more than a backtrace of the optimised program, and the two handlers of crashes do not get on.
# libFuzzer looks at the time between inputs only; what it should have ended itself is ended from outside.
SWIFT_BACKTRACE=enable=no timeout --foreground --kill-after=10 "$((seconds + 60))" "$folder/edge" \
    -max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 -verbosity=0 \
    -artifact_prefix="$folder/" -dict=scripts/fuzz-edge.dict "$folder/found" Tests/FormatsTests/Corpus
