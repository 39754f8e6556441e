#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# kill_map.t - belay map is killed with SIGKILL again and again, and resumed
#
# What it printed was acknowledged: no later session may run that again.  Each
# execution leaves a file of its own, made exclusively, named by session and
# chunk.  KILLS=100 kills more often, CHUNKS=1000 is the size of the set.

here=$(cd "$(dirname "$0")" && pwd)
belay=${BUILD:-$here/../../build}/belay
kills=${KILLS:-30} chunks=${CHUNKS:-1000}
dir=$(mktemp -d "${TMPDIR:-/tmp}/belay-kill-XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
mkdir executed acknowledged
export BELAY_ROOT=$dir/root
unset BELAY_RUN_DIR BELAY_ATTEMPT BELAY_UNPROTECTED SLURM_JOB_ID

cat >chunk <<'EOF'
#!/bin/sh
set -C
: >"executed/$SESSION.$1" || exit 1
echo "$1"
echo "$1" >"$BELAY_CHUNK_TMP/result.$1"
EOF
chmod +x chunk
mkdir results

session() {		# session NUMBER: start one in the background
	: >"acknowledged/$1"
	SESSION=$1 "$belay" map --run killed -j2 --chunks "$chunks" \
		--into results -- ./chunk >"acknowledged/$1" 2>"said.$1" &
	pid=$!
}

failures=0
check() {		# check NUMBER NAME COMMAND...
	local number=$1 name=$2
	shift 2
	if "$@"; then
		echo "ok $number - $name"
	else
		echo "not ok $number - $name"
		failures=$((failures + 1))
	fi
}

started=0
for ((i = 1; i <= kills; i++)); do
	session "$i"
	# after some were acknowledged, at any moment between two of them
	enough=$((RANDOM % 25))
	while kill -0 $pid 2>/dev/null &&
	      [ "$(wc -l <"acknowledged/$i")" -lt $enough ]; do sleep 0.01; done
	sleep "$(printf '0.%03d' $((RANDOM % 50)))"
	kill -KILL $pid 2>/dev/null && started=$((started + 1))
	wait $pid 2>/dev/null
done
early=$(cat acknowledged/* | wc -l)
echo "# $started sessions killed, $early chunks acknowledged by them"
sleep 0.3		# orphans of the last one
session last
wait $pid
last=$?

ran_again() {		# chunks acknowledged by a session and run by a later
	for ((i = 1; i <= kills; i++)); do
		for ((k = i + 1; k <= kills; k++)); do
			sed "s/^/executed\\/$k./" "acknowledged/$i"
		done
		sed "s/^/executed\\/last./" "acknowledged/$i"
	done | while read -r file; do
		[ -e "$file" ] && echo "# $file"
	done
}

nothing_ran_again() {
	ran_again >again
	cat again
	[ ! -s again ]
}

each_done_once() {
	"$here/../support/journal.py" root/local/killed |
		awk '$4 == "done" { print $5 }' | sort -n | uniq -c |
		awk '$1 == 1' | wc -l >once
	[ "$(cat once)" -eq "$chunks" ]
}

each_executed() {
	find executed -type f | sed 's/.*\.//' | sort -n | uniq | wc -l >ran
	[ "$(cat ran)" -eq "$chunks" ]
}

all_acknowledged_are_done() {
	cat acknowledged/* | sort -n >all
	[ -z "$(uniq -d all)" ] && [ "$(wc -l <all)" -le "$chunks" ]
}

results_are_whole() {
	[ "$(find results -name 'result.*' -size +0 | wc -l)" -eq "$chunks" ]
}

nothing_is_left() {
	[ -z "$(find results -mindepth 1 ! -name 'result.*')" ]
}

echo 1..8
check 1 "the last session finishes" [ "$last" -eq 0 ]
check 2 "the killed sessions did much of it" [ "$early" -gt $((chunks / 10)) ]
check 3 "nothing acknowledged runs again" nothing_ran_again
check 4 "nothing is acknowledged twice" all_acknowledged_are_done
check 5 "each chunk is recorded as done exactly once" each_done_once
check 6 "each chunk was executed" each_executed
check 7 "every result is in place and whole" results_are_whole
check 8 "no temporary directory is left" nothing_is_left
exit $((failures > 0))
