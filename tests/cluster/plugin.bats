#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# plugin.bats - spank_belay.so in a real Slurm, with agents of every kind
# shellcheck disable=SC2016,SC2154  # job scripts; $output and $status are bats'

bats_require_minimum_version 1.5.0

setup_file() {
	PATH=$PATH:/usr/sbin:/sbin
	command -v slurmctld slurmd munged >/dev/null ||
		skip "Slurm and munge are not installed"
	[ "$(id -u)" = 0 ] || skip "needs root"
	export PS=$BATS_TEST_DIRNAME/private-slurm
	export D=$BATS_FILE_TMPDIR/cluster P=$BATS_FILE_TMPDIR/plugin
	export BUILD=${BUILD:-$BATS_TEST_DIRNAME/../../build}
	mkdir "$P"
	cp "$BUILD/spank_belay.so" "$BATS_TEST_DIRNAME/plugin/agent" "$P"
	chmod 755 "$P" "${BATS_RUN_TMPDIR:-$BATS_FILE_TMPDIR}"
	"$PS" up "$D" --nodes 2 --cpus 8 --bind "$P:/run/bind/belay" \
		--plugin "/run/bind/belay/spank_belay.so agent=/run/bind/belay/agent" \
		PrologFlags=Alloc "$EAGER"
}

# Slurm looks for jobs to start each second: no test here is about that.
EAGER=SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=1

teardown_file() {
	[ -z "$D" ] || "$PS" down "$D" --purge
}

setup() {
	H=$D/home/alice
	rm -rf "$H" "$D/etc/belay/off"
	mkdir -m 700 "$H"
	chown 1501:1501 "$H"
	[ ! -e "$P/agent.away" ] || mv -f "$P/agent.away" "$P/agent"
}

# Whatever was done to it, no node is the worse for it.
teardown() {
	[ -n "$D" ] || return 0
	"$PS" exec "$D" scancel -u alice
	"$PS" wait "$D" 60
	nothing "$("$PS" exec "$D" sinfo -h -N -o %T | grep -v idle)"
}

alice() {
	"$PS" exec "$D" -u alice -- "$@"
}

# script LINE...: ~/job.sh of these lines
script() {
	printf '%s\n' '#!/bin/sh' "$@" >"$H/job.sh"
	chmod 755 "$H/job.sh"
}

# job OPTION...: submit ~/job.sh, wait for its end; its output is in ~/out, its
# exit status ours, its number in ~/id
job() {
	alice sbatch --parsable -o out "$@" job.sh >"$H/id" || return
	until_true has_ended "$(cat "$H/id")"
	return "$(alice scontrol show job "$(cat "$H/id")" |
		sed -n 's/.* ExitCode=\([0-9]*\):.*/\1/p')"
}

has_ended() {
	alice scontrol show job "$1" | grep -qE 'JobState=(COMPLETED|FAILED)'
}

is_pending() {
	alice squeue -h -j "$1" -o %T | grep -q PENDING
}

until_true() {
	for _ in $(seq 600); do
		! "$@" || return 0
		sleep 0.1
	done
	echo "never came true: $*"
	grep -h belay: "$D"/log/slurmd.*.log | tail -n 40
	return 1
}

has() {
	grep -qF -- "$1" "$2" 2>/dev/null
}

# The lines that the agent was called for, without those of submit.
calls() {
	grep -v ^submit "$H/calls" | sort
}

n_lines() {
	[ "$(wc -l <"$1")" -eq "$2" ]
}

# nothing TEXT: there is none
nothing() {
	[ -z "$1" ] || { echo "there should not be: $1"; return 1; }
}

# ---- the moments ------------------------------------------------------------

