#!/usr/bin/env bats
# Whose a run is: names, job ids that come again, and records that are gone.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154  # $output and $status are bats'
#
# Three clusters: "a"; "b" of another name, whose users have the homes of a; and
# "c", which loses what slurmctld knew and counts its jobs from 1 again.

bats_require_minimum_version 1.5.0
load support

IN=/run/private-slurm		# a cluster's directory, as it sees itself

setup_file() {
	need_cluster
	local quick="SchedulerParameters=bf_interval=3,sched_interval=5"
	in_cluster a
	cluster_start 3 --cpus 8 KillWait=5 "$quick"
	write_jobs
	in_cluster b
	cluster_start 1 --cpus 8 KillWait=5 "$quick" ClusterName=other \
		--bind "$BATS_FILE_TMPDIR/a/home/alice:$IN/home/alice"
	in_cluster c
	cluster_start 3 --cpus 8 KillWait=5 "$quick"
	write_jobs
	submit_twins
	# shellcheck disable=SC2086  # a list
	scenarios_start ${SCENARIOS:-twins join live purged gone newer counter}
}

teardown_file() {
	local c
	scenarios_stop
	for c in a b c; do
		in_cluster $c
		cluster_stop
	done
}

in_cluster() {
	D=$BATS_FILE_TMPDIR/$1 ALICE=$D/home/alice
}

script() {	# NAME: from stdin
	{ echo '#!/bin/bash'; cat; } > "$ALICE/$1.sh"
	chmod 755 "$ALICE/$1.sh"
}

write_jobs() {
	printf '%s\n' 'version: 1' 'preset: standard' 'rules:' \
		'  - {name: look, on: [failed], exit_codes: [9], action: hold}' \
		> "$ALICE/look.yaml"
	# waits for go.NAME, then ends as CODE says
	script waits <<-'EOF'
	echo "start $SLURM_JOB_ID $BELAY_ATTEMPT $BELAY_RUN ${BELAY_PREVIOUS_CAUSE:-none}" >> "notes.$NAME"
	until [ -e "go.$NAME" ]; do sleep 0.2; done
	exit ${CODE:-0}
	EOF
	script maps <<-EOF
	exec $OPT/belay map --chunks 2 -- touch mapped
	EOF
	# fails once
	script once <<-'EOF'
	echo "start $SLURM_JOB_ID $BELAY_ATTEMPT $BELAY_RUN ${BELAY_PREVIOUS_CAUSE:-none}" >> "notes.$NAME"
	[ "${SLURM_RESTART_COUNT:-0}" != 0 ] || exit "${CODE:-3}"
	EOF
	# does at most N of 20 chunks
	script chunks <<-EOF
	echo "start \$SLURM_JOB_ID \$BELAY_ATTEMPT \$BELAY_RUN \$BELAY_CHUNKS_DONE" >> notes.\$NAME
	while [ "\$N" -gt 0 ] && k=\$($OPT/belay chunk claim --chunks 20); do
		echo "\$k" >> chunks.\$NAME
		$OPT/belay chunk done "\$k"
		N=\$((N - 1))
	done
	EOF
}

submit() {	# NAME OPTION... SCRIPT
	alice sbatch --parsable --requeue --open-mode=append -n1 -o "out.$1.%j" \
		--export="ALL,NAME=$1,CODE=${CODE:-},N=${N:-}" "${@:2}"
}

same() {	# WHAT GOT WANTED
	[[ $2 == "$3" ]] || { printf '%s is\n%s\nnot\n%s\n' "$@"; return 1; }
}

notes() { cat "$ALICE/notes.$1"; }
started() { grep -q "^start $2 $3 " "$ALICE/notes.$1" 2> /dev/null; }
is_held() { [[ $(job_field "$1" JobState) == PENDING && $(job_field "$1" Priority) == 0 ]]; }
go_on() {	# JOB: of a held one, now
	alice scontrol release "$1"
	sleep 3		# not in the second of the kill
	alice scontrol update "jobid=$1" StartTime=now
}

# lines of belay's in the output of job $2
said() { grep -h 'belay: ' "$ALICE/out.$1.$2"; }
digest() { (cd "$1" && find . -type f -exec sha256sum {} + | sort); }

# ---- two clusters, one home ------------------------------------------------

submit_twins() {
	local c
	for c in a b; do
		in_cluster $c
		[[ $(NAME=x submit "twins.$c" --belay once.sh) == 1 ]]
		[[ $(submit "twins.$c" --belay --belay-run=shared once.sh) == 2 ]]
	done
}

