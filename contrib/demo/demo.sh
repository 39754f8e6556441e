#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# demo.sh - a job loses its node in the middle of the work and finishes it
#
# Called by `make demo`.  Starts a private Slurm of four nodes, submits an
# ensemble of trajectories on three of them, takes the power from the batch
# node, watches the job come back, and compares every result byte for byte with
# an undisturbed run.  Cleans up whatever happens.  About a minute and a half.
#
#	BUILD=DIR	where the built files are
#	KEEP=1		leave the cluster's directory for a look
#	CHUNKS=N	how many trajectories (default 200)
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1

chunks=${CHUNKS:-200}
build=${BUILD:-$PWD/build}
slurm=$PWD/tests/cluster/private-slurm
start=$SECONDS
started=

if [ -t 1 ]; then bold=$'\e[1m' dim=$'\e[2m' red=$'\e[31m' green=$'\e[32m' off=$'\e[0m'
else bold='' dim='' red='' green='' off=''; fi

say() { printf '%s%3d s%s  %s\n' "$dim" "$((SECONDS - start))" "$off" "$*"; }
title() { printf '\n%s%s%s\n' "$bold" "$*" "$off"; }
fail() { printf '%sdemo: %s%s\n' "$red" "$*" "$off" >&2; exit 1; }

top=$(mktemp -d "${TMPDIR:-/tmp}/belay-demo.XXXXXX") || exit 1
dir=$top/slurm opt=$top/opt
chmod 755 "$top"
clean_up() {
	local status=$?
	trap '' INT TERM
	[ -z "$tail_pid" ] || kill "$tail_pid" 2>/dev/null
	[ -z "$started" ] || "$slurm" down "$dir" >/dev/null 2>&1
	if [ -n "${KEEP:-}" ]; then
		echo "kept: $top${records:+ $records}"
	else
		rm -rf "$top" ${records:+"$records"}
		[ -z "$records" ] || rmdir "${records%/*}" 2>/dev/null
	fi
	exit "$status"
}
tail_pid='' records=''
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# As root every node is a set of namespaces and the job belongs to alice; else
# the nodes are processes, the job is ours, and its records lie in our real home:
# belay looks it up as Slurm does, and believes no root below /tmp to be shared.
if [ "$(id -u)" = 0 ]; then
	inside=/run/bind/opt cluster=private bind=(--bind "$opt:/run/bind/opt")
	as_user() { "$slurm" exec "$dir" -u alice -- "$@"; }
	home=$dir/home/alice
