#!/usr/bin/env bats
# Two jobs that Slurm starts at the same instant, and that want one run.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154  # $output and $status are bats'
#
# All pairs are queued while the partition is down and start when it is up again,
# one job of a pair on each node.  Odd pairs find an attempt of two nodes before
# theirs, for which a begin waits two seconds: both have claimed by then.
# PAIRS says how many.

bats_require_minimum_version 1.5.0
load support

PAIRS=${PAIRS:-10}

setup_file() {
	need_cluster
	cluster_start 2 --cpus 32 KillWait=5
	cat > "$ALICE/waits.sh" <<-'EOF'
	#!/bin/bash
	echo "start $SLURM_JOB_ID $BELAY_ATTEMPT $BELAY_RUN" >> "notes.$NAME"
	until [ -e "go.$NAME" ]; do sleep 0.2; done
	EOF
	chmod 755 "$ALICE/waits.sh"
	go_before
	start_pairs
}

teardown_file() {
	cluster_stop
}

submit() {	# NAME OPTION...
	alice sbatch --parsable --requeue --open-mode=append -n1 -o "out.$1.%j" \
		--export="ALL,NAME=$1" "${@:2}" --belay waits.sh
}

no_job_left() { [[ ! $(alice squeue -h) ]]; }

# an attempt of each odd pair's run, on both nodes
go_before() {
	local i
	for ((i = 1; i < PAIRS; i += 2)); do
		touch "$ALICE/go.before.$i"
		submit "before.$i" -N2 -n2 --belay-run="run.$i" > /dev/null
	done
	until_true 120 no_job_left
}

start_pairs() {
	local i
	root scontrol update partition=main state=down
	for ((i = 0; i < PAIRS; i++)); do
		submit "$i" -w n1 --belay-run="run.$i"
		submit "$i" -w n2 --belay-run="run.$i"
	done | paste -d' ' - - > "$BATS_FILE_TMPDIR/pairs"
	root scontrol update partition=main state=up
}

is_held() { [[ $(job_field "$1" JobState) == PENDING && $(job_field "$1" Priority) == 0 ]]; }

# one works, one is held: sets winner and loser of pair $1
is_settled() {
	winner=$(sed -n 's/^start \([0-9]*\) .*/\1/p' "$ALICE/notes.$1" 2>/dev/null | head -n 1)
	[[ $winner ]] || return
	loser=$(sed -n "$(($1 + 1))p" "$BATS_FILE_TMPDIR/pairs" | tr ' ' '\n' | grep -vx "$winner")
	is_held "$loser"
}

same() {	# WHAT GOT WANTED
	[[ $2 == "$3" ]] || { printf '%s is\n%s\nnot\n%s\n' "$@"; return 1; }
}

voids() { grep -l '"void": true' "$ALICE"/.belay/private/run.*/attempts/*/begin.json | wc -l; }

check_pair() {	# PAIR
	local before="" told
	(($1 % 2 == 0)) || before="1 "
	until_true 180 is_settled "$1"
	same "starts of pair $1" "$(grep -c start "$ALICE/notes.$1")" 1
	told=$(grep -h 'belay: ' "$ALICE/out.$1.$loser" | sed 's/^[^:]*: //')
	same "what the other of pair $1 was told" "$told" \
		"error: belay: this job does not run now: run 'run.$1' is held by job $winner; this job is requeued and held until 'scontrol release $loser'"
	touch "$ALICE/go.$1"
	until_true 60 job_is "$winner" COMPLETED
	same "restarts of pair $1" "$(job_field "$winner" Restarts)" 0
	same "jobs of run.$1 that began after '$before'" \
		"$(status "run.$1" "[x['job'] for x in a if x['begin']][$((${#before} / 2)):]")" "['$winner']"
	alice scancel "$loser"
}

@test "of two jobs started at the same instant one has the run, the other is held for it" {
	local i winner loser
	for ((i = 0; i < PAIRS; i++)); do
		check_pair "$i"
	done
	# the pairs that had to wait have met
	(($(voids) > 0)) || { echo "no two claimed at once"; return 1; }
	no_node_drained
}
