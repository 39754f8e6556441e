# jobs.bash - what tests of failures share: jobs, users, agents that are broken
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# For bats' `load failures/jobs`, after support.

FAULTY=$BATS_TEST_DIRNAME/failures
IN=/run/private-slurm		# a cluster's directory, as it sees itself

# broken_agents_start NODES [ARG...]: a cluster in which the agent of a user is
# broken as ~/broken says
broken_agents_start() {
	local nodes=$1
	shift
	chmod 755 "${BATS_RUN_TMPDIR:-$BATS_FILE_TMPDIR}" "$BATS_FILE_TMPDIR"
	mkdir -m 755 "$BATS_FILE_TMPDIR/agent"
	cp "$FAULTY/agent" "$BATS_FILE_TMPDIR/agent"
	"$PS" up "$D" --nodes "$nodes" --cpus 8 --bind "$BUILD:$OPT" \
		--bind "$BATS_FILE_TMPDIR/agent" KillWait=5 "$@" \
		--plugin "$OPT/spank_belay.so agent=/run/bind/agent/agent" 3>&-
}

# broken_user NAME LINE: whose agent is broken so
broken_user() {
	add_user "$1" "$IN/home/$1"
	install -d -m 700 -o $uid -g $uid "$D/home/$1"
	echo "$2" > "$D/home/$1/broken"
}

uid=1600
add_user() {	# NAME HOME
	uid=$((uid + 1))
	root sh -c "echo '$1:*:$uid:$uid::$2:/bin/sh' >> /etc/passwd
		echo '$1:x:$uid:' >> /etc/group"
	install -d -m 755 "$D/work"
	install -d -m 755 -o $uid -g $uid "$D/work/$1"
}

as() {	# USER CMD...
	"$PS" exec "$D" -u "$1" -- "${@:2}"
}

# submit USER NAME OPTION...: of /work/NAME.sh; its output is in /work/USER
submit() {
	as "$1" sbatch --parsable --chdir "$IN/work/$1" "${@:3}" "$IN/work/$2.sh"
}

script() {	# NAME: from stdin
	mkdir -p "$D/work"
	{ echo '#!/bin/bash'; cat; } > "$D/work/$1.sh"
	chmod 755 "$D/work/$1.sh"
}

write_jobs() {
	printf 'version: 1\npreset: standard\nattempts: {max: 1000, burst: 1000/1h, without_progress: 1000}\n' \
		> "$D/patient.yaml"
	install -d -m 755 -o 1501 "$D/work" "$D/work/alice"
	script fails <<-'EOF'
	echo "${BELAY_UNPROTECTED+unprotected}"
	env | grep ^BELAY_ | grep -v ^BELAY_UNPROTECTED=
	echo "ran in $PWD"
	exit 7
	EOF
	# fails once; notes its starts and ends, which a second requeue would show
	script once <<-'EOF'
	echo "start $BELAY_ATTEMPT" >> "notes.$SLURM_JOB_ID"
	sleep "${FIRST:-1}"
	[ "$BELAY_ATTEMPT" != 1 ] || code=3
	echo "end $BELAY_ATTEMPT" >> "notes.$SLURM_JOB_ID"
	exit ${code:-0}
	EOF
	script waits <<-'EOF'
	for i in {1..600}; do sleep 1; done
	EOF
}

same() {	# WHAT GOT WANTED
	[[ $2 == "$3" ]] || { printf '%s is\n%s\nnot\n%s\n' "$@"; return 1; }
}

# how JOB: as Slurm shows it
how() { echo "$(job_field "$1" JobState) $(job_field "$1" ExitCode) $(job_field "$1" Restarts)"; }

notes() { cat "$D/work/$1/notes.$2"; }
noted() { notes "$@" 2> /dev/null | grep -qx "$3"; }
began() { noted "$1" "$2" "start $3"; }

# record USER JOB ATTEMPT FILE KEY
record() {
	as "$1" cat ".belay/private/$2/attempts/00000$3/$4.json" |
		python3 -c "import json, sys; print(json.load(sys.stdin)['$5'])"
}
