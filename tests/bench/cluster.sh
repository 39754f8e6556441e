#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# cluster.sh BUILD DIR - what belay adds to a job's start and to its end
#
# JOBS (200) jobs of two nodes with --belay and as many without take turns on a
# private cluster, then JOBS more with an agent that is timed.  The script notes
# when it starts and when it ends; the rest is in slurmctld's log.  The limits are
# those of doc/DESIGN.md, section 10; "added" is the with, less the median without.

build=$1 dir=$2
here=$(cd "$(dirname "$0")" && pwd)
jobs=${JOBS:-200}
ps=$here/../cluster/private-slurm
in=/run/private-slurm

[[ $EUID == 0 ]] && PATH=$PATH:/usr/sbin:/sbin command -v slurmctld > /dev/null || {
	echo "cluster: left out, it needs root and Slurm"
	exit 0
}
mkdir -p "$dir/agent"
chmod 755 "$dir" "$dir/agent"
trap '"$ps" down "$dir/c" --purge' EXIT

"$build/tests/bench/hooks" "$(realpath "$build")/spank_belay.so" || exit 1

# agent REAL|TIMED: what the plugin starts from now on
agent() {
	case $1 in
	real) cp "$build/belay-agent" "$dir/agent/new" ;;
	timed) cat > "$dir/agent/new" <<-'END' ;;
		#!/bin/bash
		from=$EPOCHREALTIME
		/run/bind/build/belay-agent "$@"
		code=$?
		to=$EPOCHREALTIME
		{ echo "$from $to"; times; } > /run/bind/agent/times.$1.$SLURM_JOB_ID.$SLURMD_NODENAME
		exit $code
		END
	esac
	chmod 755 "$dir/agent/new"
	mv "$dir/agent/new" "$dir/agent/agent"
}

agent real
chmod 1777 "$dir/agent"
"$ps" up "$dir/c" --nodes 8 --bind "$build:/run/bind/build" --bind "$dir/agent" \
	--plugin "/run/bind/build/spank_belay.so agent=/run/bind/agent/agent" \
	SlurmctldDebug=debug2 SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=1 \
	> /dev/null 2>&1 || exit 1
install -d -m 1777 "$dir/c/notes"
cat > "$dir/c/job.sh" <<EOF2
#!/bin/bash
from=\$EPOCHREALTIME
[ "\$BELAY_RUN" ] && kind=with || kind=without
echo "\$kind \$SLURM_JOB_ID \$from \$EPOCHREALTIME" > $in/notes/\$SLURM_JOB_ID
EOF2
chmod 755 "$dir/c/job.sh"
cat > "$dir/c/submit.sh" <<EOF2
#!/bin/bash
# submit.sh COUNT KIND...: so many of each kind in turns
count=\$1
shift
for ((i = 0; i < count; i++)); do
	for kind in "\$@"; do
		[[ \$kind == with ]] && option=--belay || option=
		sbatch -o /dev/null -N2 --exclusive \$option $in/job.sh > /dev/null || exit 1
	done
	# the queue stays short, for a long one is work, too
	while ((\$(squeue -h | wc -l) > 12)); do sleep 0.2; done
done
while [[ \$(squeue -h) ]]; do sleep 0.2; done
EOF2
chmod 755 "$dir/c/submit.sh"

"$ps" exec "$dir/c" -u alice -- "$in/submit.sh" "$jobs" with without || exit 1
mv "$dir/c/notes" "$dir/c/turns"
install -d -m 1777 "$dir/c/notes"
agent timed
"$ps" exec "$dir/c" -u alice -- "$in/submit.sh" "$jobs" with || exit 1

python3 "$here/cluster.py" "$dir/c/turns" "$dir/c/log/slurmctld.log" "$dir/agent" || exit 1

# What every job of the cluster pays, with belay or without: slurmd runs one
# process more at its end.
epilog() {	# PLUGSTACK: microseconds
	local from=$EPOCHREALTIME
	SLURM_CONF=$in/etc/$1.conf SLURM_JOBID=1 SLURM_JOB_ID=1 SLURM_UID=1501 \
		SLURM_JOB_UID=1501 SLURM_JOB_GID=1501 slurmstepd spank epilog < /dev/null > /dev/null 2>&1
	echo "$1 $((${EPOCHREALTIME/./} - ${from/./}))"
}
for kind in with without; do
	sed "s|^PlugStackConfig=.*|PlugStackConfig=$in/etc/$kind.stack|" \
		"$dir/c/etc/slurm.conf" > "$dir/c/etc/$kind.conf"
done
cp "$dir/c/etc/plugstack.conf" "$dir/c/etc/with.stack"
: > "$dir/c/etc/without.stack"
{
	declare -f epilog
	echo "in=$in; export SLURMD_NODENAME=n1"
	echo "for ((i = 0; i < 3 * $jobs; i++)); do epilog with; epilog without; done"
} > "$dir/c/epilog.sh"
"$ps" exec "$dir/c" -n n1 -- bash "$in/epilog.sh" > "$dir/epilogs" || exit 1
python3 "$here/cluster.py" "$dir/epilogs"