@test "a job is followed from submit to the last epilog" {
	script 'env | grep ^BELAY | sort' 'exit 3'
	run -3 job -N2 --belay=good --belay-run=name-%j
	id=$(alice sh -c 'ls begin-*' | cut -d- -f2)
	until_true n_lines "$H/calls" 5
	[ "$(calls)" = "after good $id n1 0 none  
after good $id n2 0 none  
begin good $id n1 0 name-%j  
end good $id n1 0 none --status 768" ]
	run cat "$H/out"
	[ "$output" = "belay: welcome on n1
BELAY_RUN=run-$id
BELAY_RUN_DIR=/run/private-slurm/home/alice/a b
belay: farewell from end" ]
	until_true has "belay: farewell from after" "$D/log/slurmd.n2.log"
}

@test "no policy is 'standard', and an #SBATCH line counts" {
	script '#SBATCH --belay' 'echo $BELAY_RUN'
	job
	has "begin standard" "$H/calls"
	has "run-" "$H/out"
}

@test "a job without --belay has nothing of it" {
	script 'env | grep -c BELAY; true'
	job
	[ "$(cat "$H/out")" = 0 ]
	[ ! -e "$H/calls" ]
}

@test "--belay=off wins over the script and over later options" {
	script '#SBATCH --belay=good' '#SBATCH --belay-root=relative' \
		'env | grep -c BELAY_RUN; true'
	job --belay=off --belay=good
	[ "$(cat "$H/out")" = 0 ]
	[ ! -e "$H/calls" ]
}

@test "--export=NONE takes nothing of it away" {
	script 'echo $BELAY_RUN'
	job --export=NONE --belay=good --belay-run=mine
	has "run-" "$H/out"
	grep -q "^begin good .* mine" "$H/calls"
}

@test "a requeued job is begun again, with the same hint" {
	script 'echo $BELAY_RUN >>starts' \
		'[ "$SLURM_RESTART_COUNT" ] || sleep 60'
	id=$(alice sbatch --parsable --belay=good --requeue job.sh)
	until_true has run- "$H/starts"
	alice scontrol requeue "$id"
	until_true is_pending "$id"
	sleep 3		# a credential of the second of the kill is refused
	alice scontrol update "jobid=$id" StartTime=now
	until_true has "begin good $id n1 1" "$H/calls"
	until_true n_lines "$H/starts" 2
	has "end good $id n1 0 none --status 15" "$H/calls"
}

@test "only the batch step is begun and ended, not the steps of srun" {
	script 'srun -n2 true' 'srun --belay=good true'
	job -N2 --belay=good
	[ "$(grep -c ^begin "$H/calls")" = 1 ]
	[ "$(grep -c ^end "$H/calls")" = 1 ]
	[ "$(grep -c ^submit "$H/calls")" = 1 ]
}

@test "a job submitted from within a protected one is another job" {
	script 'sbatch -o inner --wrap "env | grep BELAY; echo inner"' \
		'sbatch -o own --belay=good --wrap "env | grep -c ^BELAY"'
	job --belay=good --belay-run=outer
	until_true has inner "$H/inner"
	until_true has farewell "$H/own"
	[ "$(cat "$H/inner")" = inner ]
	[ "$(sed -n 2p "$H/own")" = 2 ]
	[ "$(grep -c '^begin.* outer' "$H/calls")" = 1 ]
	[ "$(grep -c '^begin.* none' "$H/calls")" = 1 ]
}

@test "a heterogeneous job is one submission, begun and ended once" {
	script 'srun --het-group=0,1 true'
	alice sbatch --belay=good -N1 -o out : -N1 job.sh
	until_true grep -q "after good .* n2" "$H/calls"
	[ "$(grep -c ^submit "$H/calls")" = 1 ]
	[ "$(grep -c ^begin "$H/calls")" = 1 ]
	[ "$(grep -c ^end "$H/calls")" = 1 ]
}

# ---- as whom ----------------------------------------------------------------

@test "the agent is the owner for good, and knows only what it may" {
	script true
	id=$(alice env LD_PRELOAD_X=1 SECRET=1 BELAY_HINT=forged \
		sbatch --parsable -o out --belay=good job.sh)
	until_true test -s "$H/after-$id-n1"
	for moment in begin end after; do
		run cat "$H/$moment-$id-n1"
		for line in 'ids: 1501 1501 1501 1501 1501 1501 1501 1501 ' \
			'groups: 1501 ' 'caps: 0000000000000000' 'nnp: 1' \
			'blocked: 0000000000000000' 'oom: 0' 'umask: 0077' \
			'ignored: 0000000000000000' 'core: 0' 'cwd: /' \
			'env: PATH=/usr/bin:/bin' 'env: LC_ALL=C.UTF-8' \
			'env: BELAY_HINT=1:good' 'env: USER=alice' \
			"env: SLURM_JOB_ID=$id" 'env: SLURM_JOB_UID=1501' \
			'env: SLURMD_NODENAME=n1' 'env: SLURM_NODELIST=n1' \
			'env: HOME=/run/private-slurm/home/alice' \
			'env: SLURM_CONF=/run/private-slurm/etc/slurm.conf'; do
			grep -qxF "$line" <<<"$output" ||
				{ echo "$moment lacks '$line'"; false; }
		done
		nothing "$(grep ^env: <<<"$output" | grep -vE '^env: (PATH|LC_ALL|HOME|USER|LOGNAME|PWD|BELAY_HINT|BELAY_ATTEMPT|SLURM_CONF|SLURMD_NODENAME|SLURM_(CLUSTER_NAME|NODELIST|SUBMIT_DIR|RESTART_COUNT)|SLURM_JOB_[A-Z_]+)=')"
		# 10 is the shell's, its script
		run -0 sed -n 's/.* \([0-9]* -> [^:]*\).*/\1/p' "$H/$moment-$id-n1"
		[ "$output" = "0 -> /dev/null
1 -> pipe
10 -> /run/bind/belay/agent
2 -> pipe" ]
	done
}

@test "supplementary groups are the owner's, at every moment" {
	# bob, for slurmctld remembers the groups of those it has seen
	"$PS" exec "$D" -- sed -i 's/^alice:x:1501:.*/&bob/' /etc/group
	id=$("$PS" exec "$D" -u bob -- sbatch --parsable -o /dev/null \
		--belay=good --wrap true)
	until_true test -s "$D/home/bob/after-$id-n1"
	for moment in begin end after; do
		grep -qx 'groups: 1501 1502 ' "$D/home/bob/$moment-$id-n1"
	done
}

@test "root's own job is followed as root's" {
	mkdir -p "$D/home/root"
	"$PS" exec "$D" -- sed -i "s|:/root:|:/run/private-slurm/home/root:|" /etc/passwd
	"$PS" exec "$D" -- sbatch -D / -o /dev/null --belay=standard --wrap true
	until_true has "after standard" "$D/home/root/calls"
	has "begin standard" "$D/home/root/calls"
	has "end standard" "$D/home/root/calls"
}

@test "the batch script starts just as it does without belay" {
	# read by the shell itself, which is not quite itself around a fork
	script 'while read -r line; do case $line in' \
		'SigPnd*|SigBlk*|SigIgn*|SigCgt*|Shd*|Cap*|NoNew*|Groups*|Seccomp*) echo "$line" ;; esac' \
		'done </proc/$$/status' \
		'ls /proc/$$/fd' \
		'read -r c </proc/$$/task/$$/children; echo "children: $c"' \
		'umask; pwd; ulimit -a; cat /proc/$$/oom_score_adj' \
		'ps -o sid=,pgid= -p $$ | awk "{ print \$1 == $$, \$2 == $$ }"'
	job -o without
	job -o with --belay=standard
	diff <(grep -v ^belay: "$H/with") "$H/without"
}

# ---- broken agents ----------------------------------------------------------

@test "whatever the agent does, the job runs, and a line says so" {
	script 'env | grep ^BELAY' 'echo ran'
	for policy in hang crash library babble flood endless; do
		alice sbatch -w n1 -o "out-$policy" --belay=$policy job.sh
	done
	for policy in hang crash library babble flood endless; do
		case $policy in
		hang) why="belay-agent did not answer within 10 s" ;;
		crash) why="belay-agent ended without an answer after 0 s" ;;
		library) why="belay-agent: cannot load libslurm.so.38" ;;
		babble) why="belay-agent answered with a line that is not BELAY_NAME=value" ;;
		flood) why="belay-agent answered with too many lines" ;;
		endless) why="belay-agent answered with too long a line" ;;
		esac
		until_true grep -qF "belay: nothing was done after the job: ${why%10 s}" \
			"$D/log/slurmd.n1.log"
		# 26.05 puts the time where others have their name
		[ "$(sed -E 's/^(slurmstepd-n1:|\[[-0-9T:.]*\]) error/error/' "$H/out-$policy")" = "error: belay: this job runs unprotected: $why
BELAY_UNPROTECTED=$why
ran" ]
		has "error: belay: this job runs unprotected: $why" \
			"$D/log/slurmd.n1.log"
	done
	run alice sh -c 'pgrep -u alice sleep'
	[ -z "$output" ]
}

