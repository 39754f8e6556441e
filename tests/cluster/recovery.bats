#!/usr/bin/env bats
# From "node declared down" to "job running again", with a survivor and free
# nodes, Slurm's AuthInfo, KillWait and SchedulerParameters at their defaults;
# beside it, in the same cluster, the same job without belay.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154  # $output and $status are bats'
#
# Ten rounds in two kinds: another node than the batch node dies under belay
# map, and the batch node dies while its survivor runs no step.  (When the batch
# node dies and the survivor has a step, slurmstepd there tries for about 20 s
# to reach the srun that died, and Slurm runs no epilog before: that time is
# Slurm's own; it is measured and printed too.)

bats_require_minimum_version 1.5.0
load support

ROUNDS=${ROUNDS:-10}
# on a busy machine srun may be gone before its slurmstepds, and they try then too
WORST=12
[[ ! ${SLOW:-} ]] || WORST=32

setup_file() {
	need_cluster
	cluster_start 12 --cpus 2
	install_recorder
	write_jobs
}
teardown_file() { cluster_stop; }

write_jobs() {
	map_job long 400 1
	cat > "$ALICE/alone.sh" <<-'EOF'
	#!/bin/bash
	#SBATCH --requeue --exclusive --open-mode=append --output=alone.log
	echo "attempt $BELAY_ATTEMPT"
	for i in {1..600}; do sleep 1; done
	EOF
	chmod 755 "$ALICE"/*.sh
}

has_run() { [[ $(job_field "$1" JobState) == RUNNING ]]; }
runs_again() { [[ $(job_field "$1" Restarts) -ge 1 ]] && has_run "$1"; }
is_idle() { [[ $(alice sinfo -h -n "$1" -o %T) == idle ]]; }

declared_down() { log_time "Nodes? $1 not responding, setting DOWN" "$2"; }

# fall JOB VICTIM: take its power, wait until the job runs again; prints seconds
fall() {
	local from down again
	from=$(($(log_lines) + 1))
	"$PS" kill "$D" "$2" power
	until_true 60 declared_down "$2" "$from" > /dev/null || return 1
	until_true 200 runs_again "$1" || return 1
	down=$(declared_down "$2" "$from")
	again=$(started_again "$1" "$(($(down_line "$2" "$from")))") || return 1
	awk "BEGIN { printf \"%.2f\n\", $again - $down }"
}
# the line of the log where the node was declared down
down_line() {
	grep -nE "Nodes? $1 not responding, setting DOWN" "$D/log/slurmctld.log" |
		cut -d: -f1 | awk -v from="$2" '$1 >= from' | head -n 1
}

# one KIND: a whole round; prints seconds
one() {
	local job victim seconds
	case $1 in
	other) job=$(alice sbatch --parsable -N2 --belay=high-availability long.sh) ;;
	*)     job=$(alice sbatch --parsable -N2 --belay=high-availability alone.sh) ;;
	esac
	until_true 30 has_run "$job" >&2 || return 1
	[[ $1 != other ]] || until_true 30 done_at_least "$job" 2 >&2 || return 1
	[[ $1 == other ]] && victim=$(other_node "$job") || victim=$(batch_host "$job")
	seconds=$(fall "$job" "$victim") || { alice scontrol show job "$job" >&2; return 1; }
	alice scancel "$job"
	"$PS" revive "$D" "$victim" >&2
	until_true 60 is_idle "$victim" >&2 || return 1
	echo "$seconds"
}

@test "median under 8 s, worst of $ROUNDS under $WORST s; Slurm alone waits over 100 s" {
	local without victim times=() i kind from down line
	without=$(alice sbatch --parsable -N2 alone.sh)
	until_true 30 has_run "$without"
	victim=$(batch_host "$without") from=$(($(log_lines) + 1))
	"$PS" kill "$D" "$victim" power
	until_true 60 declared_down "$victim" "$from"
	down=$(declared_down "$victim" "$from")

	for ((i = 0; i < ROUNDS; i++)); do
		kind="batch"
		((i % 2)) && kind="other"
		line=$(one "$kind")
		echo "# round $i, $kind node dies: running again $line s after DOWN" >&3
		times+=("$line")
	done
	until_true 220 runs_again "$without"
	without=$(started_again "$without" "$(down_line "$victim" "$from")")
	without=$(awk "BEGIN { printf \"%.1f\", $without - $down }")
	mapfile -t times < <(printf '%s\n' "${times[@]}" | sort -n)
	echo "# with belay: ${times[*]} s; Slurm alone: $without s" >&3
	((${#times[@]} == ROUNDS))
	awk "BEGIN { exit !(${times[(ROUNDS - 1) / 2]} < 8 && ${times[-1]} < $WORST) }"
	awk "BEGIN { exit !($without > 100) }"
}
