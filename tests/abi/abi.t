#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# abi.t - a program that was compiled once goes on to run
#
# What programs have compiled in, names, sizes, places and numbers, is in
# `recorded`: a line of it may never change or go.  RECORD=1 adds what is new.

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
build=$(cd "${BUILD:-$top/build}" && pwd)
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
header=$top/include/belay/belay.h
n=0 status=0
export LC_ALL=C PYTHONDONTWRITEBYTECODE=1

none() {	# none WHAT LINES: there are no such lines
	n=$((n + 1))
	if [ -z "$2" ]; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		head -5 <<<"$2" | sed 's/^/# /'
		status=1
	fi
}

"$here/layout.py" "$header" calls >"$tmp/declared"
nm -D --defined-only --format=posix "$build/libbelay.so" |
	awk '$2 ~ /[A-Z]/ && $2 != "A" { sub(/@.*/, "", $1); print $1 }' |
	sort >"$tmp/exported"
none "the library shows what the header declares, and nothing else" \
	"$(diff "$tmp/declared" "$tmp/exported")"
none "each name has its version" "$(nm -D --defined-only "$build/libbelay.so" |
	awk '$3 ~ /^belay_/ && $3 !~ /@@BELAY_0$/')"

"$here/layout.py" "$header" >"$tmp/layout.c"
flags="-I$top/include -Wall -Wextra -Werror -pedantic"
# shellcheck disable=SC2086  # several words
none "it compiles as C11, strictly" \
	"$(cc -std=c11 $flags -o "$tmp/c" "$tmp/layout.c" 2>&1)"
# shellcheck disable=SC2086
none "and as C++11" \
	"$(c++ -x c++ -std=c++11 $flags -o "$tmp/c++" "$tmp/layout.c" 2>&1)"
none "both see the same" "$(diff <("$tmp/c") <("$tmp/c++"))"
{
	cat "$tmp/declared"
	"$tmp/c"
} | sort >"$tmp/now"
if [ "${RECORD-}" ]; then cp "$tmp/now" "$here/recorded"; fi
none "nothing that was recorded has changed" \
	"$(comm -13 "$tmp/now" <(sort "$here/recorded"))"
comm -23 "$tmp/now" <(sort "$here/recorded") | sed 's/^/# new: /'
echo "1..$n"
exit $status