@test "a missing agent costs the protection, at submit and later" {
	script 'env | grep BELAY_UNPROTECTED; true'
	id=$(alice sbatch --parsable -H -o held --belay=good job.sh)
	mv "$P/agent" "$P/agent.away"
	run -0 --separate-stderr job --belay=good
	[ "$stderr" = "sbatch: error: belay: the job will run unprotected: cannot run '/run/bind/belay/agent': No such file or directory" ]
	[ ! -s "$H/out" ]
	alice scontrol release "$id"
	until_true eval "alice scontrol show job $id | grep -q JobState=COMPLETED"
	has "BELAY_UNPROTECTED=cannot run '/run/bind/belay/agent'" "$H/held"
}

@test "an agent that hangs at submit is not waited for" {
	script 'echo ran'
	printf '#!/bin/sh\nsleep 1000\n' >"$P/agent.slow"
	chmod 755 "$P/agent.slow"
	mv "$P/agent" "$P/agent.away"
	mv "$P/agent.slow" "$P/agent"
	run -0 --separate-stderr job --belay=good
	[ "$stderr" = "sbatch: error: belay: the job will run unprotected: belay-agent did not answer within 10 s" ]
	has ran "$H/out"
}

# ---- what is refused --------------------------------------------------------

@test "a mistake in the policy makes no job, in sbatch, salloc and srun" {
	script true
	for command in "sbatch job.sh" "salloc true" "srun true"; do
		run -1 alice ${command% *} --belay=my.yaml ${command#* }
		[[ $output == "${command% *}: error: belay: /run/private-slurm/home/alice/my.yaml:3:1: unknown key 'attemps'; did you mean 'attempts'?" ]]
	done
	[ -z "$(alice squeue -h -t all -n job.sh -S -i -o %T | grep -E 'PENDING|RUNNING')" ]
	[ "$(grep -vc ^submit "$H/calls")" = 0 ]
}

@test "a relative root makes no job" {
	script true
	run -1 job --belay=good --belay-root=records
	[[ $output == *"belay: --belay-root wants an absolute path"* ]]
	[ ! -e "$H/calls" ]
}

@test "'--belay standard' is answered with what was meant" {
	script true
	run -1 alice sbatch --belay standard job.sh
	[[ $output == *"belay: did you mean --belay=standard?"* ]]
	touch "$H/my.yaml"
	run -1 alice sbatch --belay my.yaml job.sh
	[[ $output == *"belay: did you mean --belay=my.yaml?"* ]]
}

@test "what only jobs of sbatch can have is said to salloc and srun" {
	for command in salloc srun; do
		run -0 alice $command --belay=good true
		[[ $output == *"only jobs of sbatch are protected"* ]]
	done
	sleep 1
	[ "$(grep -vc ^submit "$H/calls")" = 0 ]
}

# ---- off --------------------------------------------------------------------

@test "while /etc/belay/off is there, nothing is done for any job" {
	script 'env | grep ^BELAY_; true'
	id=$(alice sbatch --parsable -H -o held --belay=good job.sh)
	touch "$D/etc/belay/off"
	run -0 --separate-stderr alice sbatch -o out --belay=good job.sh
	until_true test -e "$H/out"
	[ "$stderr" = "sbatch: belay: switched off by '/etc/belay/off': the job will run unprotected" ]
	nothing "$(cat "$H/out")"
	alice scontrol release "$id"
	until_true has_ended "$id"
	[ "$(cat "$H/calls" | grep -vc ^submit)" = 0 ]
	[ "$(grep -c ^submit "$H/calls")" = 1 ]
}

# ---- what it costs ----------------------------------------------------------

@test "without --belay no process is started and no file is touched" {
	command -v strace >/dev/null || skip "strace is not installed"
	script 'srun true'
	pid=$("$PS" exec "$D" -n n1 -- cat /run/slurm/slurmd.n1.pid)
	"$PS" exec "$D" -n n1 -- strace -f -e trace=file,process \
		-o "$BATS_TEST_TMPDIR/slurmd" -p "$pid" \
		2>"$BATS_TEST_TMPDIR/strace" 3>&- &
	strace=$!
	until_true has attached "$BATS_TEST_TMPDIR/strace"
	alice strace -f -qq -e trace=file,process -o sbatch.trace \
		sbatch -w n1 -o out job.sh
	until_true has "spank\", \"epilog" "$BATS_TEST_TMPDIR/slurmd"
	sleep 0.5
	"$PS" exec "$D" -n n1 -- pkill -x strace || true
	wait "$strace" || true
	has execve "$BATS_TEST_TMPDIR/slurmd"
	has "belay.so" "$BATS_TEST_TMPDIR/slurmd"
	has "belay.so" "$H/sbatch.trace"
	nothing "$(grep -h belay "$BATS_TEST_TMPDIR/slurmd" "$H/sbatch.trace" |
		grep -v 'spank_belay\.so')"
}

