#!/usr/bin/env bats
# What a person says about a job while it waits stays: belay never undoes it.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154  # $output and $status are bats'

bats_require_minimum_version 1.5.0
load support
load failures/jobs

# Longer than any of this takes, for the nodes of a job must complete meanwhile.
KILL_WAIT=120

setup_file() {
	need_cluster
	cluster_start 5 --cpus 8 KillWait=$KILL_WAIT
	write_jobs
	write_falls
	# shellcheck disable=SC2086  # a list
	scenarios_start ${SCENARIOS:-hold cancel cancel_running requeue_hold later}
}

teardown_file() {
	scenarios_stop
	cluster_stop
}

# A job that fails once, and completes for as long as nobody says "go".
write_falls() {
	script falls <<-'EOF'
	echo "start $BELAY_ATTEMPT" >> "notes.$SLURM_JOB_ID"
	if [ "$BELAY_ATTEMPT" = 1 ]; then
		srun --overlap -n1 sh -c '
			trap "" TERM
			echo lingers >> "notes.$SLURM_JOB_ID"
			until [ -e "go.$SLURM_JOB_ID" ]; do sleep 0.2; done' &
		until grep -q lingers "notes.$SLURM_JOB_ID"; do sleep 0.1; done
		code=3
	fi
	echo "end $BELAY_ATTEMPT" >> "notes.$SLURM_JOB_ID"
	exit ${code:-0}
	EOF
}

fallen() {	# the job has failed, was requeued by end, and still completes
	job=$(submit alice falls --requeue --open-mode=append -o "$name.log" --belay)
	keep job "$job"
	until_true 60 noted alice "$job" "end 1"
	until_true 30 is_requeued
	job_is "$job" COMPLETING
}
is_requeued() { [[ $(job_field "$job" Restarts) == 1 ]]; }

no_epilog() { [[ -z $(alice squeue -h -j "$job" -t COMPLETING -o %i) ]]; }
untouched() {	# after the epilog, where nothing more comes from belay
	touch "$D/work/alice/go.$job"
	until_true 90 no_epilog
	sleep 1
	keep how "$(how "$job")"
	keep notes "$(notes alice "$job" | grep -v lingers | paste -sd' ')"
}

scenario_hold() {
	fallen
	alice scontrol hold "$job"
	untouched
	keep priority "$(job_field "$job" Priority)"
	alice scontrol release "$job"
	alice scontrol update "jobid=$job" StartTime=now
	until_true 60 job_is "$job" COMPLETED
}

scenario_cancel() {
	fallen
	alice scancel "$job"
	untouched
}

scenario_cancel_running() {
	job=$(submit alice once --requeue --export=ALL,FIRST=60 -o "$name.log" --belay)
	until_true 30 began alice "$job" 1
	alice scancel "$job"
	untouched
}

scenario_requeue_hold() {
	job=$(submit alice once --requeue --export=ALL,FIRST=60 -o "$name.log" --belay)
	until_true 30 began alice "$job" 1
	alice scontrol requeuehold "$job"
	untouched
	keep priority "$(job_field "$job" Priority)"
	alice scancel "$job"
}

scenario_later() {
	fallen
	alice scontrol update "jobid=$job" StartTime=now+1hour
	untouched
	keep start "$(($(date -d "$(job_field "$job" StartTime)" +%s) - $(date +%s)))"
	alice scancel "$job"
}

@test "a hold while the job waits stays, until it is released" {
	scenario_done hold
	same "meanwhile" "$(kept hold how)" "PENDING 0:0 1"
	same "the priority" "$(kept hold priority)" 0
	same "notes" "$(kept hold notes)" "start 1 end 1"
	same "in the end" "$(notes alice "$(kept hold job)" | grep -v lingers | paste -sd' ')" "start 1 end 1 start 2 end 2"
}

@test "a job that is cancelled while it waits, or runs, stays cancelled" {
	scenario_done cancel
	scenario_done cancel_running
	[[ $(kept cancel how) == "CANCELLED "* ]]
	same "notes" "$(kept cancel notes)" "start 1 end 1"
	same "how" "$(kept cancel_running how)" "CANCELLED 0:15 0"
	same "notes" "$(kept cancel_running notes)" "start 1"
}

@test "a job that its owner requeues held stays held" {
	scenario_done requeue_hold
	same "how" "$(kept requeue_hold how)" "PENDING 0:0 1"
	same "the priority" "$(kept requeue_hold priority)" 0
	same "notes" "$(kept requeue_hold notes)" "start 1"
}

@test "a later StartTime stays" {
	scenario_done later
	same "how" "$(kept later how)" "PENDING 0:0 1"
	(($(kept later start) > 3500))
}

@test "no node was drained by any of this" {
	no_node_drained
}
