#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# map.sh BUILD DIR - belay map beside what else starts many processes
#
# Every round runs all of them, one after the other, so that whatever else the
# machine does hurts all alike; printed are medians and how far apart the
# rounds were. A ratio is their time divided by ours.

build=$1 dir=$2
rounds=${ROUNDS:-7} n=${N:-3000} few=300 jobs=2
true=$(type -P true)
export BELAY_ROOT=$dir/root
unset BELAY_RUN_DIR BELAY_ATTEMPT BELAY_UNPROTECTED SLURM_JOB_ID
mkdir -p "$dir/work" && cd "$dir/work" || exit 1

# us_each N COMMAND...: microseconds per chunk
us_each() {
	local n=$1 begin=${EPOCHREALTIME/./}
	shift
	"$@" >/dev/null 2>"$dir/said" || { cat "$dir/said" >&2; exit 1; }
	echo $(((${EPOCHREALTIME/./} - begin) / n))
}

run_map() {
	"$build/belay" map --run "bench-$round" -j$jobs --chunks "$n" -- "$true"
}

run_spawn() {
	"$build/tests/bench/spawn" "$n" $jobs "$true"
}

run_xargs() {
	seq "$n" | xargs -P $jobs -n 1 "$true"
}

run_parallel() {
	seq $few | parallel -j$jobs "$true"
}

rivals="spawn xargs"
type parallel >/dev/null 2>&1 && rivals="$rivals parallel"

for ((round = 1; round <= rounds; round++)); do
	echo "map $(us_each "$n" run_map)"
	for rival in $rivals; do
		of=$n
		[ "$rival" != parallel ] || of=$few
		echo "$rival $(us_each "$of" "run_$rival")"
	done
done >"$dir/times"

# row RIVAL LABEL
row() {
	awk -v rival="$1" -v label="$2" '
	$1 == "map" { ours[++n] = $2 }
	$1 == rival { theirs[n] = $2; ratio[n] = $2 / ours[n] }
	function sort(a, i, j, t) {
		for (i = 2; i <= n; i++)
			for (j = i; j > 1 && a[j] < a[j - 1]; j--) {
				t = a[j]; a[j] = a[j - 1]; a[j - 1] = t
			}
	}
	END {
		sort(ours); sort(theirs); sort(ratio)
		m = int((n + 1) / 2)
		printf "%-44s %8.2f %-8s %-9s %9.2f   x%.2f (%.2f to %.2f)\n",
			label, ours[m], "us each", rival, theirs[m], ratio[m],
			ratio[1], ratio[n]
	}' "$dir/times"
}

row spawn "map of true, -j$jobs, captured, durable"
row xargs "map of true, -j$jobs"
[[ $rivals != *parallel* ]] || row parallel "map of true, -j$jobs"

# The coordinator alone: a hundred workers whose chunks take no time.
crowd() {
	mkdir -p "$dir/bin"
	printf '#!/bin/sh\nwhile [ $# -gt 1 ]; do shift; done\nexec %s "$1"\n' \
		"$build/tests/bench/crowd" >"$dir/bin/srun"
	chmod +x "$dir/bin/srun"
	PATH=$dir/bin:$PATH SLURM_JOB_ID=1 SLURM_JOB_NUM_NODES=100 \
	SLURM_JOB_NODELIST=localhost SLURM_LAUNCH_NODE_IPADDR=127.0.0.1 \
	CROWD=100 python3 - "$build/belay" map -j4 --run crowd \
		--chunks 100000 -- "$true" <<'PY'
import resource, subprocess, sys, time
begin = time.monotonic()
subprocess.run(sys.argv[1:], check=True, stderr=subprocess.DEVNULL)
seconds = time.monotonic() - begin
memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
print('%-44s %8.0f chunks/s, %.0f MB at most in any process' % (
    'map of 100000 with 100 workers', 100000 / seconds, memory))
PY
}
crowd
