# slurm.bash - a real Slurm in the guest, whose jobs have their root on NFS
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
#
# The homes, and so what jobs print, lie on no network: what is slow or hangs
# when the server is silent is belay's doing.

# shellcheck source=tests/nfs/support.bash
. /mnt/src/tests/nfs/support.bash

D=/run/slurm
BELAY=/run/bind/belay
HERE=$D/home/alice
ps_() { bash /mnt/src/tests/cluster/private-slurm "$@"; }
alice() { ps_ exec $D -u alice -n "$1" -- "${@:2}"; }

# A step that cannot be killed drains its node after 15 seconds.
start_slurm() {
	local n pid
	ps_ up $D --nodes 2 --bind /run/belay:$BELAY \
		--plugin "$BELAY/spank_belay.so agent=$BELAY/belay-agent" \
		SlurmdTimeout=300 MessageTimeout=30 UnkillableStepTimeout=15 || return
	for n in 1 2; do
		for pid in $(pgrep -x sleep); do
			[ "$(nsenter -t "$pid" -u hostname)" = n$n ] || continue
			join n$n $n "$pid" || return
			break
		done
	done
}

submit() {	# NODE NAME ARGUMENT...: a script on standard input
	local node=$1 name=$2
	shift 2
	{ echo '#!/bin/bash'; cat; } >$HERE/"$name.sh"
	chown 1501:1501 $HERE/"$name.sh"
	alice "$node" sbatch --parsable --belay --belay-root=$ROOT -D $D_IN/home/alice \
		--output="$name.log" --open-mode=append "$@" "$name.sh"
}
D_IN=/run/private-slurm

field() {	# JOB NAME
	alice n1 scontrol show job "$1" -o | tr ' ' '\n' | sed -n "s/^$2=//p" | head -n 1
}
over() { [[ $(field "$1" JobState) =~ ^(COMPLETED|FAILED|CANCELLED|NODE_FAIL|TIMEOUT)$ ]]; }
nodes_idle() { [ "$(alice n1 sinfo -h -o %T | sort -u)" = idle ]; }
no_node_drained() {
	refused bash -c "bash /mnt/src/tests/cluster/private-slurm exec $D sinfo -h -N -o '%N %T %E' | grep -i drain"
}
no_agent() { ! pgrep -a belay-agent; }

scenario_job() {
	local job
	job=$(submit n1 job -N2 --requeue <<-END
		$BELAY/belay map --chunks 24 -- sh -c 'sleep 0.3; hostname'
		[ \$BELAY_ATTEMPT -ge 2 ]
	END
	)
	soon job-done-twice 180000 over "$job"
	cat $HERE/job.log
	[ "$(field "$job" JobState)" = COMPLETED ]
	[ "$(field "$job" Restarts)" = 1 ]
	[ "$(grep -c '^n[12]$' $HERE/job.log)" = 24 ]
	grep -q '^n2$' $HERE/job.log
	alice n2 $BELAY/belay status --root $ROOT "$job"
	alice n2 $BELAY/belay status --root $ROOT "$job" | grep 'completed, attempt 2'
	no_node_drained
}

# The server falls silent while a job of two nodes runs: end takes 10 s, the
# epilogs 5 s more, and that is all.
scenario_silent_end() {
	local job
	rm -f $HERE/go
	job=$(submit n1 end -N2 <<-END
		echo attempt \$BELAY_ATTEMPT
		until [ -e go ]; do sleep 0.2; done
	END
	)
	soon job-runs 120000 grep attempt $HERE/end.log
	cut n1
	cut n2
	sleep 1
	: >$HERE/go
	soon silent-end 60000 nodes_idle
	soon agents-are-gone 15000 no_agent
	heal n1
	heal n2
	cat $HERE/end.log
	[ "$(field "$job" JobState)" = COMPLETED ]
	grep "the end of this attempt is not recorded: belay-agent" $HERE/end.log
	no_node_drained
}

scenario_silent_begin() {
	local job
	alice n1 ls $ROOT
	cut n1
	job=$(submit n2 begin -N1 -w n1 <<-END
		echo started: \$BELAY_UNPROTECTED
	END
	)
	soon silent-begin 60000 grep started $HERE/begin.log
	soon silent-job 60000 nodes_idle
	soon agents-are-gone 15000 no_agent
	heal n1
	cat $HERE/begin.log
	[ "$(field "$job" JobState)" = COMPLETED ]
	grep "started: belay-agent" $HERE/begin.log
	no_node_drained
}

scenario_submit() {
	cut n1
	soon submitted 60000 submit n1 submit -N1 -w n1 --hold <<<true
	soon agents-are-gone 15000 no_agent
	heal n1
	cat /run/soon
}

start_slurm >/mnt/out/start.log 2>&1 || exit
scenario job "a job of two nodes is done in two attempts"
scenario silent_end "a silent server holds no job at its end, and drains no node"
scenario silent_begin "a silent server holds no job at its start"
scenario submit "a silent server holds no sbatch"
scenario owner "root has made nothing there"
cp -r $D/log /mnt/out/
ps_ down $D --purge
