#!/usr/bin/env bats
# belay map over the nodes of an allocation: lost, stopped and stubborn ones.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154  # $output and $status are bats'

bats_require_minimum_version 1.5.0
load support

setup_file() {
	need_cluster
	cluster_start 6 --cpus 2
	write_jobs
}

teardown_file() {
	cluster_stop
}

# write_job NAME [SBATCH OPTION...]: a script from stdin, in alice's home
write_job() {
	local name=$1
	shift
	{
		echo '#!/bin/bash'
		echo "#SBATCH --exclusive --output=$name.log $*"
		echo "mkdir -p $name.ran $name.out; export N=$name"
		cat
	} >"$ALICE/$name.sh"
}

write_jobs() {
	cat >"$ALICE/chunk" <<-'EOF'
	#!/bin/bash
	# chunk NUMBER SECONDS: note the execution, write a result
	echo "$SLURMD_NODENAME $BELAY_SLOT" >>"$N.ran/$1"
	sleep "$2"
	echo "$1" >"$BELAY_CHUNK_TMP/result.$1"
	echo "chunk $1"
	EOF
	chmod 755 "$ALICE/chunk"
	write_job all -N3 <<-EOF
	$OPT/belay map --chunks 120 --into all.out -- ./chunk {} 0.05
	EOF
	write_job dies -N3 --no-kill <<-EOF
	$OPT/belay map --chunks 200 --into dies.out -- ./chunk {} 0.4
	EOF
	write_job pauses -N3 <<-EOF
	$OPT/belay map --chunks 200 --into pauses.out -- ./chunk {} 0.3
	EOF
	write_job told -N2 <<-EOF
	$OPT/belay map --chunks 100 --into told.out -- ./chunk {} 0.5
	echo "exit status \$?"
	EOF
	write_job talks -N2 <<-EOF
	$OPT/belay map --chunks 8 -- sh -c \
		'head -c 5000000 /dev/zero | tr "\\0" \$0; echo; echo err \$0 >&2' \
		>talks.stdout 2>talks.stderr
	EOF
	write_job unprotected -N2 <<-EOF
	BELAY_UNPROTECTED="for a test" $OPT/belay map --chunks 20 -- ./chunk {} 0
	EOF
	write_job orphans -N2 <<-EOF
	$OPT/belay map --chunks 50 --into orphans.out -- ./chunk {} 30 &
	until [ -e orphans.ran/3 ]; do sleep 0.2; done
	kill -KILL \$!
	sleep 40
	EOF
	chown -R 1501:1501 "$ALICE"
}

submit() {
	job=$(alice sbatch --parsable "$1.sh")
	echo "$job" >"$BATS_FILE_TMPDIR/$1.job"
}

