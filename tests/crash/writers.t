#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# writers.t - eight writers of a thousand chunks, killed and fenced, leave what
#             a model says; see writers.py
#
# ROUNDS=100 repeats it; SEED=N begins with that one.

here=$(cd "$(dirname "$0")" && pwd)
rounds=${ROUNDS:-4} seed=${SEED:-$RANDOM}
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT

echo "1..$rounds"
for ((n = 1; n <= rounds; n++, seed++)); do
	mkdir "$scratch/$n"
	what="what was promised to many writers holds"
	if "$here/writers.py" "$scratch/$n" "$seed"; then
		echo "ok $n - $what"
	else
		echo "not ok $n - $what"
	fi
	rm -rf "${scratch:?}/$n"
done
