#!/usr/bin/env bats
# slurmctld is away, or dies and forgets.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154  # $output and $status are bats'

bats_require_minimum_version 1.5.0
load support
load failures/jobs

setup_file() {
	need_cluster
	# a timeout as clusters have it: libslurm then tries for half a minute
	cluster_start 2 --cpus 8 MessageTimeout=30 SlurmdTimeout=120 \
		SchedulerParameters=sched_interval=5
	write_jobs
	# shellcheck disable=SC2086  # a list
	scenarios_start ${SCENARIOS:-ctl_away ctl_killed}
}

teardown_file() {
	scenarios_stop
	cluster_stop
}

# What slurmctld knew and had not saved is Slurm's to lose: it then starts a job
# twice, or drains its node, with belay or without.  It saves within 5 s of a
# change, but a start by the backfill scheduler is none.
has_saved_since() { [[ $D/ctld/job_state -nt $1 ]]; }

asks_at_the_end() { root pgrep -f 'belay-agent end' > /dev/null; }

scenario_ctl_away() {
	script leaves <<-'EOF'
	echo "start $BELAY_ATTEMPT" >> "notes.$SLURM_JOB_ID"
	[ "$BELAY_ATTEMPT" != 1 ] || until [ -e stopped ]; do sleep 0.1; done
	sleep 1
	echo "end $BELAY_ATTEMPT" >> "notes.$SLURM_JOB_ID"
	[ "$BELAY_ATTEMPT" != 1 ]
	EOF
	job=$(submit alice leaves --requeue --open-mode=append -o away.log --belay)
	keep job "$job"
	until_true 30 began alice "$job" 1
	alice scontrol update "jobid=$job" Comment=changed
	until_true 30 has_saved_since "$D/work/alice/notes.$job"
	"$PS" controller "$D" stop
	touch "$D/work/alice/stopped"
	until_true 60 asks_at_the_end
	sleep 10	# it has asked, and libslurm tries again and again
	"$PS" controller "$D" start
	until_true 240 job_is "$job" COMPLETED
	keep how "$(how "$job")"
}

@test "slurmctld is away when the script ends: acted upon once, when it is back" {
	scenario_done ctl_away 400
	local job
	job=$(kept ctl_away job)
	cat "$D/work/alice/away.log"
	same "the end" "$(kept ctl_away how)" "COMPLETED 0:0 1"
	same "notes" "$(notes alice "$job" | paste -sd' ')" "start 1 end 1 start 2 end 2"
	same "who recorded the end" "$(record alice "$job" 1 end by)" end
	same "who decided" "$(record alice "$job" 1 decision by)" end
}

# After ctl_away, for they share their slurmctld.  If it had not saved the start,
# it aborts the job and starts it once more, with the same count.
scenario_ctl_killed() {
	local with without options
	until_true 400 test -e "$BATS_FILE_TMPDIR/ctl_away.status"
	script well <<-'END'
	echo "start $BELAY_ATTEMPT" >> "notes.$SLURM_JOB_ID"
	sleep 9
	echo "end $BELAY_ATTEMPT" >> "notes.$SLURM_JOB_ID"
	END
	options="--begin=now+7 --requeue"
	with=$(submit alice well $options -o with.log --belay)
	without=$(submit alice well $options -o without.log)
	keep with "$with"
	keep without "$without"
	until_true 60 began alice "$with" 1
	until_true 10 began alice "$without" ""
	"$PS" controller "$D" stop
	sleep 2
	"$PS" controller "$D" start
	until_true 300 job_over "$with"
	until_true 300 job_over "$without"
}

@test "slurmctld is killed right after begin: what Slurm makes of it, and a new attempt" {
	scenario_done ctl_killed 600
	local with without starts
	with=$(kept ctl_killed with) without=$(kept ctl_killed without)
	same "the end" "$(how "$with")" "$(how "$without")"
	same "the end" "$(how "$with")" "COMPLETED 0:0 0"
	starts=$(notes alice "$without" | grep -c start)
	same "notes" "$(notes alice "$with" | paste -sd' ')" \
		"$(for ((i = 1; i <= starts; i++)); do echo "start $i"; done | paste -sd' ') end $starts"
	same "the last end" "$(record alice "$with" "$starts" end cause)" completed
	echo "# started $starts times" >&3
	no_node_drained
}