log() { cat "$ALICE/$1.log"; }
log_has() { grep -q "$2" "$ALICE/$1.log"; }
results() { find "$ALICE/$1.out" -name 'result.*' | wc -l; }
results_at_least() { (($(results "$1") >= $2)); }
nothing_left() { [[ ! -e $ALICE/$1.out/.belay-tmp ]]; }
nodes_of() { cat "$ALICE/$1.ran"/* | awk '{ print $1 }' | sort -u; }

@test "every node and every slot works, each chunk runs once" {
	submit all
	until_true 60 job_over "$job"
	log all
	job_is "$job" COMPLETED
	log_has all '120 chunks, 0 done before, 120 to do on 3 nodes x 2 slots'
	[[ $(results all) == 120 && $(log all | grep -c '^chunk ') == 120 ]]
	[[ $(cat "$ALICE"/all.ran/* | sort | uniq | wc -l) == 6 ]]
	[[ $(cat "$ALICE"/all.ran/* | wc -l) == 120 ]]
	nothing_left all
	run -1 log_has all 'srun:'
}

@test "keys are in a file of the owner's alone, and gone afterwards" {
	submit pauses
	until_true 30 results_at_least pauses 5
	keys=$(root sh -c 'ls -l ~alice/.belay/*/*/attempts/*/map-*.key' 2>/dev/null)
	echo "$keys"
	[[ $keys == -rw-------* ]]
	secret=$(root sh -c 'sed -n 5p ~alice/.belay/*/*/attempts/*/map-*.key')
	[[ ${#secret} == 40 ]]
	root sh -c 'cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null' |
		tr '\0' '\n' >"$BATS_TEST_TMPDIR/seen"
	grep -q map-worker "$BATS_TEST_TMPDIR/seen"
	run -1 grep -qF "$secret" "$BATS_TEST_TMPDIR/seen"
}

@test "a node stopped for five seconds is not given up" {
	job=$(cat "$BATS_FILE_TMPDIR/pauses.job")
	victim=$(other_node "$job")
	"$PS" exec "$D" -n "$victim" -- pkill -STOP -f map-worker
	sleep 5
	"$PS" exec "$D" -n "$victim" -- pkill -CONT -f map-worker
	until_true 90 job_over "$job"
	log pauses
	job_is "$job" COMPLETED
	[[ $(results pauses) == 200 ]]
	run -1 log_has pauses 'given up'
	[[ $(cat "$ALICE"/pauses.ran/* | wc -l) == 200 ]]
	[[ -z $(root sh -c 'ls ~alice/.belay/*/*/attempts/*/map-*.key' 2>/dev/null) ]]
}

@test "a node dies silently: the others go on within 15 s" {
	submit dies
	until_true 30 results_at_least dies 12
	victim=$(other_node "$job")
	"$PS" kill "$D" "$victim" power
	killed=$SECONDS
	until_true 20 log_has dies "$victim is given up"
	((SECONDS - killed <= 15))
	until_true 120 job_over "$job"
	log dies
	[[ $(results dies) == 200 ]]
	nothing_left dies
	# only what was in hand there ran twice
	(($(cat "$ALICE"/dies.ran/* | wc -l) <= 204))
	"$PS" revive "$D" "$victim"
	"$PS" wait "$D" 60
}

@test "SIGTERM to the job's steps ends the map: 75, and the next resumes" {
	submit told
	until_true 30 results_at_least told 4
	alice scancel --signal=TERM "$job"
	until_true 10 log_has told 'exit status 75'
	before=$(results told)
	until_true 30 job_over "$job"
	submit told
	until_true 90 job_over "$job"
	log told
	log_has told "100 chunks, $before done before"
	log_has told 'exit status 0'
	[[ $(results told) == 100 ]]
}

@test "much output of many nodes comes whole, chunk by chunk" {
	submit talks
	until_true 60 job_over "$job"
	log talks; cat "$ALICE/talks.stderr"
	job_is "$job" COMPLETED
	[[ $(wc -l <"$ALICE/talks.stdout") == 8 ]]
	[[ $(wc -c <"$ALICE/talks.stdout") == 40000008 ]]
	[[ $(tr -s 0-7 <"$ALICE/talks.stdout" | sort | paste -sd' ') == "0 1 2 3 4 5 6 7" ]]
	[[ $(grep -c '^err' "$ALICE/talks.stderr") == 8 ]]
}

@test "without records the nodes work all the same" {
	submit unprotected
	until_true 60 job_over "$job"
	log unprotected
	job_is "$job" COMPLETED
	log_has unprotected 'unprotected, nothing is recorded: for a test'
	[[ $(find "$ALICE/unprotected.ran" -type f | wc -l) == 20 ]]
	[[ -z $(find "$ALICE" -maxdepth 1 -name 'map-*.key') ]]
}

@test "workers whose coordinator was killed leave and take their chunks along" {
	submit orphans
	until_true 30 test -e "$ALICE/orphans.ran/3"
	until_true 30 sh -c "! '$PS' exec '$D' -- pgrep -f map-worker"
	run -1 root pgrep -f './chunk '
	alice scancel "$job"
}
