#!/usr/bin/env bats
# Tasks of arrays and components of het jobs: each comes back alone, or whole.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154  # $output and $status are bats'
#
# Slurm takes the bare id of an array for all its tasks, and one of them has that
# id as its own: the one that starts last.

bats_require_minimum_version 1.5.0
load support

setup_file() {
	need_cluster
	# nothing here is about how soon a job starts
	cluster_start 20 --cpus 2 KillWait=5 \
		SchedulerParameters=bf_interval=3,sched_interval=5
	write_jobs
	# shellcheck disable=SC2086  # a list
	scenarios_start ${SCENARIOS:-owner pending exits first_held together \
		patterns inner het het_exit}
}

teardown_file() {
	scenarios_stop
	cluster_stop
}

script() {	# NAME: from stdin
	{ echo '#!/bin/bash'; cat; } > "$ALICE/$1.sh"
	chmod 755 "$ALICE/$1.sh"
}

write_jobs() {
	# notes its starts, and waits for the file go.NAME
	script waits <<-'EOF'
	me=${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID
	echo "start $BELAY_ATTEMPT $BELAY_RUN" >> "notes.$me"
	until [ -e "go.$NAME" ]; do sleep 0.2; done
	EOF
	# ends as codes/TASK.ATTEMPT says, once all tasks have started
	script exits <<-'EOF'
	me=${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID
	echo "start $BELAY_ATTEMPT $BELAY_RUN" >> "notes.$me"
	until [ "$(ls notes."${SLURM_ARRAY_JOB_ID}"_* | wc -l)" -ge "$ALL" ]; do sleep 0.2; done
	case $SLURM_ARRAY_TASK_ID.$BELAY_ATTEMPT in
	1.1) exit 3 ;;
	2.*|4.1) exit 9 ;;
	3.*) until [ -e "go.$NAME" ]; do sleep 0.2; done ;;
	esac
	EOF
	script first <<-'EOF'
	[ "$SLURM_ARRAY_TASK_ID" != 0 ] || exit 9
	EOF
	script turns <<-'EOF'
	me=${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID
	echo "start $me" >> turns
	sleep 2
	echo "end $me" >> turns
	EOF
	script het <<-'EOF'
	echo "start $BELAY_ATTEMPT $BELAY_RUN $BELAY_ACTION" >> "notes.$SLURM_JOB_ID"
	srun --het-group=0,1 sh -c 'echo "$SLURM_JOB_ID $BELAY_RUN $BELAY_ATTEMPT" > "seen.$SLURM_JOB_ID.$SLURM_PROCID"'
	[ "$BELAY_ATTEMPT" = 1 ] || exit 0
	[ "$NAME" != het_exit ] || exit 3
	srun --het-group=0,1 sleep 600
	EOF
	printf '%s\n' 'version: 1' 'preset: standard' 'rules:' \
		'  - {name: look, on: [failed], exit_codes: [9], action: hold}' \
		> "$ALICE/look.yaml"
}

submit() {	# NAME OPTION... SCRIPT
	alice sbatch --parsable --requeue --open-mode=append -o "out.$1.%A_%a" \
		--export="ALL,NAME=$1,ALL=5" "${@:2}"
}

same() {	# WHAT GOT WANTED
	[[ $2 == "$3" ]] || { printf '%s is\n%s\nnot\n%s\n' "$@"; return 1; }
}

started() { grep -q "^start $2 " "$ALICE/notes.$1" 2> /dev/null; }

# how TASK...: all that a requeue, a hold or an update would change
how() {
	local task field
	for task in "$@"; do
		for field in JobState Restarts Priority ExcNodeList StartTime NodeList; do
			printf '%s ' "$(job_field "$task" $field)"
		done
		echo
	done
}

is_held() { [[ $(job_field "$1" JobState) == PENDING && $(job_field "$1" Priority) == 0 ]]; }
restarted() { (($(job_field "$1" Restarts) >= $2)); }

# record RUN ATTEMPT FILE KEY
record() {
	python3 -c "import json, sys; print(json.load(open(sys.argv[1]))['$4'])" \
		"$ALICE/.belay/private/$1/attempts/00000$2/$3.json"
}

# ---- a node of one task dies -----------------------------------------------

