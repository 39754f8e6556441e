#!/usr/bin/env bats
# Split brain of another kind: slurmctld dies and forgets, or is away when a job
# ends.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154  # $output and $status are bats'
#
#	ROUNDS=20	kill slurmctld as often right after starts (2)

bats_require_minimum_version 1.5.0
load support

ROUNDS=${ROUNDS:-2}
AWAY=${AWAY:-60}	# seconds
CHUNKS=16

setup_file() {
	need_cluster
	chmod 755 "${BATS_RUN_TMPDIR:-$BATS_FILE_TMPDIR}" "$BATS_FILE_TMPDIR"
	mkdir -m 755 "$BATS_FILE_TMPDIR/agent"
	cp "$BATS_TEST_DIRNAME/splitbrain/agent" "$BATS_FILE_TMPDIR/agent"
	start forgets 6 SlurmdTimeout=120
	start away 4
	# shellcheck disable=SC2086  # a list
	scenarios_start ${SCENARIOS:-forgets away}
}

teardown_file() {
	local c
	scenarios_stop
	for c in forgets away; do
		in_cluster $c
		cluster_stop
	done
}

in_cluster() {
	D=$BATS_FILE_TMPDIR/$1 ALICE=$D/home/alice CALLS=$D/calls
}

start() {	# NAME NODES SETTING...
	in_cluster "$1"
	"$PS" up "$D" --nodes "$2" --cpus 2 --bind "$BUILD:$OPT" \
		--bind "$BATS_FILE_TMPDIR/agent" \
		--plugin "$OPT/spank_belay.so agent=/run/bind/agent/agent" \
		SchedulerParameters=sched_interval=5 "${@:3}" 3>&-
	mkdir "$CALLS"
	chmod 777 "$CALLS"
	install_recorder
}

same() {	# WHAT GOT WANTED
	[[ $2 == "$3" ]] || { printf '%s is\n%s\nnot\n%s\n' "$@"; return 1; }
}

how() { echo "$(job_field "$1" JobState) $(job_field "$1" ExitCode) $(job_field "$1" Restarts)"; }

script() {	# NAME: from stdin
	{ printf '#!/bin/bash\n#SBATCH --open-mode=append --output=%%x.log --requeue\n'; cat; } > "$ALICE/$1"
	chmod 755 "$ALICE/$1"
}

# ---- slurmctld forgets a start ----------------------------------------------

# It saves what it knows within 5 s of a change. If it dies before, it takes the
# job for pending when it is back, has the nodes abort what they run of it, and
# starts it once more with the same count: on the same node or another one.

# with belay and without, on one node (pinned) and where Slurm likes (free)
KINDS="with.pinned without.pinned with.free without.free"
nodes_of() {
	case $1 in
	with.pinned) echo n1 ;;
	without.pinned) echo n2 ;;
	with.free) echo n3,n4 ;;
	without.free) echo n5,n6 ;;
	esac
}

