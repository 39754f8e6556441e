# hung.bash - the server does not answer: whatever belay does can be killed
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
#
# What SIGKILL cannot end keeps its job from ending, and Slurm takes the node
# away.  HANGS=N asks for N moments; ALL=1 for all that there are.

# shellcheck source=tests/nfs/support.bash
. /mnt/src/tests/nfs/support.bash

JOB="export SLURM_CONF=/run/slurm.conf SLURM_CLUSTER_NAME=nfs BELAY_ROOT=$ROOT \
	SLURM_JOB_NODELIST=a SLURMD_NODENAME=a SLURM_RESTART_COUNT=0"
declare -A verbs=(
	[begin]="$JOB SLURM_JOB_ID=7\$RANDOM; belay begin"
	[end]=". /run/begun; $JOB SLURM_JOB_ID=71; belay end 1"
	[after]=". /run/begun; $JOB SLURM_JOB_ID=71; belay-agent after"
	[claim]=". /run/env.a.70; belay chunk claim --chunks 100000"
	[done]=". /run/env.a.70; belay chunk done 5"
	[save]=". /run/env.a.70; cd /run/save; belay checkpoint save state"
	[restore]=". /run/env.a.70; cd /srv/alice; belay checkpoint restore --to back.\$RANDOM"
	[status]="$JOB; belay status 70"
	[map]="$JOB; belay map --run m\$RANDOM -j 2 --chunks 9 -- true"
)
calls=(write pwrite64 fdatasync fsync close linkat unlinkat renameat mkdirat
	openat getdents64 read)

stopped() { ps -u 1501 -o stat= | grep -q '^[Tt]'; }
alone() { ! pgrep -u 1501 >/dev/null; }

# hang VERB CALL N: up to its Nth CALL, go on without a server, be killed.
# 2: it never came so far.
hang() {
	on a strace -qq -f -o /dev/null -e "trace=$2" \
		-e "inject=$2:signal=STOP:when=$3" \
		bash -c "${verbs[$1]}" >/run/out 2>&1 &
	local pid=$!
	until stopped; do
		kill -0 $pid 2>/dev/null || return 2
	done
	cut a
	pkill -CONT -u 1501
	sleep 0.7
	pkill -KILL -u 1501
	wait $pid 2>/dev/null
	for _ in $(seq 50); do
		alone && break
		sleep 0.1
	done
	ps -u 1501 -o stat=,wchan=,args=
	heal a
	alone
}

# those that have failed once, then any
moments() {
	local verb call n
	printf '%s\n' "begin write 1" "save write 1" "done pwrite64 1" "end write 2"
	for verb in "${!verbs[@]}"; do
		for call in "${calls[@]}"; do
			for n in 1 2 3 4 6 9 14; do echo "$verb $call $n"; done
		done
	done | shuf
}

scenario_hung() {
	local verb call n count=0 bad=0 rc
	begin a 70 0
	inside a 70 belay chunk claim --chunks 100000
	begin a 71 0
	{ cat /run/env.a.71; echo 'export BELAY_ATTEMPT=1'; } >/run/begun
	mkdir /run/save
	head -c 300K /dev/urandom >/run/save/state
	inside a 70 sh -c 'cd /run/save && exec belay checkpoint save state'
	while ((count < ${HANGS:-10})) && read -r verb call n; do
		rc=0
		hang "$verb" "$call" "$n" || rc=$?
		[ $rc = 2 ] && continue
		count=$((count + 1))
		[ $rc = 0 ] || { echo "stays: $verb after $call $n"; bad=$((bad + 1)); }
	done < <(moments)
	echo "killed at $count moments, $bad stayed"
	belay_on a status 70
	[ $bad = 0 ]
}
scenario hung "everything dies of SIGKILL while the server is silent"
