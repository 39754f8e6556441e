#!/usr/bin/env bats
# An MPI job that writes checkpoints from two nodes loses one of them, and ends
# with the field that it would have had.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154  # $output and $status are bats'

bats_require_minimum_version 1.5.0
load support

STEPS=1500

setup_file() {
	need_cluster
	command -v mpicc mpirun > /dev/null || skip "without MPI"
	cluster_start 3 --cpus 2
	make -s -C "$BATS_TEST_DIRNAME/../../contrib/examples/heat" O="$ALICE" \
		BELAY="$BATS_TEST_DIRNAME/../.." BUILD="$BUILD" \
		LDFLAGS="-L$BUILD -Wl,-rpath,$OPT"
	# mpirun starts its daemons on the other nodes by srun
	cat > "$ALICE/heat.sh" <<-EOF
	#!/bin/sh
	#SBATCH -N2 -n4 --requeue --open-mode=append --belay=checkpoint-recovery
	export OMPI_MCA_btl=tcp,self OMPI_MCA_mpi_yield_when_idle=1
	export TMPDIR=\$HOME	# where it leaves files when it is killed
	mpirun ./heat 120 $STEPS 25 \$1
	EOF
	chmod 755 "$ALICE/heat.sh"
}

teardown_file() {
	cluster_stop
}

heat() {		# heat NAME: submit it
	alice sh -c "cd && sbatch --parsable -o $1.log heat.sh $1"
}

saved() {		# saved JOB N: it has N checkpoints
	(($(status "$1" "s['checkpoints']['newest'] or 0" 2>/dev/null || echo 0) >= $2))
}

@test "a node of an MPI job dies: the others read its rows, the field is the same" {
	torn=$(heat torn)
	until_true 120 saved "$torn" 3
	lost=$(other_node "$torn")
	"$PS" kill "$D" "$lost" power 3>&-
	until_true 120 attempts_at_least "$torn" 2
	until_true 240 job_over "$torn"
	cat "$ALICE/torn.log"
	job_is "$torn" COMPLETED
	[[ $(job_field "$torn" NodeList) != *"$lost"* ]]
	grep -qE 'from step [1-9][0-9]* on 4 ranks' "$ALICE/torn.log"
	calm=$(heat calm)
	until_true 240 job_over "$calm"
	job_is "$calm" COMPLETED
	grep -q 'from step 0 on 4 ranks' "$ALICE/calm.log"
	cmp "$ALICE/torn" "$ALICE/calm"
}