scenario_owner() {
	job=$(submit owner --array=0-3 -N2 --exclusive --begin=now+5 --belay=high-availability waits.sh)
	keep job "$job"
	local task
	alice scontrol hold "${job}_3"	# pending: what hits all tasks changes it
	for task in 0 1 2; do until_true 60 started "${job}_$task" 1; done
	task=${job}_2
	keep id "$(job_field "$task" JobId)"
	keep before "$(how "${job}"_{0,1,3})"

	keep victim1 "$(other_node "$task")"
	"$PS" kill "$D" "$(kept owner victim1)" power
	until_true 90 started "$task" 2
	keep exc1 "$(job_field "$task" ExcNodeList)"
	"$PS" revive "$D" "$(kept owner victim1)"

	keep victim2 "$(batch_host "$task")"
	"$PS" kill "$D" "$(kept owner victim2)" power
	until_true 90 started "$task" 3
	keep exc2 "$(expand "$(job_field "$task" ExcNodeList)" | sort | paste -sd' ')"
	keep after "$(how "${job}"_{0,1,3})"
	alice scancel "${job}_3"
	"$PS" revive "$D" "$(kept owner victim2)"
	touch "$ALICE/go.owner"
	for task in 0 1 2; do until_true 60 job_is "${job}_$task" COMPLETED; done
	keep restarts "$(for task in 0 1 2; do job_field "${job}_$task" Restarts; done | paste -sd' ')"
}

@test "nodes of the task that owns the array's id die: it alone is requeued, at end and at after" {
	scenario_done owner
	local job
	job=$(kept owner job)
	same "the task's own id" "$(kept owner id)" "$job"
	same "the others" "$(kept owner after)" "$(kept owner before)"
	same "restarts" "$(kept owner restarts)" "0 0 2"
	same "left out first" "$(kept owner exc1)" "$(kept owner victim1)"
	# of fewer than 20 nodes that serve, one may be left out: the latest
	[[ " $(kept owner exc2) " == *" $(kept owner victim2) "* ]]
	same "who acted" "$(record "${job}_2" 1 decision by) $(record "${job}_2" 2 decision by)" "end after"
	same "its attempts" "$(status "${job}_2" "[(x['job'], x['cause']) for x in a]")" \
		"[('${job}_2', 'node_fail'), ('${job}_2', 'node_fail'), ('${job}_2', 'completed')]"
	same "theirs" "$(status "${job}_0" "len(a)") $(status "${job}_1" "len(a)")" "1 1"
}

# Two run, two are still in the array's own record.
scenario_pending() {
	job=$(submit pending --array=0-3%2 -N2 --exclusive --belay=high-availability waits.sh)
	keep job "$job"
	local task
	for task in 0 1; do until_true 60 started "${job}_$task" 1; done
	keep waiting "$(alice squeue -h -j "$job" -t PENDING -o %i)"
	keep before "$(how "${job}_1")"
	victim=$(batch_host "${job}_0")
	"$PS" kill "$D" "$victim" power
	until_true 60 restarted "${job}_0" 1
	until_true 60 test -e "$ALICE/.belay/private/${job}_0/attempts/000001/decision.json"
	sleep 4		# whatever was to be done is done
	keep after "$(how "${job}_1")"
	keep held "$(for task in 0 1 2 3; do ! is_held "${job}_$task" || echo "$task"; done)"
	"$PS" revive "$D" "$victim"
	touch "$ALICE/go.pending"
	for task in 0 1 2 3; do until_true 120 job_is "${job}_$task" COMPLETED; done
	keep restarts "$(for task in 0 1 2 3; do job_field "${job}_$task" Restarts; done | paste -sd' ')"
	keep excluded "$(for task in 1 2 3; do job_field "${job}_$task" ExcNodeList; done | sort -u)"
}

@test "a task's node dies while others are not yet split off the array: they never notice" {
	scenario_done pending
	local job
	job=$(kept pending job)
	same "those that wait" "$(kept pending waiting)" "${job}_[2-3%2]"
	same "the other" "$(kept pending after)" "$(kept pending before)"
	same "held" "$(kept pending held)" ""
	same "restarts" "$(kept pending restarts)" "1 0 0 0"
	same "left out" "$(kept pending excluded)" "(null)"
	same "attempts" "$(for i in 0 1 2 3; do status "${job}_$i" "len(a)"; done | paste -sd' ')" "2 1 1 1"
	same "who decided" "$(record "${job}_0" 1 decision by)" after
}

# ---- a task fails ----------------------------------------------------------

