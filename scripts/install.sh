#!/bin/bash
# Installs what Guildhall is built from and runs on, on Debian or Ubuntu: only what is missing, and nothing the second
# time. Swift itself is only looked for. No system cluster of PostgreSQL is needed or started; Guildhall makes its own.
set -euo pipefail

oldest_postgres=15

fail() {
    echo "install: $*" >&2
    exit 1
}

# Every test is a look at a file: when all is there, this script takes a few milliseconds.
missing=()
need() { # package, then the files or programs of which one proves it
    local package=$1 proof
    shift
    for proof in "$@"; do
        if [[ $proof == /* ]]; then [[ -e $proof ]] && return; else type -P "$proof" >/dev/null && return; fi
    done
    missing+=("$package")
}

newest_postgres() {
    local program version newest=0
    for program in /usr/lib/postgresql/*/bin/postgres; do
        version=${program#/usr/lib/postgresql/}
        version=${version%%/*}
        [[ -x $program && $version =~ ^[0-9]+$ && $version -gt $newest ]] && newest=$version
    done
    echo "$newest"
}

have_postgres() {
    local program version
    for program in /usr/lib/postgresql/*/bin/postgres; do
        version=${program#/usr/lib/postgresql/}
        version=${version%%/*}
        if [[ -x $program && $version =~ ^[0-9]+$ && $version -ge $oldest_postgres ]]; then return 0; fi
    done
    [[ -n ${GUILDHALL_PG_BIN:-} && -x $GUILDHALL_PG_BIN/postgres ]] || type -P postgres >/dev/null
}

need make make
need git git
need python3 python3
# Only for tests: the schemas of bank files (xmllint), and what ours is compared with (scripts/oracle.sh, banks.sh).
need libxml2-utils xmllint
need python3-venv /usr/lib/python3*/ensurepip /usr/local/lib/python3*/ensurepip
need pkg-config pkg-config pkgconf
need libpq-dev /usr/include/postgresql/libpq-fe.h /usr/include/libpq-fe.h /usr/local/include/libpq-fe.h
need zlib1g-dev /usr/include/zlib.h /usr/local/include/zlib.h
need util-linux setpriv
need tzdata /usr/share/zoneinfo/UTC
need ca-certificates /etc/ssl/certs/ca-certificates.crt
# What Swift's archive needs beside it.
need libc6-dev /usr/include/stdio.h
need g++ /usr/include/c++
need binutils ld
need libcurl4 /usr/lib/*-linux-gnu/libcurl.so.4
need libxml2 /usr/lib/*-linux-gnu/libxml2.so.*
need libsqlite3-0 /usr/lib/*-linux-gnu/libsqlite3.so.0
need libncurses6 /usr/lib/*-linux-gnu/libncurses.so.6 /lib/*-linux-gnu/libncurses.so.6
have_postgres || missing+=(postgresql)

if ((${#missing[@]} > 0)); then
    type -P apt-get >/dev/null || fail "this system has no apt-get; install by hand: ${missing[*]}"
    if [[ $EUID -eq 0 ]]; then
        as_root=(env)
        echo "install: installing ${missing[*]}"
    elif type -P sudo >/dev/null; then
        as_root=(sudo env)
        echo "install: installing ${missing[*]} through sudo"
    else
        fail "these packages are missing, and neither root nor sudo is at hand to install them: ${missing[*]}"
    fi
    # Debian would make and start a system-wide cluster with the server; Guildhall has no use for one.
    if [[ " ${missing[*]} " == *" postgresql "* && ! -e /etc/postgresql-common/createcluster.conf ]]; then
        "${as_root[@]}" mkdir -p /etc/postgresql-common/createcluster.d
        echo "create_main_cluster = false" |
            "${as_root[@]}" tee /etc/postgresql-common/createcluster.d/guildhall.conf >/dev/null
    fi
    quietly=("${as_root[@]}" DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=120)
    log=$(mktemp)
    trap 'rm -f "$log"' EXIT
    install_missing() { "${quietly[@]}" update && "${quietly[@]}" install -y --no-install-recommends "${missing[@]}"; }
    if ! install_missing >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        fail "apt-get could not install ${missing[*]}"
    fi
    if ! have_postgres; then
        fail "the newest PostgreSQL of this system is $(newest_postgres), Guildhall needs $oldest_postgres or newer:" \
            "see https://www.postgresql.org/download/linux/debian/"
    fi
fi

if ! type -P swift >/dev/null; then
    for folder in /opt/swift /usr/local/swift /usr/share/swift "$HOME/swift" "$HOME/.local/share/swiftly"; do
        if [[ -x $folder/usr/bin/swift || -x $folder/bin/swift ]]; then exit 0; fi
    done
    fail "Swift 6.2 or newer is not in PATH or /opt/swift: get it from https://www.swift.org/install/linux/"
fi
