# cast.bash - who plays in users.bats, and where
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154

IN=/run/private-slurm		# D, as the cluster sees it
TELLER=$BATS_FILE_TMPDIR/agent	# the agent that tells, and the real one

# cast_start NODES: a cluster whose agent is tests/security/agent.c
cast_start() {
	chmod 755 "${BATS_RUN_TMPDIR:-$BATS_FILE_TMPDIR}" "$BATS_FILE_TMPDIR"
	install -d -m 755 "$TELLER"
	install -m 755 "$BUILD/tests/security/agent" "$TELLER/belay-agent"
	install -m 755 "$BUILD/belay-agent" "$TELLER/belay-agent.real"
	"$PS" up "$D" --nodes "$1" --bind "$BUILD:$OPT" --bind "$TELLER:/run/bind/agent" \
		--plugin "$OPT/spank_belay.so agent=/run/bind/agent/belay-agent" 3>&-
	new_user mallory 1510
	install -d -m 1777 "$D/shared"
	install -d -o 1501 -g 1501 -m 700 "$ALICE/reports"
}

# new_user NAME UID: in this cluster only
new_user() {
	root sh -c "echo '$1:x:$2:$2::$IN/home/$1:/bin/bash' >> /etc/passwd
		echo '$1:x:$2:' >> /etc/group"
	install -d -o "$2" -g "$2" -m 700 "$D/home/$1" "$D/home/$1/reports"
}

as() { "$PS" exec "$D" -u "$1" -- "${@:2}"; }
on() { "$PS" exec "$D" -u "$2" -n "$1" -- "${@:3}"; }	# NODE USER CMD...

# script USER NAME LINE...: ~USER/NAME.sh
script() {
	printf '%s\n' '#!/bin/bash' "${@:3}" > "$D/home/$1/$2.sh"
	chmod 755 "$D/home/$1/$2.sh"
}

# submit USER ARG...: the job's number
submit() { as "$1" sbatch --parsable --open-mode=append "${@:2}"; }

# made_of USER VERB WORD: what the user makes of his agent (tests/security/agent.c)
made_of() { echo "$3" > "$D/home/$1/agent.$2"; }

# The report of an agent of uid $1 but for its environment, sorted.  SigIgn: 32
# and 33 are glibc's own; what starts the tests may have them ignored.
expected_report() {
	local zero=0000000000000000
	sort <<-EOF2
	Uid:	$1	$1	$1	$1
	Gid:	$1	$1	$1	$1
	Groups:	$1 
	NoNewPrivs:	1
	SigBlk:	$zero
	SigIgn:	$zero
	SigCgt:	$zero
	CapInh:	$zero
	CapPrm:	$zero
	CapEff:	$zero
	CapAmb:	$zero
	cwd: /
	umask: 0077
	core: 0 0
	securebits: 0
	keepcaps: 0
	session: its own
	fd: 0 /dev/null
	fd: 1 pipe
	fd: 2 pipe
	$(printf 'try: %s fails\n' setuid setresuid setfsuid setgid setresgid \
		setgroups 'no groups' capset chroot)
	EOF2
}

nothing() { [[ -z $1 ]] || { echo "there should not be: $1"; return 1; }; }

# seconds_between JOB FIELD FIELD: of scontrol's times
seconds_between() {
	echo $(($(date -d "$(job_field "$1" "$3")" +%s) - $(date -d "$(job_field "$1" "$2")" +%s)))
}

epilog_is_over() { grep -q "completed epilog for jobid $2\$" "$D/log/slurmd.$1.log"; }