scenario_exits() {
	job=$(submit exits --array=0-4 -n1 --belay=look.yaml exits.sh)
	keep job "$job"
	until_true 90 job_is "${job}_1" COMPLETED
	until_true 60 is_held "${job}_2"
	until_true 60 is_held "${job}_4"
	until_true 60 job_is "${job}_0" COMPLETED
	keep owner "$(job_field "${job}_4" JobId)"
	keep third "$(job_field "${job}_3" JobState) $(job_field "${job}_3" Restarts)"
	alice scontrol release "${job}_4"
	until_true 90 job_is "${job}_4" COMPLETED
	keep second "$(is_held "${job}_2" && echo held)"
	touch "$ALICE/go.exits"
	until_true 60 job_is "${job}_3" COMPLETED
	keep restarts "$(for i in 0 1 2 3 4; do job_field "${job}_$i" Restarts; done | paste -sd' ')"
	alice scancel "${job}_2"
}

@test "of tasks that fail each gets what was decided about it, and the others nothing" {
	scenario_done exits
	local job
	job=$(kept exits job)
	same "the owner's id" "$(kept exits owner)" "$job"
	same "the one that works" "$(kept exits third)" "RUNNING 0"
	same "the other held one" "$(kept exits second)" held
	same "restarts" "$(kept exits restarts)" "0 1 1 0 1"
	same "attempts" "$(for i in 0 1 2 3 4; do status "${job}_$i" "len(a)"; done | paste -sd' ')" "1 2 1 1 2"
	same "spellings" "$(status "${job}_4" "s['run']") $(status "$job" "s['run']")" "${job}_4 ${job}_4"
	same "spellings" "$(status "$(job_field "${job}_1" JobId)" "s['run']")" "${job}_1"
}

scenario_first_held() {
	job=$(submit first_held --array=0-2%1 -n1 --belay=look.yaml first.sh)
	keep job "$job"
	until_true 120 job_is "${job}_2" COMPLETED
	until_true 60 job_is "${job}_1" COMPLETED
	keep first "$(is_held "${job}_0" && echo held)"
	alice scancel "$job"
}

@test "a task is held while others are not yet split off the array: they go on" {
	scenario_done first_held
	same "the first" "$(kept first_held first)" held
}

# ---- names -----------------------------------------------------------------

release_held() {	# ARRAY TASK...
	local task
	for task in "${@:2}"; do
		! is_held "$1_$task" || alice scontrol release "$1_$task"
		alice scontrol update "jobid=$1_$task" StartTime=now 2> /dev/null || :
	done
}

all_done() {		# ARRAY TASK...
	local task
	for task in "${@:2}"; do job_is "$1_$task" COMPLETED || return 1; done
}

scenario_together() {
	job=$(submit together --array=0-3 -n1 --belay --belay-run=together turns.sh)
	keep job "$job"
	until_true 60 grep -q "^end" "$ALICE/turns"
	sleep 2
	keep first "$(wc -l < "$ALICE/turns")"
	local end=$((SECONDS + 150))
	until all_done "$job" 0 1 2 3; do
		((SECONDS < end))
		release_held "$job" 0 1 2 3
		sleep 3
	done
}

@test "of tasks that share a run one works, and the others wait until they are released" {
	scenario_done together
	local job
	job=$(kept together job)
	cat "$ALICE"/out.together.*
	same "lines when the first was done" "$(kept together first)" 2
	# never two at once, and each exactly once
	same "who followed whom" "$(paste -d' ' - - < "$ALICE/turns" | awk '$2 != $4')" ""
	same "tasks" "$(grep -c start "$ALICE/turns") $(sort -u "$ALICE/turns" | grep -c start)" "4 4"
	same "attempts that began" "$(status together "sorted(x['job'] for x in a if x['begin'] and x['cause'] == 'completed')")" \
		"['${job}_0', '${job}_1', '${job}_2', '${job}_3']"
	grep -E "belay: this job does not run now: run 'together' (is held by job ${job}_[0-3]|was taken by another job at the same time); this job is requeued and held until 'scontrol release ${job}_[0-3]'" "$ALICE"/out.together.*
	run ! grep unprotected "$ALICE"/out.together.*
	same "by its task" "$(status "${job}_1" "s['run']")" together
}

scenario_patterns() {
	job=$(submit patterns --array=3,7 -n1 -J sim --belay '--belay-run=%x.%u.%A_%a-%j' first.sh)
	keep job "$job"
	until_true 60 all_done "$job" 3 7
	keep raw "$(job_field "${job}_3" JobId)"
	single=$(alice sbatch --parsable -n1 -o out.single --belay '--belay-run=%A' --wrap true)
	until_true 60 job_over "$single"
}