# ---- other configurations ---------------------------------------------------

@test "an extern step is left alone, and site= is said to be unread" {
	E=$BATS_TEST_TMPDIR/contain
	chmod 755 "$BATS_TEST_TMPDIR"
	"$PS" up "$E" --nodes 1 --bind "$P:/run/bind/belay" \
		--plugin "/run/bind/belay/spank_belay.so agent=/run/bind/belay/agent site=/etc/belay/s.yaml color=red" \
		PrologFlags=Contain "$EAGER"
	run -0 "$PS" exec "$E" -u alice -- sbatch -o out --belay=good \
		--wrap 'echo $BELAY_RUN; srun true'
	until_true has "after good" "$E/home/alice/calls"
	calls=$(cat "$E/home/alice/calls")
	out=$(cat "$E/home/alice/out")
	state=$("$PS" exec "$E" sinfo -h -o %T)
	"$PS" down "$E" --purge
	[[ $output == *"'site=/etc/belay/s.yaml' is not read by this version"* ]]
	[[ $output == *"unknown argument 'color=red'"* ]]
	[[ $out == *run-* ]]
	[ "$(grep -c ^begin <<<"$calls")" = 1 ]
	[ "$(grep -c ^end <<<"$calls")" = 1 ]
	[[ $state != *drain* ]]
}