scenario_twins() {
	local c
	for c in a b; do
		in_cluster $c
		until_true 90 job_is 1 COMPLETED
		until_true 90 job_is 2 COMPLETED
	done
	in_cluster a
	keep ambiguous "$(belay status 1 2>&1)"
	keep a "$(belay status 1 --cluster private --json)"
	keep b "$(belay status 1 --cluster other --json)"
	keep shared "$(belay status shared --cluster other --json)"
}

facts() {	# JSON EXPRESSION
	python3 -c "import json, sys; s=json.loads(sys.argv[1]); a=s['attempts']; print(($2))" "$1"
}

@test "two clusters with one home and the same job ids: each has its own runs" {
	scenario_done twins
	in_cluster a
	local c
	same "which" "$(kept twins ambiguous)" \
		"belay status: several clusters have a run '1': other, private; say --cluster NAME"
	for c in a b shared; do
		same "attempts of $c" "$(facts "$(kept twins $c)" "len(a), a[0]['cause'], a[1]['cause']")" \
			"(2, 'failed', 'completed')"
	done
	for c in a b; do
		same "notes of $c" "$(notes "twins.$c" | sort | paste -sd' ')" \
			"start 1 1 1 none start 1 2 1 failed start 2 1 shared none start 2 2 shared failed"
	done
}

# ---- one run, several submissions ------------------------------------------

scenario_join() {
	in_cluster a
	first=$(N=12 submit join --belay --belay-run=both chunks.sh)
	until_true 60 job_is "$first" COMPLETED
	second=$(N=100 submit join --belay --belay-run=both chunks.sh)
	until_true 60 job_is "$second" COMPLETED
	keep jobs "$first $second"
}

@test "a second submission of a name does only what is left, and the attempts go on" {
	scenario_done join
	in_cluster a
	local first second
	read -r first second <<< "$(kept join jobs)"
	same "notes" "$(notes join | paste -sd' ')" "start $first 1 both 0 start $second 2 both 12"
	same "chunks" "$(sort -n "$ALICE/chunks.join" | paste -sd' ')" "$(seq -s' ' 0 19)"
	same "the run" "$(status both "s['chunks']['done'], [x['job'] for x in a], [x['chunks_done'] for x in a]")" \
		"(20, ['$first', '$second'], [12, 8])"
	same "by either id" "$(status "$first" "s['run']") $(status "$second" "s['run']")" "both both"
}

scenario_live() {
	in_cluster a
	first=$(submit live --belay --belay-run=busy waits.sh)
	until_true 60 started live "$first" 1
	second=$(submit live --belay --belay-run=busy once.sh)
	keep jobs "$first $second"
	third=$(submit third --no-requeue --belay --belay-run=busy maps.sh)
	until_true 60 job_over "$third"
	keep third "$(job_field "$third" ExitCode) $(said third "$third" | grep -c "held by job $first")"
	[ ! -e "$ALICE/mapped" ]
	until_true 60 is_held "$second"
	keep meanwhile "$(status busy "s['state'], len(a)") $(notes live | wc -l)"
	go_on "$second"		# too early
	until_true 90 eval "[[ \$(job_field $second Restarts) == 2 ]] && is_held $second"
	touch "$ALICE/go.live"
	until_true 60 job_is "$first" COMPLETED
	go_on "$second"
	until_true 90 job_is "$second" COMPLETED
}

@test "a job that wants a run another works on waits for a person, and then goes on" {
	scenario_done live 300
	in_cluster a
	local first second
	read -r first second <<< "$(kept live jobs)"
	same "meanwhile" "$(kept live meanwhile)" "('running', 1) 1"
	same "notes" "$(notes live | paste -sd' ')" "start $first 1 busy none start $second 2 busy completed"
	same "what it was told" "$(said live "$second" | sed 's/^[^:]*: //' | sort | uniq -c | sed 's/^ *//')" \
		"2 error: belay: this job does not run now: run 'busy' is held by job $first; this job is requeued and held until 'scontrol release $second'"
	same "one that may not be requeued" "$(kept live third)" "75:0 1"
	same "the run" "$(status busy "[(x['job'], x['cause']) for x in a]")" \
		"[('$first', 'completed'), ('$second', 'completed')]"
	same "the other" "$(job_field "$first" Restarts)" 0
}

# ---- records that are gone -------------------------------------------------

scenario_purged() {
	in_cluster a
	job=$(CODE=9 submit purged --belay=$IN/home/alice/look.yaml once.sh)
	keep job "$job"
	until_true 60 is_held "$job"
	rm -r "$ALICE/.belay/private/$job"
	go_on "$job"
	until_true 90 job_is "$job" COMPLETED
}