@test "a run is named as sbatch names its output, and found by the task's name and its id" {
	scenario_done patterns
	local job raw
	job=$(kept patterns job) raw=$(kept patterns raw)
	same "by the task" "$(status "${job}_3" "s['run']")" "sim.alice.${job}_3-$raw"
	same "by the id" "$(status "$raw" "s['run']")" "sim.alice.${job}_3-$raw"
	same "the other" "$(status "${job}_7" "s['run'].startswith('sim.alice.${job}_7-')")" True
	grep "this job runs unprotected: name of the run '%A': '%A': this is no array job" "$ALICE/out.single"
}

scenario_inner() {
	script inner <<-'EOF'
	sbatch --parsable -n1 -o out.inner --belay --wrap true > inner.id
	EOF
	job=$(submit inner --array=5 -n1 --belay inner.sh)
	keep job "$job"
	until_true 60 test -s "$ALICE/inner.id"
	until_true 60 job_is "$(cat "$ALICE/inner.id")" COMPLETED
}

@test "a job that a task submits is no task of its array" {
	scenario_done inner
	local id
	id=$(cat "$ALICE/inner.id")
	same "its run" "$(status "$id" "s['run'], a[0]['job'], len(a)")" "('$id', '$id', 1)"
	run ! grep belay: "$ALICE/out.inner"
}

# ---- heterogeneous jobs ----------------------------------------------------

scenario_het() {
	job=$(alice sbatch --parsable --requeue --open-mode=append -o out.het --export=ALL,NAME=het \
		--belay=high-availability --exclusive -N1 : --exclusive -N1 het.sh)
	keep job "$job"
	until_true 90 test -e "$ALICE/seen.$job.1"
	keep seen "$(sort -u "$ALICE/seen.$job".*)"
	victim=$(job_field "$((job + 1))" NodeList)
	keep victim "$victim"
	keep leader "$(job_field "$job" NodeList)"
	"$PS" kill "$D" "$victim" power
	until_true 120 job_is "$job" COMPLETED
	until_true 20 job_is "$((job + 1))" COMPLETED
	keep restarts "$(job_field "$job" Restarts) $(job_field "$((job + 1))" Restarts)"
	keep exc "$(job_field "$job" ExcNodeList)"
	"$PS" revive "$D" "$victim"
}

@test "a node of a het job's second component dies: the whole job comes back once, as one run" {
	scenario_done het
	local job victim
	job=$(kept het job) victim=$(kept het victim)
	same "restarts" "$(kept het restarts)" "1 1"
	same "starts" "$(paste -sd' ' "$ALICE/notes.$job")" "start 1 $job start start 2 $job failover"
	same "what its components saw" "$(kept het seen)" "$job $job 1"
	same "the run" "$(status "$job" "len(a), a[0]['cause'], a[0]['suspects'], a[1]['cause']")" \
		"(2, 'node_fail', '$victim', 'completed')"
	same "its nodes" "$(expand "$(status "$job" "a[0]['nodes']")" | sort | paste -sd' ')" \
		"$(printf '%s\n' "$victim" "$(kept het leader)" | sort | paste -sd' ')"
	same "left out" "$(kept het exc)" "$victim"
	[[ ! -e $ALICE/.belay/private/$((job + 1)) ]]
	same "by a component" "$(status "$job+1" "s['run']")" "$job"
}

scenario_het_exit() {
	job=$(alice sbatch --parsable --requeue --open-mode=append -o out.het_exit --export=ALL,NAME=het_exit \
		--belay --exclusive -N1 : --exclusive -N1 het.sh)
	keep job "$job"
	until_true 150 job_is "$job" COMPLETED
	until_true 20 job_is "$((job + 1))" COMPLETED
	keep restarts "$(job_field "$job" Restarts) $(job_field "$((job + 1))" Restarts)"
}

@test "the script of a het job fails: the whole job comes back once" {
	scenario_done het_exit
	local job
	job=$(kept het_exit job)
	same "restarts" "$(kept het_exit restarts)" "1 1"
	same "starts" "$(paste -sd' ' "$ALICE/notes.$job")" "start 1 $job start start 2 $job retry"
	same "the run" "$(status "$job" "len(a), a[0]['cause'], a[0]['suspects'], a[1]['cause']")" \
		"(2, 'failed', '', 'completed')"
}

@test "no node was drained by any of this" {
	no_node_drained
}
