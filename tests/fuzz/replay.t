#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# replay.t - what the fuzzers found once, and as much again changed at random
#
# CHANGES of each file (SEED); `make fuzz` looks for more.

here=$(cd "$(dirname "$0")" && pwd)
BUILD=${BUILD:-$here/../../build}
CHANGES=${CHANGES:-200}
SEED=${SEED:-$$}
bad=0 n=0

echo "# SEED=$SEED CHANGES=$CHANGES"
for corpus in "$here"/corpus/fuzz_*; do
	name=$(basename "$corpus")
	files=("$corpus"/*)
	result=ok
	if ! "$BUILD/tests/fuzz/$name" "$CHANGES" "$SEED" "${files[@]}"; then
		result='not ok' bad=1
	fi
	echo "$result $((++n)) - $name survives ${#files[@]} files"
done
echo "1..$n"
exit $bad
