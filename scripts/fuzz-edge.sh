#!/bin/bash
# fuzz-edge.sh [SECONDS]: lets libFuzzer at the JSON edge (Sources/EdgeFuzz) under AddressSanitizer, from the corpus of
# Tests/FormatsTests/Corpus on. What it learns stays in .build/fuzz/found; an input that ends the process is kept as
# .build/fuzz/crash-…, and the script fails. SwiftPM would build everything with the sanitizers, so swiftc builds the
# two targets here.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-600}
folder=.build/fuzz
mkdir -p "$folder/found"
flags=(
    -O -wmo -parse-as-library -swift-version 6 -package-name guildhall -sanitize=fuzzer,address -I Sources/CZlib
    -enable-upcoming-feature ExistentialAny -enable-upcoming-feature MemberImportVisibility
    -enable-upcoming-feature InternalImportsByDefault
)
swiftc "${flags[@]}" -module-name Formats -emit-module -emit-module-path "$folder/Formats.swiftmodule" \
    -c Sources/Formats/*.swift -o "$folder/Formats.o"
# gold tells of every local symbol of the sanitizer that it leaves out.
swiftc "${flags[@]}" -I "$folder" -module-name EdgeFuzz Sources/EdgeFuzz/*.swift "$folder/Formats.o" -lz \
    -o "$folder/edge" 2> >(grep -v 'Cannot export local symbol' >&2)
# The input says more than a backtrace of the optimised program, and the two handlers of crashes do not get on.
SWIFT_BACKTRACE=enable=no "$folder/edge" -max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -verbosity=0 -artifact_prefix="$folder/" -dict=scripts/fuzz-edge.dict "$folder/found" Tests/FormatsTests/Corpus