submit() {	# KIND ROUND
	local all=n1,n2,n3,n4,n5,n6 mine n name=$1.$2
	mine=$(nodes_of "$1")
	for n in ${mine//,/ }; do all=$(sed "s/\b$n\b,\?//" <<< "$all"); done
	script "$name" <<-EOT
	echo start >> $name.starts
	mkdir -p $name.rec $name.out
	[ "\$BELAY_ATTEMPT" ] || { sleep 9; exit; }
	exec $OPT/belay map --chunks $CHUNKS --into $name.out -- \$HOME/bin/record \$HOME/$name.rec {} 1
	EOT
	alice sbatch --parsable -N1 --exclusive --begin=now+7 -x "${all%,}" \
		$([[ $1 == without* ]] || echo --belay) "$name"
}

# over, or Slurm wants a person
is_settled() { job_over "$1" || [[ $(job_field "$1" JobState) == PENDING && $(job_field "$1" Priority) == 0 ]]; }
is_drained() { root sinfo -h -n "$1" -o %T | grep -q drain; }

# What a person does whose node Slurm has drained and whose job it holds.
put_right() {	# KIND ROUND JOB
	local n
	for n in $(nodes_of "$1" | tr , ' '); do
		is_drained "$n" || continue
		echo "round $2 $1: $(how "$3"), $(job_field "$3" Reason); $n:" \
			"$(root sinfo -h -n "$n" -o %E)" >> "$BATS_FILE_TMPDIR/forgets.drained"
		root scontrol update "nodename=$n" state=resume
		job_over "$3" || alice scontrol release "$3"
	done
}

tell_odd() {	# KIND ROUND JOB: what was said of a job that did not complete
	echo "round $2 $1: $(how "$3")"
	grep -h "JobId=$3 " "$D/log/slurmctld.log" | tail -n 12
	grep -h "JobId=$3\b\|\[$3\.batch\]\|job $3\b" "$D"/log/slurmd.n*.log | grep -v debug2 | tail -n 30
	belay events "$3" 2> /dev/null || true
	cat "$CALLS"/*."$3".* 2> /dev/null || true
}

one_round() {
	local kind job i=$1
	for kind in $KINDS; do
		keep "$kind.$i" "$(submit "$kind" "$i")"
	done
	for kind in $KINDS; do
		until_true 60 test -e "$ALICE/$kind.$i.starts"
	done
	"$PS" controller "$D" stop
	sleep 1
	"$PS" controller "$D" start
	for kind in $KINDS; do
		job=$(kept forgets "$kind.$i")
		until_true 120 is_settled "$job"
		put_right "$kind" "$i" "$job"
		until_true 120 job_over "$job"
		keep "$kind.$i.how" "$(how "$job")"
		job_is "$job" COMPLETED || tell_odd "$kind" "$i" "$job"
	done
}

scenario_forgets() {
	in_cluster forgets
	local i
	for ((i = 0; i < ROUNDS; i++)); do one_round $i; done
}

@test "slurmctld forgets a start: each start is an attempt, and nothing counts twice" {
	scenario_done forgets $((60 + 200 * ROUNDS))
	in_cluster forgets
	local i kind job name starts restarts twice=0
	for ((i = 0; i < ROUNDS; i++)); do
		for kind in $KINDS; do
			name=$kind.$i job=$(kept forgets "$kind.$i")
			starts=$(wc -l < "$ALICE/$name.starts")
			echo "# round $i $kind: $starts starts, $(kept forgets "$name.how")" >&3
			((starts == 1)) || twice=$((twice + 1))
			[[ $kind == with.* ]] || continue
			restarts=$(kept forgets "$name.how" | cut -d' ' -f3)
			cat "$CALLS"/*."$job".* | grep BELAY_SAY || true
			(($(cat "$CALLS"/*."$job".* | grep -c BELAY_SAY) <= restarts))
			same "attempts" "$(status "$job" "[x['attempt'] for x in a if x['begin']]")" \
				"$(seq -s', ' "$starts" | sed 's/.*/[&]/')"
			# Slurm itself fails such a job, with belay or without, that it
			# starts anew in the second in which its node aborted it; end
			# puts that off by 3 s, if it is the faster one
			[[ $(kept forgets "$name.how") != "FAILED 1:0 0" ]] || continue
			same "$name" "$(kept forgets "$name.how" | cut -d' ' -f1,2)" "COMPLETED 0:0"
			proof "$name" "$job" "$CHUNKS"
		done
	done
	echo "# started more than once: $twice of $((4 * ROUNDS))" >&3
	sed 's/^/# drained by Slurm: /' "$BATS_FILE_TMPDIR/forgets.drained" >&3 2> /dev/null || true
}

# ---- slurmctld is away when a job ends ----------------------------------------

has_saved_since() { [[ $D/ctld/job_state -nt $1 ]]; }
# note JOB VERB LINE: does an agent's note hold it?
note() { grep -qs "$3" "$CALLS"/*."$2.$1".*; }

# "ends" has one node; of "dies", which has two, the batch node loses its power
# while its agent waits for slurmctld.
scenario_away() {
	in_cluster away
	local job ends dies victim from
	for job in ends dies; do
		script "$job" <<-EOT
		echo "start \$BELAY_ATTEMPT" >> $job.notes
		[ "\$BELAY_ATTEMPT" != 1 ] || until [ -e gone ]; do sleep 0.2; done
		echo "end \$BELAY_ATTEMPT" >> $job.notes
		[ "\$BELAY_ATTEMPT" != 1 ] || exit 3
		EOT
	done
	ends=$(alice sbatch --parsable -N1 --exclusive --belay=standard ends)
	dies=$(alice sbatch --parsable -N2 --exclusive --belay=standard dies)
	keep ends "$ends"
	keep dies "$dies"
	until_true 60 test -s "$ALICE/ends.notes"
	until_true 60 test -s "$ALICE/dies.notes"
	victim=$(batch_host "$dies")
	keep victim "$victim"
	alice scontrol update "jobid=$ends" Comment=changed
	until_true 30 has_saved_since "$ALICE/dies.notes"
	until_true 30 has_saved_since "$ALICE/ends.notes"
	"$PS" controller "$D" stop
	from=$SECONDS
	touch "$ALICE/gone"
	until_true 60 note "$ends" end BELAY_WAIT
	until_true 60 note "$dies" end BELAY_WAIT
	"$PS" kill "$D" "$victim" power
	while ((SECONDS - from < AWAY)); do sleep 1; done
	keep waits "$(note "$ends" end ^left && echo no || echo yes)"
	"$PS" controller "$D" start
	until_true 90 job_is "$ends" COMPLETED
	until_true 200 job_is "$dies" COMPLETED
	keep how "$(how "$ends") $(how "$dies")"
}

# said JOB: by which agents, and what
said() { grep -hs ^BELAY_SAY "$CALLS"/*."$1".*; }
# record JOB FILE KEY: of attempt 1
record() {
	alice cat ".belay/private/$1/attempts/000001/$2.json" |
		python3 -c "import json, sys; print(json.load(sys.stdin)['$3'])"
}

@test "slurmctld is away for a minute when jobs fail: each is brought back once" {
	scenario_done away 400
	in_cluster away
	local ends dies job
	ends=$(kept away ends) dies=$(kept away dies)
	said "$ends"
	said "$dies"
	same "the agent waits" "$(kept away waits)" yes
	same "the ends" "$(kept away how)" "COMPLETED 0:0 1 COMPLETED 0:0 1"
	for job in ends dies; do
		same "notes" "$(paste -sd' ' "$ALICE/$job.notes")" "start 1 end 1 start 2 end 2"
		same "times acted" "$(said "$(kept away "$job")" | wc -l)" 1
	done
	same "who recorded the end, and why" "$(record "$ends" end by) $(record "$ends" end cause)" "end failed"
	same "who recorded the end, and why" "$(record "$dies" end by) $(record "$dies" end cause)" "after node_fail"
	same "whom it blames" "$(record "$dies" end suspects)" "$(kept away victim)"
	no_node_drained
}
