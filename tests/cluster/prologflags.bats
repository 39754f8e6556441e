#!/usr/bin/env bats
# The ways of slurm.conf and sbatch that change what a plugin is told, with the
# real agent: PrologFlags, --export.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154  # $output and $status are bats'

bats_require_minimum_version 1.5.0
load support

teardown() {
	"$PS" down "$D" --purge 3>&-
}

# one NODES KEY=VALUE...: a cluster of this test's own, with a job to fail once
one() {
	need_cluster
	cluster_start "$@"
	cat > "$ALICE/fail.sh" <<-'EOF'
	#!/bin/bash
	#SBATCH --requeue --open-mode=append
	echo "attempt $BELAY_ATTEMPT cause $BELAY_PREVIOUS_CAUSE word ${WORD:-none} other ${OTHER:-none}"
	[ "$BELAY_ATTEMPT" -ge 2 ] || exit 3
	EOF
	chmod 755 "$ALICE/fail.sh"
}

fails_once() {	# LOG OPTION...: and is done the second time
	local job
	job=$(alice sbatch --parsable -o "$@" fail.sh)
	until_true 150 job_over "$job"
	cat "$ALICE/$1"
	job_is "$job" COMPLETED
	grep -q 'attempt 1 cause' "$ALICE/$1"
	grep -q 'attempt 2 cause failed' "$ALICE/$1"
}

# loses_batch_node SECONDS: a job of two nodes loses that of its script and runs
# again; $again is how long after its node was declared down, in whole seconds
loses_batch_node() {
	local job victim
	printf '#!/bin/bash\nwhile :; do sleep 0.5; done\n' > "$ALICE/long.sh"
	job=$(alice sbatch --parsable -N2 --exclusive --requeue --belay=failover long.sh)
	until_true 60 attempts_at_least "$job" 1
	victim=$(batch_host "$job")
	"$PS" kill "$D" "$victim" power
	until_true "$1" attempts_at_least "$job" 2
	until_true 30 job_is "$job" RUNNING
	[[ $(status "$job" "a[0]['cause'], a[0]['suspects']") == "('node_fail', '$victim')" ]]
	[[ $(batch_host "$job") != "$victim" ]]
	again=$(again_after "$job")
	echo "# $BATS_TEST_DESCRIPTION: running again after $again s" >&3
	again=${again%.*}
	alice scancel "$job"
}

@test "PrologFlags=Contain: a job fails once, another loses its batch node" {
	one 4 PrologFlags=Contain
	fails_once log --belay
	loses_batch_node 150
	((again < 25))
	no_node_drained
	# an extern step there was
	grep -q 'extern' "$D"/log/slurmd.n*.log
}

# Slurm runs no epilog of a plugin then: end works as always, but nobody is left
# to act when the batch node dies, and Slurm's own delay is waited for: here 31 s,
# not 121.
@test "PrologFlags=RunInJob: end acts, after does not, Slurm restarts the job" {
	since 24.05
	one 4 PrologFlags=RunInJob AuthInfo=cred_expire=30
	fails_once log --belay
	loses_batch_node 150
	((again > 25))
	no_node_drained
}

# Up to 23.02.4 --export=NONE loses the plugin's options for the batch step, and
# --export=VAR up to 24.05: what belay needs travels in another way.
@test "--export=NONE, --export=VAR and --export=NIL take no protection away" {
	one 2
	fails_once log.none --belay --export=NONE
	grep -q 'word none other none' "$ALICE/log.none"
	export WORD=hello OTHER=secret
	fails_once log.var --belay --export=WORD=hello
	grep -q 'attempt 2 .* word hello other none' "$ALICE/log.var"
	fails_once log.nil --belay=standard --belay-run=mine --export=NIL
	belay status mine | grep -q completed
	no_node_drained
}