# ---- the real agent ---------------------------------------------------------

# The agent that `make` built, in the place of ours.
real_agent() {
	[ -x "$BUILD/belay-agent" ] || skip "belay-agent is not built"
	mv "$P/agent" "$P/agent.away"
	cp "$BUILD/belay-agent" "$P/agent"
}

@test "the real agent refuses a policy with its place" {
	real_agent
	script true
	printf 'version: 1\nattemps: {max: 3}\n' >"$H/my.yaml"
	run -1 job --belay=my.yaml
	[[ $output == *"error: belay: "*"my.yaml:2:1: "*"attemps"* ]]
	[ ! -e "$H/out" ]
}

@test "the first job of INSTALL fails once and is done the second time" {
	real_agent
	sed -n '/\$ cat first.sh/,/^$/s/^ *//p' \
		"$BATS_TEST_DIRNAME/../../INSTALL" | sed 1d >"$H/first.sh"
	grep -q '^#SBATCH --belay' "$H/first.sh"
	alice sbatch first.sh
	until_true has "well, the second time" "$H/first.out"
	grep -qx BELAY_ATTEMPT=1 "$H/first.out"
	grep -qx BELAY_PREVIOUS_CAUSE=failed "$H/first.out"
}

@test "the manual knows every option that sbatch has of us" {
	man=$(sed 's/\\//g' "$BATS_TEST_DIRNAME/../../man/spank_belay.8")
	run -0 alice sbatch --help
	options=$(grep -o -- '--belay[a-z-]*' <<<"$output" | sort -u)
	[ "$(wc -l <<<"$options")" -eq 3 ]
	for option in $options; do
		grep -qE -- "^\.(BI|BR) $option" <<<"$man"
	done
}
