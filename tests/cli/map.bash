# SPDX-License-Identifier: Apache-2.0
#
# map.bash - what tests of belay map say: start it, stop it, wait for what it does

load runs

setup() {
	runs_setup
	unset BELAY_UNPROTECTED BELAY_FENCED SLURM_JOB_ID
	mkdir ran
}

script() {		# script NAME: an executable from stdin
	{ echo '#!/bin/sh'; cat; } >"$1"
	chmod +x "$1"
}

journal() {		# journal RUN: its records
	"$BATS_TEST_DIRNAME/../support/journal.py" "$BELAY_ROOT/local/$1"
}

the_run() {
	ls "$BELAY_ROOT/local"
}

map() {
	belay map -j2 "$@"
}

# start ARGUMENT...: in the background, as $pid
start() {
	"$BELAY" map -j2 "$@" &
	pid=$!
}

# ends_with STATUS: what was started
ends_with() {
	local status=0
	wait "$pid" || status=$?
	[ "$status" -eq "$1" ]
}

is_gone() {		# is_gone PID: or at least dead
	! grep -q '^State:[[:space:]]*[^ZX[:space:]]' "/proc/$1/status" 2>/dev/null
}

# wait_for COMMAND...: at most ten seconds
wait_for() {
	for _ in $(seq 200); do
		"$@" && return
		sleep 0.05
	done
	return 1
}
