# support.bash - what scenarios in the guest share
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154  # on, root_on and VERS are guest's

ROOT=/srv/alice/belay
EXPORT=/run/export/alice/belay	# the same, on the server

# A slurm.conf whose controller does not answer: what begins a job then begins.
cat >/run/slurm.conf <<'END'
ClusterName=nfs
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort=6999
MessageTimeout=1
NodeName=a,b
PartitionName=main Nodes=ALL
END

# begin NODE JOB RESTART: an attempt on a node, by the agent; its environment
# is that of `inside NODE JOB`
begin() {
	on "$1" env SLURM_CONF=/run/slurm.conf SLURM_CLUSTER_NAME=nfs \
		BELAY_ROOT=$ROOT SLURM_JOB_ID="$2" SLURM_RESTART_COUNT="$3" \
		SLURM_JOB_NODELIST="$1" SLURMD_NODENAME="$1" \
		belay begin >"/run/env.$1.$2"
}
inside() {	# NODE JOB COMMAND...
	local node=$1 env=/run/env.$1.$2
	shift 2
	on "$node" bash -c '. "$0"; exec "$@"' "$env" "$@"
}
given() {	# NODE JOB NAME: what begin has said
	sed -n "s/^export $3='\(.*\)'\$/\1/p" "/run/env.$1.$2"
}
belay_on() { on "$1" env BELAY_ROOT=$ROOT belay "${@:2}"; }

now_ms() { date +%s%3N; }

# soon NAME LIMIT_MS COMMAND...: how long until it is so; that is counted
soon() {
	local name=$1 limit=$2 start took
	shift 2
	start=$(now_ms)
	until "$@" >/run/soon 2>&1; do
		took=$(($(now_ms) - start))
		if ((took > limit)); then
			echo "$name: not within $limit ms: $*"
			cat /run/soon
			return 1
		fi
	done
	took=$(($(now_ms) - start))
	echo "$name: $took ms"
}

# status NODE RUN TEXT...: are all of these in `belay status --json`?
status() {
	local text said
	said=$(belay_on "$1" status "$2" --json | tr -d ' \n')
	for text in "${@:3}"; do
		[[ $said == *$text* ]] || { echo "no $text in $said"; return 1; }
	done
}

# poison NODE NAME...: have a node remember that these names are missing
poison() {
	local name
	for name in "${@:2}"; do refused on "$1" stat "$ROOT/nfs/$name"; done
}
refused() {	# what `set -e` does not look at behind !
	if "$@" 2>/run/said; then
		echo "went well: $*"
		return 1
	fi
}

# Root is squashed here: what it had made would be nobody's, or have failed.
scenario_owner() {
	find $EXPORT | wc -l
	[ -e $EXPORT ]
	[ -z "$(find $EXPORT ! -uid 1501)" ]
}

# Each scenario is a function in a shell of its own, where `set -e` holds; with
# all that it started it has four minutes.  ONLY="NAME ..." leaves the others out.
scenario() {	# NAME TITLE
	local start pid
	[[ " ${ONLY:-$1} " == *" $1 "* ]] || return 0
	start=$(now_ms)
	set -m
	(set -e; "scenario_$1") >"/mnt/out/$1.log" 2>&1 &
	pid=$!
	set +m
	while kill -0 $pid 2>/dev/null && (($(now_ms) - start < 240000)); do
		sleep 0.1
	done
	kill -KILL -- -$pid 2>/dev/null && echo "killed" >>"/mnt/out/$1.log"
	wait $pid
	echo "$? $(($(now_ms) - start)) $1 $2" >>/mnt/out/results
}
