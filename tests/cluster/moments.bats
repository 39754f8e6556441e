#!/usr/bin/env bats
# The moments of a job whose script asks for them itself, without the plugin.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154  # $output and $status are bats'

bats_require_minimum_version 1.5.0
load support

setup_file() {
	need_cluster
	chmod 755 "${BATS_RUN_TMPDIR:-$BATS_FILE_TMPDIR}" "$BATS_FILE_TMPDIR"
	# there is no epilog of ours to make it faster
	"$PS" up "$D" --nodes 7 --bind "$BUILD:$OPT" KillWait=5 \
		SchedulerParameters=bf_interval=5,sched_interval=5 3>&-
	write_works
	# shellcheck disable=SC2086  # a list
	scenarios_start ${SCENARIOS:-fails dies held again away looked_at}
}

teardown_file() {
	scenarios_stop
	cluster_stop
}

# work NAME: what the job of that name does, from stdin
work() {
	cat > "$ALICE/$1.sh" <<-EOF
	#!/bin/bash
	eval "\$($OPT/belay begin --policy="\${POLICY:-standard}")"
	env | grep ^BELAY_ | grep -v HINT | sort > "env.\$SLURM_JOB_ID.\$BELAY_ATTEMPT"
	hostname > "host.\$SLURM_JOB_ID.\$BELAY_ATTEMPT"
	(
	$(cat)
	)
	$OPT/belay end \$?
	EOF
	chmod 755 "$ALICE/$1.sh"
}

write_works() {
	work fails <<< '[[ $BELAY_ATTEMPT == 2 ]]'
	work dies <<< '[[ $BELAY_ATTEMPT == 2 ]] || sleep 300'
	work held <<< '[[ $BELAY_ATTEMPT == 2 ]]'
	work well <<< 'exit 0'
	work away <<< '[[ $BELAY_ATTEMPT == 2 ]] || { until [[ -e stopped ]]; do sleep 0.2; done; exit 1; }'
	work sleeps <<< 'sleep 600'
	printf 'version: 1\nattempts: {max: 1}\n' > "$ALICE/once.yaml"
}

submit() {	# NAME OPTION...
	alice sbatch --parsable --exclusive -o out.%j --open-mode=append "${@:2}" "$1.sh"
}

has_begun() { [[ -s $ALICE/host.$1.$2 ]]; }
given() { grep -xF -- "$3" "$ALICE/env.$1.$2"; }
record() { cat "$ALICE/.belay/private/$1/attempts/$2/$3.json"; }

scenario_fails() {
	job=$(submit fails)
	keep job "$job"
	until_true 120 job_is "$job" COMPLETED
}

@test "a script that fails is run again" {
	scenario_done fails
	job=$(kept fails job)
	given "$job" 1 BELAY_ACTION=start
	given "$job" 2 BELAY_ACTION=retry
	given "$job" 2 BELAY_PREVIOUS_CAUSE=failed
	[[ $(record "$job" 000001 decision) == *'"action": "retry"'* ]]
	[[ $(record "$job" 000002 end) == *'"cause": "completed"'* ]]
	grep -F 'belay: attempt 1: failed; retry' "$ALICE/out.$job"
}

scenario_dies() {
	job=$(submit dies --export=ALL,POLICY=failover)
	keep job "$job"
	until_true 60 has_begun "$job" 1
	node=$(< "$ALICE/host.$job.1")
	keep node "$node"
	"$PS" kill "$D" "$node" power
	until_true 60 job_is "$job" PENDING
	alice scontrol update "jobid=$job" StartTime=now
	until_true 90 job_is "$job" COMPLETED
}

@test "a node that dies in silence is found out by the next begin, and left out" {
	scenario_done dies
	job=$(kept dies job)
	given "$job" 2 BELAY_ACTION=failover
	given "$job" 2 BELAY_PREVIOUS_CAUSE=node_fail
	given "$job" 2 "BELAY_SUSPECT_NODES=$(kept dies node)"
}

is_held() { [[ $(job_field "$1" Priority) == 0 ]] && job_is "$1" PENDING; }

scenario_held() {
	job=$(submit held --export=ALL,POLICY=once.yaml)
	keep job "$job"
	until_true 60 is_held "$job"
	alice scontrol release "$job"
	until_true 120 job_is "$job" COMPLETED
}

@test "a script that may not be followed by another is held" {
	scenario_done held
	job=$(kept held job)
	[[ $(record "$job" 000001 decision) == *'"action": "hold"'* ]]
	given "$job" 2 BELAY_ACTION=retry
}

scenario_again() {
	job=$(submit well)
	keep job "$job"
	until_true 60 job_is "$job" COMPLETED
}

@test "a job id that Slurm gives again is another run" {
	scenario_done again
	job=$(kept again job)
	run -0 alice env SLURM_JOB_ID="$job" SLURM_CLUSTER_NAME=private "$OPT/belay" begin
	[[ $output == *"BELAY_RUN='$job.2'"* ]]
}

scenario_looked_at() {
	job=$(submit sleeps)
	keep job "$job"
	until_true 60 has_begun "$job" 1
}

@test "look says what Slurm says" {
	scenario_done looked_at
	job=$(kept looked_at job)
	run -0 alice "$OPT/belay-agent" look "$job"
	[[ $output == *'"state": "RUNNING"'* && $output == *"\"job\": \"$job\""* ]]
	alice scancel "$job"
	run -0 alice "$OPT/belay-agent" look 999999	# an answer, too
	[[ $output == *'"cluster": "'*'"state": null'* && $output != *'"job"'* ]]
	run -2 alice "$OPT/belay-agent" look x
}

# After all others, for they need slurmctld.
others_are_done() {
	local name
	for name in fails dies held again looked_at; do
		[[ -e $BATS_FILE_TMPDIR/$name.status ]] || return 1
	done
}

# slurmctld saves within 5 s of a change, but a start by the backfill scheduler
# is none.
has_saved_since() { [[ $D/ctld/job_state -nt $1 ]]; }

scenario_away() {
	[[ ${SCENARIOS:-} ]] || until_true 300 others_are_done
	job=$(submit away)
	keep job "$job"
	until_true 60 has_begun "$job" 1
	alice scontrol update "jobid=$job" Comment=changed
	until_true 30 has_saved_since "$ALICE/host.$job.1"
	"$PS" controller "$D" stop
	touch "$ALICE/stopped"
	until_true 60 asks_at_the_end
	sleep 3
	"$PS" controller "$D" start
	until_true 200 job_is "$job" COMPLETED
}
asks_at_the_end() { root pgrep -f 'belay-agent end|belay end' > /dev/null; }

@test "slurmctld that is away is waited for" {
	scenario_done away 600
	[[ $(record "$(kept away job)" 000001 end) == *'"by": "end"'* ]]
}
