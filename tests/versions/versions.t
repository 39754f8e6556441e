#!/usr/bin/env bash
# versions.t: belay on the Slurm of other releases of Debian
# SPDX-License-Identifier: Apache-2.0
#
# VERSIONS="bookworm trixie forky" are the suites, and everything is run in them. Without it, as in `make check`, one
# suite that is not this machine's is taken, and of everything what takes a few minutes. A suite that cannot be had,
# for want of root, of debootstrap or of a mirror, is skipped with that reason.
set -uo pipefail
suite=${0%/*}/suite

chosen() {
    local here s
    # shellcheck disable=SC1091  # the machine's
    here=$(. /etc/os-release 2>/dev/null && echo "${VERSION_CODENAME:-}")
    for s in trixie bookworm; do
        [[ $s == "$here" ]] || { echo "$s"; return; }
    done
}

if [[ ${VERSIONS:-} ]]; then what=all; else what=quick VERSIONS=$(chosen); fi
n=0

relay() {  # SUITE: number its lines, and say whose they are
    local line
    while IFS= read -r line; do
        case $line in
        'ok '* | 'not ok '*) n=$((n + 1)); printf '%s\n' "${line/ok/ok $n $1:}" ;;
        *) printf '%s\n' "$line" ;;
        esac
    done
}

for s in $VERSIONS; do
    log=$(mktemp) || exit 1
    why=$("$suite" make "$s" 2>&1 > "$log")
    status=$?
    case $status in
    0) ;;
    77) n=$((n + 1)); echo "ok $n $s # SKIP ${why//$'\n'/ }"; rm -f "$log"; continue ;;
    *) n=$((n + 1)); echo "not ok $n $s: ${why//$'\n'/ }"; rm -f "$log"; continue ;;
    esac
    # lastpipe is off: the count must not be lost in a subshell
    relay "$s" < <("$suite" run "$s" tests/versions/inside "$what" 2> "$log"; echo $? > "$log.status")
    [[ $(< "$log.status") == 0 ]] || {
        n=$((n + 1))
        echo "not ok $n $s: ended with $(< "$log.status")"
        sed 's/^/# /' "$log"
    }
    rm -f "$log" "$log.status"
done
echo "1..$n"
