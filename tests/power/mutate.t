#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# mutate.t - every sync that is left out is missed by a test; see mutate.py
#
# Each day another tenth of them; SHARE=0/1, as 'make mutate' has it: all.

here=$(cd "$(dirname "$0")" && pwd)
export PYTHONDONTWRITEBYTECODE=1

if [ "$(basename "${BUILD:-build}")" != build ]; then
	echo "1..0 # SKIP mutants are built without sanitizers"
	exit
fi
scratch=$(mktemp -d -p /dev/shm 2>/dev/null || mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT

if ! "$here/mutate.py" list; then
	echo "not ok 1 - every sync has a row in tests/power/mutants"
	echo "1..1"
	exit 1
fi
echo "# every sync has a row in tests/power/mutants"
"$here/mutate.py" "$scratch" "${SHARE:-$(($(date +%s) / 86400 % 10))/10}"
