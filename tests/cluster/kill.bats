#!/usr/bin/env bats
# Coordinator, workers and agents are killed at random moments, again and again,
# while one job works on two nodes: nothing acknowledged is lost.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154  # $output and $status are bats'
#
# Not the agent of a begin: that start runs unprotected, and when it fails nobody
# brings it back (failures_agent.bats).
#
#	KILLS=100 SEED=7 bats tests/cluster/kill.bats

bats_require_minimum_version 1.5.0
load support

KILLS=${KILLS:-8}
SEED=${SEED:-$RANDOM}

setup_file() {
	need_cluster
	cluster_start 3 --cpus 2
	install_recorder
	map_job kill $((40 + 20 * KILLS)) 0.2
	cat > "$ALICE/kill.yaml" <<-'EOF'
	version: 1
	preset: standard
	attempts: {max: 1000, without_progress: 1000, burst: 1000/1h}
	chunks: {max_attempts: 1000}
	EOF
}
teardown_file() { cluster_stop; }

# strike PATTERN: SIGKILL whatever runs of it on any node of the job; fails if
# there was nothing
strike() {
	local node hit=1
	for node in n1 n2 n3; do
		"$PS" exec "$D" -n "$node" -- pkill -KILL -f "$1" && hit=0
	done
	return $hit
}

@test "$KILLS kills at random moments lose nothing" {
	local job chunks=$((40 + 20 * KILLS)) kills=0 i coordinators=0 workers=0 agents=0 what
	echo "# SEED=$SEED" >&3
	RANDOM=$SEED
	job=$(alice sbatch --parsable -N2 --belay=kill.yaml kill.sh)
	until_true 60 done_at_least "$job" 5
	for ((i = 0; kills < KILLS && i < 50 * KILLS; i++)); do
		sleep "0.$((RANDOM % 10))"
		what=$((RANDOM % 20))	# few agents: without one, Slurm waits a minute
		case $what in
		[0-9]) strike "^$OPT/belay map --chunks" && coordinators=$((coordinators + 1)) ;;
		1[0-8]) strike "^$OPT/belay map-worker" && workers=$((workers + 1)) ;;
		*) strike "^$OPT/belay-agent (end|after)" && agents=$((agents + 1)) ;;
		esac && kills=$((kills + 1))
		! job_over "$job" || break
	done
	echo "# killed: $coordinators coordinators, $workers workers, $agents agents" >&3
	until_true $((60 + chunks)) job_over "$job"
	job_is "$job" COMPLETED || { belay why "$job"; tail -n 30 "$ALICE/kill.log"; false; }
	proof kill "$job" "$chunks"
	echo "# $(status "$job" "len(a)") attempts" >&3
	no_node_drained
}