else
	inside=$opt cluster=demo-${top##*.} bind=()
	cluster=${cluster,,}	# as Slurm does
	records=$(getent passwd "$(id -u)" | cut -d: -f6)/.belay/$cluster
	as_user() { "$slurm" exec "$dir" -- "$@"; }
	me=$(id -un 2>/dev/null) ||
		fail "user id $(id -u) has no name here, and Slurm needs one"
	home=$dir/home/$me
fi
belay() { as_user "$inside/belay" "$@" --cluster "$cluster"; }

# ---- what the cluster gets -------------------------------------------------

prepare() {
	mkdir -p "$opt"
	cp "$build/belay" "$build/belay-agent" "$build/spank_belay.so" \
		"$build/examples/ensemble" "$opt/" || fail "run make first"
	cat > "$opt/one-trajectory" <<-EOF
	#!/bin/sh
	exec $inside/ensemble --time 20 "\$1" "\$BELAY_CHUNK_TMP/trajectory-\$(printf %03d "\$1").txt"
	EOF
	cat > "$opt/job.sh" <<-EOF
	#!/bin/bash
	#SBATCH --job-name=ensemble --nodes=3 --ntasks-per-node=1 --cpus-per-task=2
	#SBATCH --requeue --open-mode=append --output=ensemble.log --time=10
	#SBATCH --belay=high-availability
	echo "attempt \$BELAY_ATTEMPT on \$SLURM_JOB_NODELIST: \${BELAY_PREVIOUS_CAUSE:-first start}, \$BELAY_CHUNKS_DONE of $chunks done"
	$inside/belay map --chunks $chunks --into results -- $inside/one-trajectory {}
	EOF
	chmod 755 "$opt/"*
}

done_chunks() {
	belay status "$job" --json 2>/dev/null |
		sed -n 's/.*"done": *\([0-9]*\).*/\1/p' | head -n 1
}

state() {
	as_user squeue -h -j "$job" -o %T 2>/dev/null
}

# Wait until the command succeeds; every few seconds say what Slurm says.
wait_for() {	# SECONDS WHAT COMMAND...
	local limit=$((SECONDS + $1)) next=$((SECONDS + 4)) what=$2
	shift 2
	until "$@"; do
		[ "$SECONDS" -lt "$limit" ] || fail "$what: not within the time; see $dir/log (KEEP=1 keeps it)"
		if [ "$SECONDS" -ge "$next" ]; then
			next=$((SECONDS + 4))
			say "${dim}squeue: $(as_user squeue -h -j "$job" -o '%T, %r, %D nodes: %N' 2>/dev/null)${off}"
		fi
		sleep 0.3
	done
}
some_done() { [ "$(done_chunks)" -ge "$1" ] 2>/dev/null; }
is_down() { as_user sinfo -h -n "$1" -o %T | grep -q '^down'; }
is_attempt_2() { grep -q '^attempt 2' "$home/ensemble.log" 2>/dev/null; }
is_over() { [ -z "$(state)" ] || [[ $(state) == COMPLETED ]]; }

# ---- the story -------------------------------------------------------------

title "belay: a job loses its node and finishes its work"
say "starting a private Slurm of four nodes (nothing outside $top${records:+ and $records} is touched)"
prepare
started=1
"$slurm" up "$dir" --nodes 4 --cpus 2 "ClusterName=$cluster" \
	"${bind[@]}" --plugin "$inside/spank_belay.so agent=$inside/belay-agent" ||
	fail "the private Slurm did not start"
say "$(as_user sinfo -h -o '%D nodes %T' | tr '\n' ' ')"

title "1. the undisturbed run, to compare with"
cat > "$opt/reference.sh" <<-EOF
#!/bin/sh
cd "\$HOME" && mkdir -p reference && exec $inside/belay map --root "\$HOME/.belay-reference" --chunks $chunks --into reference -j 2 -- $inside/one-trajectory {}
EOF
chmod 755 "$opt/reference.sh"
as_user "$inside/reference.sh" || fail "the undisturbed run failed"
say "$chunks trajectories of two problems, Lorenz and van der Pol, one file each"

title "2. the job, on three nodes"
as_user mkdir -p results
as_user touch ensemble.log
job=$(as_user sbatch --parsable "$inside/job.sh") || fail "sbatch failed"
say "sbatch --belay=high-availability job.sh: job $job"
tail -n +1 -F "$home/ensemble.log" 2>/dev/null | sed -u "s/^/       | /" &
tail_pid=$!
wait_for 30 "the job did not start working" some_done $((chunks / 4))
before=$(done_chunks)
victim=$(as_user squeue -h -j "$job" -o %B)
say "$before of $chunks done; the batch node is $victim"

title "3. $victim loses its power"
"$slurm" kill "$dir" "$victim" power || fail "could not kill $victim"
killed=$SECONDS
say "${red}$victim is gone${off}: slurmd, the batch script, belay's coordinator and a third of the workers"
wait_for 60 "Slurm did not notice" is_down "$victim"
down=$SECONDS
say "Slurm declares $victim down, $((down - killed)) s later; alone it would now wait two minutes"
say "(no epilog runs before slurmstepd has given up the srun that died: about 20 s)"
wait_for 90 "the job did not come back" is_attempt_2
say "${green}the job runs again${off}, $((SECONDS - down)) s after that, without $victim"
wait_for 120 "the job did not finish" is_over
say "the job is over"
sleep 0.5
kill "$tail_pid" 2>/dev/null
wait "$tail_pid" 2>/dev/null
tail_pid=

title "4. what happened, as belay tells it"
belay why "$job"
echo
belay status "$job"

title "5. the proof"
n=$(find "$home/results" -name 'trajectory-*.txt' | wc -l)
say "$n result files; comparing each byte with the undisturbed run"
diff -r --exclude='.*' "$home/reference" "$home/results" || fail "results differ"
[ "$n" = "$chunks" ] || fail "$n files instead of $chunks"
before=$(sed -n 's/^attempt 2.*, \([0-9]*\) of .*/\1/p' "$home/ensemble.log")
say "${green}all $chunks results are identical${off}; $before of them were not computed again"
title "done in $((SECONDS - start)) s"
