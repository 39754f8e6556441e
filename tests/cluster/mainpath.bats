#!/usr/bin/env bats
# The main path: a job loses its node, is failed, is requeued; and finishes.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154  # $output and $status are bats'

bats_require_minimum_version 1.5.0
load support

setup_file() {
	need_cluster
	cluster_start 20 --cpus 2
	install_recorder
	write_jobs
	# shellcheck disable=SC2086  # a list
	scenarios_start ${SCENARIOS:-other_node batch_node all_nodes by_hand \
		checkpoint alone preset_none preset_standard preset_ha preset_restore}
}

teardown_file() {
	scenarios_stop
	cluster_stop
}

write_jobs() {
	# slow until they have lost their node, for a busy machine may take long
	# to kill it, and map goes on without a node before Slurm gives it up
	map_job other 60 5 0.1
	map_job batch 60 5 0.1
	map_job all 40 4 0.1
	map_job hand 40 2 0.1
	cat > "$ALICE/fail.sh" <<-'EOF'
	#!/bin/bash
	#SBATCH --requeue --exclusive --open-mode=append
	echo "attempt $BELAY_ATTEMPT action $BELAY_ACTION cause $BELAY_PREVIOUS_CAUSE"
	[ "$BELAY_ATTEMPT" -ge 2 ] || exit 3
	EOF
	cat > "$ALICE/ckpt.sh" <<-EOF
	#!/bin/bash
	#SBATCH --requeue --exclusive --open-mode=append --output=ckpt.log
	# counts to 40, saves at each step, and dies for good reason at 15
	mkdir -p work && cd work || exit 1
	i=0
	if [ -n "\$BELAY_CHECKPOINT" ]; then
		$OPT/belay checkpoint restore || exit 1
		i=\$(cat state)
	else
		rm -f state
	fi
	echo "attempt \$BELAY_ATTEMPT action \$BELAY_ACTION starts at \$i from \$BELAY_CHECKPOINT_ID"
	while [ \$i -lt 40 ]; do
		i=\$((i + 1))
		echo \$i > state
		echo \$i >> ../steps
		$OPT/belay checkpoint save state >/dev/null || exit 1
		[ "\$i" != 15 ] || [ "\$BELAY_ATTEMPT" != 1 ] || exit 9
		sleep 0.1
	done
	EOF
	chmod 755 "$ALICE"/*.sh
}

scenario_other_node() {
	job=$(alice sbatch --parsable -N2 --belay=high-availability other.sh)
	keep job "$job"
	until_true 60 done_at_least "$job" 10
	victim=$(other_node "$job")
	keep victim "$victim"
	keep nodes "$(job_field "$job" NodeList)"
	"$PS" kill "$D" "$victim" power
	until_true 120 attempts_at_least "$job" 2
	keep exc "$(job_field "$job" ExcNodeList)"
	until_true 120 job_over "$job"
}

scenario_batch_node() {
	job=$(alice sbatch --parsable -N3 --belay=high-availability batch.sh)
	keep job "$job"
	until_true 60 done_at_least "$job" 10
	victim=$(batch_host "$job")
	keep victim "$victim"
	"$PS" kill "$D" "$victim" power
	until_true 150 attempts_at_least "$job" 2
	keep exc "$(job_field "$job" ExcNodeList)"
	until_true 120 job_over "$job"
}

scenario_all_nodes() {
	job=$(alice sbatch --parsable -N2 --belay=standard all.sh)
	keep job "$job"
	until_true 60 done_at_least "$job" 8
	keep nodes "$(job_field "$job" NodeList)"
	for n in $(expand "$(kept all_nodes nodes)"); do
		"$PS" kill "$D" "$n" power
	done
	until_true 220 attempts_at_least "$job" 2
	until_true 120 job_over "$job"
}

# A job of one node that may not be requeued: nobody is left to record its end.
scenario_alone() {
	job=$(alice sbatch --parsable -N1 --no-requeue --belay --wrap 'sleep 600')
	keep job "$job"
	until_true 60 job_is "$job" RUNNING
	keep before "$(until_true 20 attempts_at_least "$job" 1 && status "$job" "s['state']")"
	"$PS" kill "$D" "$(batch_host "$job")" power
	until_true 120 job_is "$job" NODE_FAIL
}

scenario_by_hand() {
	job=$(alice sbatch --parsable -N1 --belay hand.sh)
	keep job "$job"
	until_true 60 done_at_least "$job" 5
	alice scontrol requeue "$job"
	until_true 120 attempts_at_least "$job" 2
	until_true 120 job_over "$job"
}

scenario_checkpoint() {
	job=$(alice sbatch --parsable -N1 --belay=restore ckpt.sh)
	keep job "$job"
	until_true 150 job_over "$job"
}

fails_under() {		# PRESET
	job=$(alice sbatch --parsable -N1 "--belay=$1" -o "fail-$1.log" fail.sh)
	keep job "$job"
	until_true 150 job_over "$job"
	keep state "$(job_field "$job" JobState)"
}
scenario_preset_none() { fails_under none; }
scenario_preset_standard() { fails_under standard; }
scenario_preset_ha() { fails_under high-availability; }
scenario_preset_restore() { fails_under checkpoint-recovery; }

tell_again() {		# WHAT JOB
	local seconds
	seconds=$(again_after "$2") || return 0		# not a test, a number
	echo "# $1 dead: the job ran again $seconds s after it was declared down" >&3
}

# ---- what must be true -----------------------------------------------------

@test "a script that exits non-zero under preset none stays failed" {
	scenario_done preset_none
	job=$(kept preset_none job)
	[[ $(kept preset_none state) == FAILED ]]
	[[ $(status "$job" "len(a), s['state'], a[0]['cause'], a[0]['action']") == "(1, 'failed', 'failed', 'start')" ]]
}

@test "a script that exits non-zero under standard, high-availability and checkpoint-recovery runs again" {
	local name action
	for name in standard:retry ha:failover restore:restore; do
		action=${name#*:} name=preset_${name%:*}
		scenario_done "$name"
		job=$(kept "$name" job)
		[[ $(kept "$name" state) == COMPLETED ]]
		[[ $(status "$job" "len(a), s['state'], a[0]['cause'], a[0]['suspects'], a[1]['action'], a[1]['cause']") == \
			"(2, 'completed', 'failed', '', '$action', 'completed')" ]]
	done
	grep -q 'attempt 2 action retry cause failed' "$ALICE/fail-standard.log"
}

@test "a node that is not the batch node dies: the job goes on elsewhere" {
	scenario_done other_node
	job=$(kept other_node job) victim=$(kept other_node victim)
	job_is "$job" COMPLETED
	[[ $(status "$job" "len(a), s['state'], a[0]['cause'], a[0]['suspects'], a[1]['action']") == \
		"(2, 'completed', 'node_fail', '$victim', 'failover')" ]]
	[[ $(kept other_node exc) == "$victim" ]]
	[[ $(status "$job" "sum(x['chunks_done'] for x in a), a[0]['chunks_done'] >= 10") == "(60, True)" ]]
	proof other "$job" 60
	tell_again "a node" "$job"
}

@test "the batch node dies: a survivor decides and acts" {
	scenario_done batch_node
	job=$(kept batch_node job) victim=$(kept batch_node victim)
	job_is "$job" COMPLETED
	[[ $(status "$job" "len(a), s['state'], a[0]['cause'], a[0]['suspects'], a[1]['action']") == \
		"(2, 'completed', 'node_fail', '$victim', 'failover')" ]]
	[[ $(kept batch_node exc) == "$victim" ]]
	proof batch "$job" 60
	tell_again "the batch node" "$job"
	belay why "$job" | grep -q "$victim"
}

@test "the job is requeued by hand: nobody is blamed and nothing is done twice" {
	scenario_done by_hand
	job=$(kept by_hand job)
	job_is "$job" COMPLETED
	[[ $(status "$job" "len(a), a[0]['cause'], a[0]['suspects']") == "(2, 'requeued', '')" ]]
	proof hand "$job" 40
}

@test "a checkpointing shell job is restored from its newest checkpoint" {
	scenario_done checkpoint
	job=$(kept checkpoint job)
	job_is "$job" COMPLETED
	grep -q 'attempt 2 action restore starts at 15 from 15' "$ALICE/ckpt.log"
	[[ $(< "$ALICE/work/state") == 40 ]]
	[[ $(sort -n "$ALICE/steps" | uniq -d) == "" ]]	# no step was done twice
	[[ $(status "$job" "s['checkpoints']['newest_good']") == 40 ]]
}

@test "a job that dies with its only node and may not be requeued is not called running" {
	scenario_done alone
	job=$(kept alone job)
	[[ $(kept alone before) == running ]]
	[[ $(status "$job" "len(a), s['state']") == "(1, 'failed')" ]]
	belay why "$job" | grep -q 'left no end; Slurm says that it is over'
}

@test "all nodes die: Slurm requeues, the next begin finds the cause" {
	scenario_done all_nodes 420
	job=$(kept all_nodes job)
	job_is "$job" COMPLETED
	[[ $(status "$job" "len(a), a[0]['cause'], a[0]['suspects'], a[1]['action']") == \
		"(2, 'node_fail', '$(kept all_nodes nodes)', 'retry')" ]]
	proof all "$job" 40
	tell_again "all nodes" "$job"
}

@test "no node was drained by any of this" {
	no_node_drained
}
