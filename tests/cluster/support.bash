# support.bash - what tests on a private Slurm share; for bats' `load support`
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154

PS="$BATS_TEST_DIRNAME/private-slurm"
BUILD=${BUILD:-$BATS_TEST_DIRNAME/../../build}
D=$BATS_FILE_TMPDIR/c
OPT=/run/bind/build		# BUILD, as the cluster sees it
ALICE=$D/home/alice

need_cluster() {
	[[ $EUID == 0 ]] || skip "needs root, for namespaces"
	PATH=$PATH:/usr/sbin:/sbin command -v slurmctld >/dev/null ||
		skip "Slurm is not installed"
}

version_is() {	# YY.MM: this Slurm, or a newer one
	local version
	version=$(PATH=$PATH:/usr/sbin:/sbin slurmctld -V)
	[[ $(printf '%s\n' "$1" "${version##* }" | sort -V | head -n 1) == "$1" ]]
}
since() { version_is "$1" || skip "not before Slurm $1"; }

# cluster_start NODES [ARG...]: with belay's plugin; arguments as of `up`.
# AGENT=PATH: what stands in the agent's place, as the cluster sees it.
# SLOW=1: the machine has much else to do, so nodes are not given up as soon.
cluster_start() {
	local nodes=$1
	shift
	[[ ! ${SLOW:-} ]] || set -- "$@" SlurmdTimeout=20 MessageTimeout=8
	chmod 755 "${BATS_RUN_TMPDIR:-$BATS_FILE_TMPDIR}" "$BATS_FILE_TMPDIR"
	"$PS" up "$D" --nodes "$nodes" --bind "$BUILD:$OPT" \
		--plugin "$OPT/spank_belay.so agent=${AGENT:-$OPT/belay-agent}" "$@" 3>&-
}

cluster_stop() {
	"$PS" down "$D" --purge 3>&-
}

alice() { "$PS" exec "$D" -u alice -- "$@"; }
belay() { alice "$OPT/belay" "$@"; }
root() { "$PS" exec "$D" -- "$@"; }

# until_true SECONDS CMD...
until_true() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		((SECONDS < end)) || { echo "not within the time: $*"; return 1; }
		sleep 0.3
	done
}

# job_field JOB NAME: of `scontrol show job`
job_field() {
	alice scontrol show job "$1" -o | tr ' ' '\n' | sed -n "s/^$2=//p" | head -n 1
}
job_is() { [[ $(job_field "$1" JobState) == "$2" ]]; }
job_over() { [[ $(job_field "$1" JobState) =~ ^(COMPLETED|FAILED|CANCELLED|NODE_FAIL|TIMEOUT)$ ]]; }
node_down() { alice sinfo -h -n "$1" -o %T | grep -q ^down; }
expand() { alice scontrol show hostnames "$1"; }
batch_host() { job_field "$1" BatchHost; }
# other_node JOB: one that is not the batch host
other_node() { expand "$(job_field "$1" NodeList)" | grep -vx "$(batch_host "$1")" | head -n 1; }

# status JOB PYTHON-EXPRESSION over s, the parsed status --json
status() {
	belay status "$1" --json | python3 -c "import json,sys; s=json.load(sys.stdin); a=s['attempts']; print(($2))"
}
done_at_least() { (($(status "$1" "s['chunks']['done']" 2>/dev/null || echo 0) >= $2)); }
attempts_at_least() { (($(status "$1" "len(a)" 2>/dev/null || echo 0) >= $2)); }

