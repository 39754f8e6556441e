#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# map_race.bats - the same command line of belay map, twice at the same time

# shellcheck disable=SC2154  # stderr and run_dir are set elsewhere
bats_require_minimum_version 1.5.0
load runs

setup() {
	runs_setup
	unset BELAY_UNPROTECTED BELAY_FENCED SLURM_JOB_ID
	command -v strace >/dev/null || skip "strace is not installed"
}

teardown() {
	[ -z "$tracer" ] || kill -KILL "$tracer" 2>/dev/null || true
}

wait_for() {		# wait_for COMMAND...: at most twenty seconds
	for _ in $(seq 200); do
		"$@" && return
		sleep 0.1
	done
	return 1
}

# what strace holds before a system call is seen in a tracing stop each time
is_held() {		# is_held TRACER
	local i pid
	pid=$(pgrep -P "$1") || return
	for i in 1 2 3 4 5 6 7 8; do
		grep -qs '^State:.*tracing stop' "/proc/$pid/status" || return
		sleep 0.05
	done
}

is_gone() { ! [ -e "/proc/$1" ]; }

# typed_twice CALL PATH: the first is held before that system call there until
# the second is done; what it says then is in out
typed_twice() {
	strace -o trace -P "$2" -e "trace=$1" \
		-e "inject=$1:delay_enter=3600s:when=1" \
		"$BELAY" map --run r --chunks 4 -- sh -c 'echo {} >>ran' \
		>out 2>&1 3>&- &
	tracer=$!
	wait_for is_held "$tracer"
	held=$(pgrep -P "$tracer")
	belay map --run r --chunks 4 -- sh -c 'echo {} >>ran'
	kill -KILL "$tracer"	# and so the first goes on
	wait_for is_gone "$held"
	cat out
}

@test "what another recorded between our look and our claim counts" {
	belay map --run r --set first --chunks 1 -- true
	# it has looked, and is held before it claims attempt 2
	typed_twice mkdirat "$BELAY_ROOT/local/r/attempts"
	[ "$(sort ran | tr '\n' ' ')" = "0 1 2 3 " ]
	run -0 belay events r --late --all --json
	[[ $output != *'"late": true'* ]]
	[ "$(belay status r --json | grep -c '"attempt":')" = 3 ]
}

@test "who typed it a moment later goes on, and the one before does nothing" {
	belay map --run r --set first --chunks 1 -- true
	# it has claimed attempt 2, and is held before it publishes its begin
	typed_twice linkat "$BELAY_ROOT/local/r/attempts/000002"
	grep "process [0-9]* of this host works on run 'r'; wait for it or end it" out
	[ "$(sort ran | tr '\n' ' ')" = "0 1 2 3 " ]
	run -0 belay why r
	[[ $output == *"Attempt 2 was claimed and never began."* ]]
	run -0 belay events r
	[[ $output == *"claimed, and never began"* ]]
	[ "$(belay status r --json | grep -c '"cause": "completed"')" = 2 ]
}
