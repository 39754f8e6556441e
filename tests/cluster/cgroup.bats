#!/usr/bin/env bats
# proctrack/cgroup, as real clusters have it: a signal from Slurm reaches the
# children of slurmstepd and no others.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154  # $output and $status are bats'

bats_require_minimum_version 1.5.0
load support

CGROUPS=/sys/fs/cgroup/freezer

setup_file() {
	need_cluster
	[[ -e $CGROUPS/release_agent && -w $CGROUPS ]] ||
		skip "this machine has no freezer of cgroup v1"
	# nodes are called n1 to nN in every private Slurm, and so are their cgroups,
	# whatever root the Slurm runs in; the directory itself is locked by Slurm
	exec 8< "$CGROUPS/release_agent"
	flock 8
	leftovers > "$BATS_FILE_TMPDIR/before"
	cluster_start 8 --cpus 2 ProctrackType=proctrack/cgroup CgroupPlugin=cgroup/v1 8>&-
	install_recorder
	write_jobs
	scenarios_start other batch signal alone 8>&-
}

teardown_file() {
	scenarios_stop
	cluster_stop
	leftovers | grep -vxFf "$BATS_FILE_TMPDIR/before" | while read -r dir; do
		find "$dir" -depth -type d -exec rmdir {} \;
	done
}

leftovers() { find "$CGROUPS" -maxdepth 1 -name 'slurm_n[0-9]*'; }

write_jobs() {
	map_job other 100 4 0.1
	map_job batch 100 4 0.1
	map_job signal 100 0.5
	map_job alone 100 0.5
	# not a child of slurmstepd, and its shell does not pass anything on
	sed -i 's/^exec \(.*\)/trap : TERM\n\1/; $a echo "map ended with $?"' \
		"$ALICE/signal.sh" "$ALICE/alone.sh"
}

# dies NAME VICTIM: a job of three nodes loses one and ends well
dies() {
	local job victim
	job=$(alice sbatch --parsable -N2 --belay=high-availability "$1.sh")
	keep job "$job"
	until_true 150 done_at_least "$job" 5
	victim=$("$2" "$job")
	keep victim "$victim"
	"$PS" kill "$D" "$victim" power
	until_true 180 attempts_at_least "$job" 2
	until_true 120 job_over "$job"
}
scenario_other() { dies other other_node; }
scenario_batch() { dies batch batch_host; }

# requeued NAME NODES: a person requeues it, which sends SIGTERM
requeued() {
	local job from
	job=$(alice sbatch --parsable "-N$2" --belay "$1.sh")
	keep job "$job"
	until_true 150 done_at_least "$job" 5
	from=$SECONDS
	alice scontrol requeue "$job"
	until_true 180 attempts_at_least "$job" 2
	keep seconds $((SECONDS - from))
	until_true 120 job_over "$job"
}
scenario_signal() { requeued signal 2; }
scenario_alone() { requeued alone 1; }

@test "the containers are cgroups" {
	scenario_done other
	grep -q 'proctrack/cgroup' "$D/etc/slurm.conf"
	[ -n "$(leftovers)" ]
}

@test "another node than the batch node dies" {
	scenario_done other
	job=$(kept other job)
	job_is "$job" COMPLETED
	[[ $(status "$job" "len(a), a[0]['cause'], a[0]['suspects']") == \
		"(2, 'node_fail', '$(kept other victim)')" ]]
	proof other "$job" 100
}

@test "the batch node dies" {
	scenario_done batch
	job=$(kept batch job)
	job_is "$job" COMPLETED
	[[ $(status "$job" "len(a), a[0]['cause'], a[0]['suspects']") == \
		"(2, 'node_fail', '$(kept batch victim)')" ]]
	proof batch "$job" 100
}

@test "a map that no signal of Slurm's reaches learns of it from its workers" {
	scenario_done signal
	job=$(kept signal job)
	cat "$ALICE/signal.log"
	grep -q 'stopped by signal 15' "$ALICE/signal.log"
	[[ $(status "$job" "len(a), a[0]['cause']") == "(2, 'requeued')" ]]
	(($(kept signal seconds) < 30))		# KillWait was not needed
	proof signal "$job" 100
}

# Nobody tells it: it is killed after KillWait, and loses only what ran.
@test "a map of one node that no signal reaches is killed, and nothing is lost" {
	scenario_done alone
	job=$(kept alone job)
	[[ $(status "$job" "a[0]['cause']") == requeued ]]
	# or this is not the test that it says it is
	run ! grep -q 'stopped by signal' "$ALICE/alone.log"
	proof alone "$job" 100
}

@test "no node was drained by any of this" {
	no_node_drained
}
