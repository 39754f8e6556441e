#!/usr/bin/env bats
# Ranks on several nodes write one checkpoint, a node dies, others go on.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154  # $output and $status are bats'
#
# Four ranks on two nodes save step after step until the node that is not the
# batch host loses its power.  The next attempt has three ranks, on the nodes that
# are left, and goes on from the newest checkpoint.

bats_require_minimum_version 1.5.0
load support

WORKER=$OPT/tests/crash/rank_worker

setup_file() {
	need_cluster
	cluster_start 3
	cat > "$ALICE/ranks.sh" <<-EOF
	#!/bin/bash
	echo "start \$BELAY_ATTEMPT \$BELAY_ACTION \$BELAY_CHECKPOINT_ID" >> notes
	echo go > go
	ranks=4 steps=100000
	[ "\$BELAY_ATTEMPT" = 1 ] || ranks=3 steps=5
	export WORKER=$WORKER ranks steps
	srun -n \$ranks -N 2 bash -c 'exec "\$WORKER" work "\$SLURM_PROCID" \
		"\$ranks" "\$BELAY_ATTEMPT" "\$steps"' < go >> said || exit
	"\$WORKER" check > checked
	EOF
	chmod 755 "$ALICE/ranks.sh"
}

teardown_file() {
	cluster_stop
}

saved_by() { [ "$(grep -c ^saved "$ALICE/said" 2>/dev/null)" -ge "$1" ]; }

@test "ranks on two nodes: a node dies, and three ranks go on where four were" {
	job=$(alice sbatch --parsable --requeue --open-mode=append -N2 -n4 -o ranks.log --belay=restore ranks.sh)
	until_true 90 saved_by 3 2> /dev/null
	before=$(awk '/^saved/ && $2 > n { n = $2 } END { print n }' "$ALICE/said")
	"$PS" kill "$D" "$(other_node "$job")" power
	until_true 240 job_over "$job"
	cat "$ALICE/notes" "$ALICE/checked" "$ALICE/ranks.log"
	[ "$(job_field "$job" JobState)" = COMPLETED ]
	[ "$(wc -l < "$ALICE/notes")" = 2 ]
	read -r _ _ action offered < <(tail -n 1 "$ALICE/notes")
	[ "$action" = restore ]
	[ "$offered" -ge "$before" ]
	# every one that is kept is whole, of four ranks or of three
	run -1 grep -vE "^good [0-9]+ [0-9]+ (3|4)$" "$ALICE/checked"
	[ "$(grep -c ' 3$' "$ALICE/checked")" -ge 4 ]
	# the first step of the second attempt follows the one that was offered
	last=$(awk 'END { print $3 }' "$ALICE/checked")
	[ "$last" -gt "$offered" ]
}
