#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# bench.sh - how belay does beside others, in the same run on the same disk
#
# A row: what, our cost, the unit, who is beside us, their cost, and how many
# times ours theirs is: the median over rounds that alternate, and its spread.
# The rows of checkpoints are also written, a line of JSON each, to the end of
# the file BENCH_JSON.  BENCH_DIR=DIR (made) says which disk; a directory in memory proves nothing.

here=$(cd "$(dirname "$0")" && pwd)
build=${BUILD:-$here/../../build}
base=${BENCH_DIR:-${TMPDIR:-/tmp}}
mkdir -p "$base" || exit 1
dir=$(mktemp -d "$base/belay-bench-XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT

"$here/../../contrib/deps.sh" bench ||
	echo "bench: rows beside what is missing are left out" >&2
echo "$(nproc) processors, $(stat -f -c %T "$dir"), $(date -u +%Y-%m-%d)"
status=0
if [ -x "$build/tests/bench/record" ]; then
	mkdir "$dir/record"
	"$build/tests/bench/record" "$dir/record" || status=1
fi
if [ -x "$build/tests/bench/api" ]; then
	mkdir "$dir/api" "$dir/many"
	"$build/tests/bench/api" "$dir/api" || status=1
	"$build/tests/bench/api" memory "$dir/many" || status=1
	rm -rf "$dir/api" "$dir/many"
fi
if [ -x "$build/tests/bench/pack" ]; then
	mkdir "$dir/pack"
	"$build/tests/bench/pack" "$dir/pack" || status=1
	rm -rf "$dir/pack"
fi
"$here/map.sh" "$build" "$dir/map" || status=1
"$here/cluster.sh" "$build" "$dir/cluster" || status=1
exit $status
