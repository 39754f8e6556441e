#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# strict.t - what was acknowledged survives on a disk that keeps its word only
#
# Every point of a short job, every disk that POSIX allows then; see strict.py.
# EVERY=1 lets processes die before each of their first syncs, not before some.

here=$(cd "$(dirname "$0")" && pwd)
export PYTHONDONTWRITEBYTECODE=1 CHUNKS=4 SAVES=3
begins="3 6" kills="1 3"
[ "${EVERY-}" ] && begins=$(seq 8) kills=$(seq 6)
scratch=$(mktemp -d) || exit 1
shelf=$(mktemp -d -p /dev/shm 2>/dev/null || mktemp -d) || exit 1
trap 'rm -rf "$scratch" "$shelf"' EXIT
n=0

holds() {		# holds WHAT PART...: the promises of such a job
	local what=$1
	shift
	n=$((n + 1))
	mkdir "$scratch/$n" "$shelf/$n"
	if "$here/strict.py" "$scratch/$n" "$shelf/$n" "$@"; then
		echo "ok $n - $what"
	else
		echo "not ok $n - $what"
	fi
	rm -rf "${scratch:?}/$n" "${shelf:?}/$n"
}

holds "attempts begun and ended are known"
holds "chunks that map did are done, and their files are whole" map
holds "chunks that a loop claimed and ended are known" loop
holds "chunks of a program are known, and have their results" api
holds "checkpoints are whole, restored files too, damage is not forgotten" \
	save restore mark
SAVES=2 holds "packed checkpoints are whole, of one rank and of two" pack
for k in $begins; do
	export ROUNDS="begin=$k whole begin=$k end=$(((k - 1) % 4 + 1))"
	holds "also when begin dies before sync $k, and end"
done
export CHUNKS=2 SAVES=1
for k in $kills; do
	export ROUNDS="sync=$k sync=$k sync=$k"
	holds "also when each process dies before sync $k" loop api save map
done
echo "1..$n"
