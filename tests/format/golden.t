#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# golden.t - bytes that a released belay wrote are read, and written, for ever
#
# NAME.log is a segment, NAME.txt what it says: to the library, and to a reader
# that was written from doc/FORMAT.md alone.

here=$(cd "$(dirname "$0")" && pwd)
build=${BUILD:-$here/../../build}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
n=0 status=0

check() {	# check WHAT WANTED GOT
	n=$((n + 1))
	if diff -a "$2" "$3" >"$tmp/diff" 2>&1; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		head -5 "$tmp/diff" | sed 's/^/# /'
		status=1
	fi
}

export PYTHONIOENCODING=utf-8
mkdir "$tmp/made"
"$build/tests/format/make_golden" "$tmp/made"
for log in "$here"/*.log; do
	name=$(basename "$log" .log)
	"$build/tests/format/show_journal" "$log" >"$tmp/library"
	python3 "$here/read_journal.py" "$log" >"$tmp/reader"
	check "the library reads $name" "${log%.log}.txt" "$tmp/library"
	check "so does a reader of the document" "${log%.log}.txt" "$tmp/reader"
	check "$name would be written so today" "$log" "$tmp/made/$name.log"
done
check "none is missing" <(cd "$here" && ls ./*.log) <(cd "$tmp/made" && ls ./*.log)
echo "1..$n"
exit $status
