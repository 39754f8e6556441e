#!/usr/bin/env bats
# A /tmp for each job (job_container/tmpfs, later namespace/tmpfs): who of belay
# sees which, and that a job comes back under it.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154  # $output and $status are bats'
#
# Its jobs want nodes for themselves: of two jobs that start anew on one node
# within 2 s, Slurm 22.05 fails the second, for it gets no extern step and so no
# /tmp.

bats_require_minimum_version 1.5.0
load support

setup_file() {
	need_cluster
	local plugin=JobContainerType=job_container/tmpfs with=() dirs=
	! version_is 25.11 || plugin=NamespaceType=namespace/tmpfs
	! version_is 23.02 || dirs=Dirs=/tmp,/dev/shm,/run/bind/hidden
	! version_is 24.05 || with=(SlurmdParameters=config_overrides,contain_spank)
	write_agent
	mkdir -m 1777 "$BATS_FILE_TMPDIR/hidden"
	# on a tmpfs that each node has for itself
	AGENT=/run/bind/agent/agent cluster_start 7 --bind "$BATS_FILE_TMPDIR/agent" \
		--bind "$BATS_FILE_TMPDIR/hidden" \
		PrologFlags=Contain "$plugin" "${with[@]}" \
		'BasePath=/run/slurm/containers AutoBasePath=true '"$dirs"
	mkdir "$D/calls"
	chmod 777 "$D/calls"
	write_jobs
	scenarios_start fails dies root
}

teardown_file() {
	scenarios_stop
	cluster_stop
}

# notes who sees the job's own /tmp
write_agent() {
	mkdir -m 755 "$BATS_FILE_TMPDIR/agent"
	cat > "$BATS_FILE_TMPDIR/agent/agent" <<-EOF
	#!/bin/bash
	if [[ \$1 != submit ]]; then
		sees=the.machines
		grep -q ' /containers/[^ ]* /tmp ' /proc/self/mountinfo && sees=its.own
		: > /run/private-slurm/calls/\$SLURM_JOB_ID.\$1.\$sees
	fi
	exec $OPT/belay-agent "\$@"
	EOF
	chmod 755 "$BATS_FILE_TMPDIR/agent/agent"
}

write_jobs() {
	cat > "$ALICE/fails" <<-'EOF'
	#!/bin/bash
	#SBATCH --requeue --exclusive --open-mode=append --output=%x.log
	grep -q ' /containers/[^ ]* /tmp ' /proc/self/mountinfo || exit 7
	[ ! -e /tmp/left ] || echo "somebody was here"
	touch /tmp/left
	echo "attempt $BELAY_ATTEMPT cause $BELAY_PREVIOUS_CAUSE left $BELAY_ATTEMPTS_LEFT"
	[ "$BELAY_ATTEMPT" -ge 2 ] || exit 3
	EOF
	printf '#!/bin/bash\n#SBATCH --exclusive --requeue\nwhile :; do sleep 0.5; done\n' > "$ALICE/dies"
	chmod 755 "$ALICE"/{fails,dies}
}

scenario_fails() {
	local job
	job=$(alice sbatch --parsable -N2 --belay fails)
	keep job "$job"
	until_true 150 job_over "$job"
}

scenario_dies() {
	local job victim
	job=$(alice sbatch --parsable -N2 --belay=failover dies)
	keep job "$job"
	until_true 60 attempts_at_least "$job" 1
	victim=$(batch_host "$job")
	keep victim "$victim"
	"$PS" kill "$D" "$victim" power
	until_true 200 attempts_at_least "$job" 2
	until_true 60 job_is "$job" RUNNING
	keep again "$(again_after "$job")"
	alice scancel "$job"
	until_true 60 job_over "$job"
}

has_begun_twice() { (($(grep -cs left "$ALICE/root.log") >= 2)); }
# Its records lie where each job, and each start of it, has a directory of its own.
scenario_root() {
	local job
	version_is 23.02 || return 0
	job=$(alice sbatch --parsable -N1 --belay --belay-root=/run/bind/hidden/root \
		-o root.log fails)
	until_true 200 has_begun_twice
	alice scancel "$job"
}

seen() {	# JOB MOMENT: by its agents
	(cd "$D/calls" && printf '%s\n' "$1.$2".* | cut -d. -f3- | paste -sd' ')
}

@test "a job that has a /tmp of its own fails once and is done the second time" {
	scenario_done fails
	job=$(kept fails job)
	cat "$ALICE/fails.log"
	job_is "$job" COMPLETED
	grep -q 'attempt 2 cause failed' "$ALICE/fails.log"
	run ! grep -q 'somebody was here' "$ALICE/fails.log"
	[ ! -e /tmp/left ]
}

@test "another loses its batch node and runs again" {
	scenario_done dies 400
	job=$(kept dies job)
	[[ $(status "$job" "a[0]['cause'], a[0]['suspects']") == "('node_fail', '$(kept dies victim)')" ]]
	echo "# running again after $(kept dies again) s" >&3
	awk "BEGIN { exit !($(kept dies again) < 25) }"
}

# With contain_spank (24.05) slurmstepd runs task_exit there too, unless the job
# is cancelled and its /tmp gone by then, as it is by the time of the epilog.
@test "begin sees the job's own /tmp, end where Slurm lets it, after never" {
	local job at_end=the.machines
	! version_is 24.05 || at_end=its.own
	scenario_done fails
	scenario_done dies 400
	[[ $(seen "$(kept fails job)" end) == "$at_end" ]]
	for job in "$(kept fails job)" "$(kept dies job)"; do
		[[ $(seen "$job" begin) == its.own ]]
		[[ $(seen "$job" after) == the.machines ]]
	done
}

@test "starts whose records are lost are told, and counted all the same" {
	since 23.02
	scenario_done root 400
	cat "$ALICE/root.log"
	grep -q "this is restart 1, but run '.*' has no history" "$ALICE/root.log"
	[[ $(grep left "$ALICE/root.log") == $'attempt 1 cause  left 9\nattempt 1 cause  left 8' ]]
}

@test "no node was drained by any of this" {
	no_node_drained
}
