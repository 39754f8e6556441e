#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# fuzz.sh SECONDS - feed each decoder with what libFuzzer makes up, so long
#
# Inputs that found something new are kept in build/fuzz/<name>.corpus, those
# that crash in build/fuzz/<name>.crash-*.

set -u
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.." || exit 1
seconds=${1:-60}
out=build/fuzz
mkdir -p $out

flags=(-std=gnu11 -O1 -g -D_GNU_SOURCE -Iinclude -Ilib -I.
       -DBELAY_VERSION='"fuzz"' "-fsanitize=address,undefined"
       -fno-sanitize-recover=all -fsanitize=fuzzer-no-link)
rooms=$(sed '/^#/d; /^--/,$d; s/ .*//' lib/LAYERS)

# What a fuzzer needs that is not in lib/.
declare -A also=([fuzz_wire]="cmd/map/wire.c cmd/map/command.c")

compile() {
	for room in $rooms; do
		for source in lib/"$room"/*.c; do
			clang "${flags[@]}" -c "$source" \
				-o "$out/$(echo "$source" | tr / .).o" || return
		done
	done
	rm -f $out/lib.a
	ar rcs $out/lib.a $out/lib.*.o
}

fuzz() {	# fuzz NAME MAX_BYTES SEED...
	local name=$1 max=$2
	shift 2
	mkdir -p "$out/$name.corpus" "$out/$name.seeds"
	[ $# = 0 ] || cp "$@" "$out/$name.seeds"
	# shellcheck disable=SC2086  # a list of words
	clang "${flags[@]}" -fsanitize=fuzzer -o "$out/$name" \
		"tests/fuzz/$name.c" ${also[$name]-} \
		$out/lib.a -lxxhash -lm || return
	echo "fuzz: $name for $seconds s"
	"$out/$name" -max_total_time="$seconds" -max_len="$max" \
		-rss_limit_mb=2048 -timeout=10 -verbosity=0 -print_final_stats=1 \
		-artifact_prefix="$out/$name." \
		"$out/$name.corpus" "$out/$name.seeds" >"$out/$name.out" 2>&1 ||
	{
		tail -40 "$out/$name.out"
		return 1
	}
	sed -n 's/^stat::number_of_executed_units: */fuzz: inputs: /p' \
		"$out/$name.out"
}

# The first byte of a journal's input says how it is read.
seed_journals() {
	local log
	mkdir -p $out/logs
	for log in tests/format/*.log; do
		{ printf '\001'; cat "$log"; } >"$out/logs/$(basename "$log")"
	done
}

compile || exit 1
seed_journals
status=0
fuzz fuzz_journal 65536 $out/logs/*.log || status=1
fuzz fuzz_json 4096 || status=1
fuzz fuzz_snapshot 4096 || status=1
fuzz fuzz_wire 4096 || status=1
[ $status = 0 ] && echo "fuzz: nothing found"
exit $status