@test "records that were purged between two attempts are missed aloud" {
	scenario_done purged
	in_cluster a
	local job
	job=$(kept purged job)
	same "notes" "$(notes purged | paste -sd' ')" "start $job 1 $job none start $job 1 $job none"
	same "said" "$(said purged "$job" | grep -c "belay: this is restart 1, but run '$job' has no history: it is missing")" 1
}

GONE="run cluster root closed"

# what happens to the records of a job that runs, in a root of its own
vanish() {	# HOW JOB ROOT
	case $1 in
	run) rm -r "$3/private/$2" ;;
	cluster) rm -r "$3/private" ;;
	root) rm -r "$3" ;;
	closed) chmod 000 "$3" ;;
	esac
}

scenario_gone() {
	in_cluster a
	local how job
	install -d -m 700 -o 1501 -g 1501 "$ALICE/roots"
	for how in $GONE; do
		keep "$how" "$(CODE=3 submit "gone.$how" --belay "--belay-root=$IN/home/alice/roots/$how" waits.sh)"
	done
	for how in $GONE; do
		job=$(kept gone "$how")
		until_true 60 started "gone.$how" "$job" 1
		vanish "$how" "$job" "$ALICE/roots/$how"
		touch "$ALICE/go.gone.$how"
		until_true 60 job_over "$job"
	done
	chmod 700 "$ALICE/roots/closed"
}

@test "records that vanish under a job: its end says so once, and it ends as without belay" {
	scenario_done gone
	in_cluster a
	local how job why
	for how in $GONE; do
		job=$(kept gone "$how")
		why="its run is gone: .*; this job is unprotected from here on"
		[[ $how != closed ]] || why=".*Permission denied"
		said "gone.$how" "$job" | tee "$BATS_TEST_TMPDIR/said"
		grep -q "error: belay: the end of this attempt is not recorded: $why" "$BATS_TEST_TMPDIR/said"
		same "$how: lines" "$(wc -l < "$BATS_TEST_TMPDIR/said")" 1
		same "$how: how it ended" \
			"$(job_field "$job" JobState) $(job_field "$job" ExitCode) $(job_field "$job" Restarts)" "FAILED 3:0 0"
	done
	# and nothing was made anew where it had been
	[[ ! -e $ALICE/roots/root && ! -e $ALICE/roots/cluster/private ]]
	same "epilogs" "$(cat "$D"/log/slurmd.n*.log | grep -c 'nothing was done after the job: .*gone')" 0
}

scenario_newer() {
	in_cluster a
	local new=$ALICE/.belay/private/newer
	until_true 30 test -d "$ALICE/.belay/private"
	install -d -m 700 -o 1501 -g 1501 "$new" "$new/attempts" "$new/attempts/000007"
	echo '{"format": 2, "run": "newer"}' > "$new/run.json"
	echo '{"format": 2}' > "$new/attempts/000007/begin.json"
	chown -R 1501:1501 "$new"
	digest "$new" > "$BATS_FILE_TMPDIR/newer.before"
	job=$(CODE=3 submit newer --belay --belay-run=newer once.sh)
	keep job "$job"
	until_true 60 job_over "$job"
	sleep 3		# its epilog
	digest "$new" > "$BATS_FILE_TMPDIR/newer.after"
}

@test "a run of a newer format is left alone, with one line" {
	scenario_done newer
	in_cluster a
	local job
	job=$(kept newer job)
	said newer "$job"
	said newer "$job" | grep -q "this job runs unprotected: .*run.json: format 2 is not known; a newer belay wrote it"
	same "lines" "$(said newer "$job" | wc -l)" 1
	same "the end" "$(job_field "$job" JobState) $(job_field "$job" ExitCode)" "FAILED 3:0"
	diff "$BATS_FILE_TMPDIR/newer.before" "$BATS_FILE_TMPDIR/newer.after"
}

# ---- job ids that come again -----------------------------------------------

