#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# fuzz.sh SECONDS - feed each decoder with what libFuzzer makes up, so long
#
# Inputs that found something new are kept in build/fuzz/<name>.corpus, those
# that crash in build/fuzz/<name>.crash-*; what tests/fuzz/replay.t is to feed
# again goes to tests/fuzz/corpus/<name>.  FUZZ=NAME chooses one.

set -u
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.." || exit 1
seconds=${1:-60}
out=build/fuzz
mkdir -p $out

flags=(-std=gnu11 -O1 -g -D_GNU_SOURCE -Iinclude -Ilib -I.
       -DBELAY_VERSION='"fuzz"' "-fsanitize=address,undefined"
       -fno-sanitize-recover=all -fsanitize=fuzzer-no-link)
rooms=$(sed '/^#/d; /^--/d; /^slurm/d; s/ .*//' lib/LAYERS)

# What a fuzzer needs that is not in lib/.
declare -A also=([fuzz_wire]="cmd/map/wire.c cmd/map/command.c"
                 [fuzz_words]=cmd/map/items.c [fuzz_reply]=plugin/reply.c)

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

fuzz() {	# fuzz NAME MAX_BYTES
	local name=$1 max=$2
	mkdir -p "$out/$name.corpus"
	# shellcheck disable=SC2086  # a list of words
	clang "${flags[@]}" -fsanitize=fuzzer -o "$out/$name" \
		"tests/fuzz/$name.c" ${also[$name]-} \
		$out/lib.a -lxxhash -lzstd -lm -lyaml -lsodium || return
	echo "fuzz: $name for $seconds s"
	"$out/$name" -max_total_time="$seconds" -max_len="$max" \
		-rss_limit_mb=2048 -timeout=10 -verbosity=0 -print_final_stats=1 \
		-artifact_prefix="$out/$name." \
		"$out/$name.corpus" "tests/fuzz/corpus/$name" \
		>"$out/$name.out" 2>&1 ||
	{
		tail -40 "$out/$name.out"
		return 1
	}
	sed -n 's/^stat::number_of_executed_units: */fuzz: inputs: /p' \
		"$out/$name.out"
}

compile || exit 1
status=0
for source in tests/fuzz/fuzz_${FUZZ:-*}.c; do
	name=$(basename "$source" .c)
	case $name in
	fuzz_journal) max=65536 ;;
	fuzz_policy) max=65537 ;;
	*) max=4096 ;;
	esac
	fuzz "$name" $max || status=1
done
[ $status = 0 ] && echo "fuzz: nothing found"
exit $status