# epoch of the first line of slurmctld.log behind line $2 that matches $1
log_time() {
	local line
	line=$(tail -n "+$2" "$D/log/slurmctld.log" | grep -m1 -E "$1") || return 1
	line=${line#[}
	date -d "${line%%]*}" +%s.%3N
}
log_lines() { wc -l < "$D/log/slurmctld.log"; }

# started_again JOB LINE: epoch of its first start behind that line of the log;
# 26.05 does not say there what backfill starts
started_again() {
	log_time "(Allocate|Started|Start) JobId=$1 " "$2" ||
		date -d "$(job_field "$1" StartTime)" +%s
}

# again_after JOB: seconds from its requeue, when a node of it is declared down,
# to its next start
again_after() {
	local from requeued started
	from=$(grep -nE -m1 "requeue job JobId=$1 due to failure" "$D/log/slurmctld.log" | cut -d: -f1)
	[[ $from ]] || return 1
	requeued=$(log_time "requeue job JobId=$1 " "$from") || return 1
	started=$(started_again "$1" "$from") || return 1
	awk "BEGIN { printf \"%.2f\", $started - $requeued }"
}

no_node_drained() {
	! root sinfo -h -N -o '%N %T %E' | grep -iE 'drain'
}

# The chunk command of the campaign: it notes each of its executions outside of
# belay, by exclusive create, and its result is a pure function of its number.
install_recorder() {
	install -d -o 1501 -g 1501 -m 755 "$ALICE/bin"
	cat > "$ALICE/bin/record" <<-'EOF'
	#!/bin/bash
	# record DIR CHUNK SECONDS [SECONDS-OF-LATER-ATTEMPTS]
	set -C
	i=1
	until { : > "$1/run.$2.${BELAY_ATTEMPT:-0}.$i"; } 2>/dev/null; do i=$((i + 1)); done
	[[ ${BELAY_ATTEMPT:-1} == 1 || ! ${4:-} ]] || set -- "$1" "$2" "$4"
	sleep "$3"
	printf 'chunk %d is %d\n' "$2" $(($2 * $2 + 7)) > "$BELAY_CHUNK_TMP/result.$2"
	EOF
	chmod 755 "$ALICE/bin/record"
}

# map_job NAME CHUNKS SECONDS [SECONDS]: a job script in alice's home that maps
# the recorder, which takes so long in the first attempt, so long in later ones;
# records lie in NAME.rec, results in NAME.out
map_job() {
	cat > "$ALICE/$1.sh" <<-EOF
	#!/bin/bash
	#SBATCH --requeue --exclusive --open-mode=append --output=$1.log
	echo "attempt \$BELAY_ATTEMPT action \$BELAY_ACTION cause \$BELAY_PREVIOUS_CAUSE suspects \$BELAY_SUSPECT_NODES"
	mkdir -p $1.rec $1.out
	exec $OPT/belay map --chunks $2 --into $1.out -- \$HOME/bin/record \$HOME/$1.rec {} $3 ${4:-}
	EOF
	chmod 755 "$ALICE/$1.sh"
}

# proof NAME JOB CHUNKS: nothing that was acknowledged before a cut ran again,
# each chunk ended done exactly once, every result has the right bytes
proof() {
	belay events "$2" --json --all --late > "$ALICE/$1.events" || return 1
	python3 "$BATS_TEST_DIRNAME/proof.py" "$ALICE/$1.events" "$ALICE/$1.rec" "$3" || return 1
	local i
	for ((i = 0; i < $3; i++)); do
		[[ $(< "$ALICE/$1.out/result.$i") == "chunk $i is $((i * i + 7))" ]] ||
			{ echo "result $i is wrong or missing"; return 1; }
	done
}

# ---- scenarios that run side by side ---------------------------------------
# A scenario is a function; all are started by scenarios_start, each test waits
# for its own, sees its output, and then asks what it left behind.

scenarios_start() {
	local name
	for name in "$@"; do
		(
			set -e
			# now, for name is gone when a function has failed
			trap "echo \$? > '$BATS_FILE_TMPDIR/$name.status'" EXIT
			"scenario_$name"
		) > "$BATS_FILE_TMPDIR/$name.log" 2>&1 3>&- &
		echo $! > "$BATS_FILE_TMPDIR/$name.pid"
	done
}

# what a scenario wants its test to know: keep KEY VALUE, kept NAME KEY
keep() { printf '%s\n' "$2" > "$BATS_FILE_TMPDIR/$name.$1"; }
kept() { cat "$BATS_FILE_TMPDIR/$1.$2"; }

scenario_done() {	# NAME [SECONDS]
	[[ -e $BATS_FILE_TMPDIR/$1.pid ]] || skip "not among the SCENARIOS of this run"
	until_true "${2:-240}" test -e "$BATS_FILE_TMPDIR/$1.status" || true
	cat "$BATS_FILE_TMPDIR/$1.log"
	[[ $(cat "$BATS_FILE_TMPDIR/$1.status") == 0 ]]
}

scenarios_stop() {
	local f
	for f in "$BATS_FILE_TMPDIR"/*.pid; do
		[[ -e $f ]] && kill "$(< "$f")" 2>/dev/null
	done
	wait
}