# Power fails everywhere, and what slurmctld knew is lost.
forget_everything() {
	"$PS" controller "$D" stop
	"$PS" kill "$D" n1 power
	"$PS" kill "$D" n2 power
	"$PS" kill "$D" n3 power
	rm -r "$D"/ctld/*
	"$PS" controller "$D" start
	for n in n1 n2 n3; do "$PS" revive "$D" $n; done
	"$PS" wait "$D" 60
}

# Job 2 gets the id of a job whose run is younger than the one that it joins.
scenario_counter() {
	in_cluster c
	local old=$ALICE/.belay/private/3
	same "id" "$(submit kept --belay --belay-run=kept waits.sh)" 1
	until_true 60 started kept 1 1
	same "id" "$(submit other --belay waits.sh)" 2
	same "id" "$(submit old --belay waits.sh)" 3
	until_true 60 started other 2 1
	until_true 60 started old 3 1
	forget_everything
	digest "$old" > "$BATS_FILE_TMPDIR/counter.before"

	same "id" "$(submit first --belay once.sh)" 1
	same "id" "$(submit kept --belay --belay-run=kept once.sh)" 2
	same "id" "$(submit new -N2 -n2 --belay=high-availability waits.sh)" 3
	until_true 90 job_is 1 COMPLETED
	until_true 90 job_is 2 COMPLETED
	until_true 60 started new 3 1
	"$PS" kill "$D" "$(batch_host 3)" power
	until_true 90 started new 3 2
	touch "$ALICE/go.new"
	until_true 60 job_is 3 COMPLETED
	digest "$old" > "$BATS_FILE_TMPDIR/counter.after"
}

@test "a job id that Slurm gives again never goes on with the run of the first" {
	scenario_done counter 300
	in_cluster c
	diff "$BATS_FILE_TMPDIR/counter.before" "$BATS_FILE_TMPDIR/counter.after"
	same "notes" "$(notes new | paste -sd' ')" "start 3 1 3.2 none start 3 2 3.2 node_fail"
	same "said" "$(said new 3 | grep -c "belay: run '3' is another submission's; this one is '3.2'")" 1
	same "by the id" "$(status 3 "s['run'], len(a), a[1]['cause']")" "('3.2', 2, 'completed')"
	same "restarts" "$(job_field 3 Restarts)" 1
	grep -q '"by": "after"' "$ALICE/.belay/private/3.2/attempts/000001/decision.json"
	# where nothing was called so before
	same "notes" "$(notes first | paste -sd' ')" "start 1 1 1 none start 1 2 1 failed"
}

@test "a name may be joined by a job that has the id of another" {
	scenario_done counter 300
	in_cluster c
	same "notes" "$(notes kept | paste -sd' ')" \
		"start 1 1 kept none start 2 2 kept vanished start 2 3 kept failed"
	same "the run" "$(status kept "[(x['job'], x['cause'], x['suspects']) for x in a]")" \
		"[('1', 'vanished', ''), ('2', 'failed', ''), ('2', 'completed', '')]"
	same "by the id" "$(status 2 "s['run']") $(status 1 "s['run']")" "kept 1"
	same "restarts" "$(job_field 2 Restarts)" 1
}

# ---- names that cannot be --------------------------------------------------

refused() {	# NAME WORDS
	run -1 submit refused --belay "--belay-run=$1" once.sh
	echo "$output"
	[[ $output == *"sbatch: error: belay: not a name for a run: $2"* ]]
}

@test "what cannot be a name is refused when it is asked for, with what would be right" {
	in_cluster a
	local of="use 1 to 120 of A-Z a-z 0-9 . _ @ + = -" jobs long
	jobs=$(alice squeue -h -t all -n once.sh | wc -l)
	long=$(printf 'x%.0s' {1..121})
	refused "" "it is empty; $of"
	refused "$long" "it has 121 bytes; $of"
	refused "${long:0:112}%j" "it has 122 bytes; $of"
	refused .. "'..'; $of, the first neither . nor -"
	refused . "'.'; $of"
	refused ../x "'../x'; $of"
	refused a/b "'a/b'; $of"
	refused /etc/passwd "'/etc/passwd'; $of"
	refused -x "'-x'; $of"
	refused --policy "'--policy'; $of"
	refused größe "'größe'; $of"
	refused "a b" "'a b'; $of"
	refused 'a$(id)' "'a\$(id)'; $of"
	refused "it's" "'it's'; $of"
	refused $'a\nb' "'a?b'; $of"
	refused jobs "'jobs' is belay's own; use another"
	refused policies "'policies' is belay's own; use another"
	run -1 submit refused --belay '--belay-run=%q' once.sh
	[[ $output == *"'%q' stands for nothing; there are %j %A %a %x %u and %%"* ]]
	same "jobs" "$(alice squeue -h -t all -n once.sh | wc -l)" "$jobs"
	# what may be odd, but is one
	job=$(submit odd --belay '--belay-run=_a.b@c+d=e-f' once.sh)
	until_true 90 job_is "$job" COMPLETED
	same "the odd one" "$(status _a.b@c+d=e-f "len(a)")" 2
}

@test "no node was drained by any of this" {
	in_cluster a
	no_node_drained
	in_cluster c
	no_node_drained
}
