#!/bin/bash
# Says what to type when `make test-data` is not told where the data sets are.
if [ -z "${1:-}" ]; then
    echo "Name the folder of the data sets: make test-data DATA=../shared/data" >&2
    exit 1
elif [ ! -d "$1" ]; then
    echo "There is no folder $1: make test-data DATA=../shared/data names the folder of the data sets." >&2
    exit 1
fi
