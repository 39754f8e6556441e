#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# kill_writer.t - what was acknowledged is there, however the writer is killed
#
# A hundred writers, one after the other, are killed at moments that SEED gives.

here=$(cd "$(dirname "$0")" && pwd)
BUILD=${BUILD:-$here/../../build}
. "$here/../cli/runs.bash"

BATS_TEST_TMPDIR=$(mktemp -d) || exit 1
trap 'cd /; rm -rf "$BATS_TEST_TMPDIR"' EXIT
KILLS=${KILLS:-100}
SEED=${SEED:-$$}
RANDOM=$SEED
echo "# SEED=$SEED KILLS=$KILLS"

runs_setup
make_run crash
begin_attempt 1 10
: "${run_dir:?}"
appender=$BUILD/tests/crash/appender

for ((i = 0; i < KILLS; i++)); do
	"$appender" append "$run_dir" 1 >>said 2>>errors &
	pid=$!
	sleep "$(printf 0.%03d $((RANDOM % 40)))"
	kill -KILL $pid
	wait $pid
done 2>/dev/null

"$appender" read "$run_dir" 1 | sort -n >there
sort -n said >relied
echo "# $(wc -l <relied) acknowledged, $(wc -l <there) there," \
     "$(ls "$run_dir/attempts/000001/journal" | wc -l) segments"

check() {	# check N WHAT COMMAND...
	local n=$1 what=$2
	shift 2
	if "$@" >out 2>&1; then
		echo "ok $n - $what"
	else
		echo "not ok $n - $what"
		head -5 out | sed 's/^/# /'
	fi
}
none() {
	[ -z "$(cat)" ]
}

check 1 "no writer failed by itself" none <errors
check 2 "something was acknowledged" test -s relied
check 3 "all that was acknowledged is there" \
	none < <(comm -23 <(sort relied) <(sort there))
check 4 "nothing is there twice, nothing is missing, nothing is damaged" \
	diff there <(seq 0 $(($(wc -l <there) - 1)))
echo "1..4"
