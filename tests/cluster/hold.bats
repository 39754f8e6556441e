#!/usr/bin/env bats
# A job that belay holds waits for one release, and then starts.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154  # $output and $status are bats'

bats_require_minimum_version 1.5.0
load support
load failures/jobs

setup_file() {
	need_cluster
	broken_agents_start 4 KillWait=10 SchedulerParameters=sched_interval=5,bf_interval=5
	broken_user dies "end unrecorded"
	write_jobs
	printf 'version: 1\nattempts: {max: 2, backoff: {initial: 0s}}\n' > "$D/twice.yaml"
	printf 'version: 1\nattempts: {max: 1}\n' > "$D/once.yaml"
	script fails_until <<-'EOF'
	echo "start $BELAY_ATTEMPT" >> "notes.$SLURM_JOB_ID"
	[ "$BELAY_ATTEMPT" -ge "$WELL" ] || exit 3
	EOF
	# shellcheck disable=SC2086  # a list
	scenarios_start ${SCENARIOS:-unrecorded soon counted}
}

teardown_file() {
	scenarios_stop
	cluster_stop
}

is_held() { [[ $(job_field "$1" Priority) == 0 ]] && job_is "$1" PENDING; }

# one_release USER: of $job, which is held; "once" if that was enough
one_release() {
	until_true 90 is_held "$job"
	as "$1" scontrol release "$job"
	until_true 90 eval "job_is $job COMPLETED || is_held $job"
	keep how "$(how "$job")"
}

scenario_unrecorded() {
	command -v strace > /dev/null || return 0
	job=$(submit dies fails_until --requeue --export=ALL,WELL=2 -o dies.log --belay=$IN/once.yaml)
	keep job "$job"
	one_release dies
}

@test "an agent dies between the hold and its record: one release is enough" {
	command -v strace > /dev/null || skip "strace is not installed"
	scenario_done unrecorded
	job=$(kept unrecorded job)
	same "how" "$(kept unrecorded how)" "COMPLETED 0:0 1"
	same "starts" "$(notes dies "$job" | paste -sd' ')" "start 1 start 2"
	# it did die: what it held it has not written down (an epilog may have)
	same "journals" "$(find "$D/home/dies/.belay/private/$job/attempts/000001" -name 'end-*.log')" ""
}

scenario_soon() {
	job=$(submit alice fails_until --requeue --export=ALL,WELL=2 -o soon.log --belay=$IN/once.yaml)
	keep job "$job"
	until_true 60 is_held "$job"
	decided=$(record alice "$job" 1 decision decided)
	one_release alice
	keep seconds "$(($(date -d "$(job_field "$job" StartTime)" +%s) - $(date -d "$decided" +%s)))"
}

# Slurm's own delay is 121 s; KillWait is 10, 15 s are for epilogs, and Slurm looks
# for jobs whose time has come every 5 s here.
@test "a job that is released soon after its hold does not wait for Slurm's delay" {
	scenario_done soon
	same "how" "$(kept soon how)" "COMPLETED 0:0 1"
	echo "# started $(kept soon seconds) s after the decision" >&3
	(($(kept soon seconds) < 25 + 30))
}

scenario_counted() {
	job=$(submit alice fails_until --requeue --export=ALL,WELL=9 -o counted.log --belay=$IN/twice.yaml)
	keep job "$job"
	until_true 90 is_held "$job"
	belay why "$job" > "$BATS_FILE_TMPDIR/why.first"
	alice scontrol release "$job"
	until_true 90 attempts_at_least "$job" 4
	until_true 90 is_held "$job"
	belay why "$job" > "$BATS_FILE_TMPDIR/why.second"
	alice scancel "$job"
}

@test "attempts are counted from the release, and that is said" {
	scenario_done counted
	cat "$BATS_FILE_TMPDIR"/why.*
	grep -F "2 of 2 attempts are used up: hold" "$BATS_FILE_TMPDIR/why.first"
	grep -F "2 of 2 attempts are used up, counted since a person let attempt 2 be followed" \
		"$BATS_FILE_TMPDIR/why.second"
	same "attempts" "$(status "$(kept counted job)" "len(a)")" 4
}
