#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# status.bats - how a run stands, why, and what happened

# run_dir is set by runs.bash, stderr by bats, and "done" is a verb
# shellcheck disable=SC2154,SC1010

bats_require_minimum_version 1.5.0
load runs

setup() {
	runs_setup
}

# Attempt 1 lost n1, attempt 2 is running.
make_story() {
	make_run demo high-availability
	begin_attempt 1 20
	end_attempt 1 15 node_fail '"suspects": "n1", "signal": 15,
		"evidence": ["node n1 is DOWN", "its heartbeat stopped"]'
	decide_attempt 1 15 failover '"reason": "node n1 died under it",
		"exclude": [{"node": "n1", "until": "2038-01-01T00:00:00.000000Z"}]'
	begin_attempt 2 14 '"nodes": "n[2-4]", "action": "failover"'
}

keys() {		# keys EXPRESSION: of the object on stdin, in order
	json "' '.join($1.keys())"
}

@test "the JSON has exactly the keys that are promised" {
	make_story
	out=$(belay status demo --json)
	python3 -m json.tool <<<"$out" >/dev/null
	[ "$(keys j <<<"$out")" = "run state attempts chunks checkpoints" ]
	[ "$(keys 'j["attempts"][0]' <<<"$out")" = "attempt job restart nodes begin end cause suspects action rule chunks_done" ]
	[ "$(keys 'j["chunks"]' <<<"$out")" = "total done running retrying quarantined" ]
	[ "$(keys 'j["checkpoints"]' <<<"$out")" = "count newest newest_good bytes" ]
}

@test "the JSON says what was recorded" {
	make_story
	inside 2
	echo one >f
	belay checkpoint save f
	belay checkpoint save f
	echo x >>"$run_dir/checkpoints/000002/f"
	belay checkpoint verify || true
	out=$(belay status --json)
	[ "$(json 'j["state"]' <<<"$out")" = running ]
	[ "$(json 'j["checkpoints"]' <<<"$out")" = \
		"{'count': 2, 'newest': '2', 'newest_good': '1', 'bytes': 8}" ]
	[ "$(json '[a["suspects"] for a in j["attempts"]]' <<<"$out")" = "['n1', None]" ]
	[ "$(json '[a["action"] for a in j["attempts"]]' <<<"$out")" = "['start', 'failover']" ]
	[ "$(json '[a["rule"] for a in j["attempts"]]' <<<"$out")" = "['the rule', None]" ]
	[[ $(json 'j["attempts"][0]["begin"]' <<<"$out") == 20??-??-??T??:??:??.??????Z ]]
}

@test "chunks are counted, by status and by the attempt that did them" {
	make_run demo
	begin_attempt 1 5
	inside 1
	for k in 0 1 2 3 4; do
		[ "$(belay chunk claim --chunks 10)" = $k ]
	done
	belay chunk done 0
	belay chunk done 1
	belay chunk fail 2 --reason 'no luck'
	belay chunk fail 3 --no-retry --reason 'wrong input' || true
	out=$(belay status --json)
	[ "$(json 'j["chunks"]' <<<"$out")" = "{'total': 10, 'done': 2, 'running': 1, 'retrying': 1, 'quarantined': 1}" ]
	[ "$(json 'j["attempts"][0]["chunks_done"]' <<<"$out")" = 2 ]
	run -0 belay status
	[[ $output == *"chunks       [####................] 2 of 10 done"* ]]
	[[ $output == *"1 quarantined"* ]]
	run -0 belay events
	[[ $output == *"set 'main' of 10 chunks"* ]]
	[[ $output == *" begun, "*" done"* ]]
	[[ $output == *"chunk 3 given up: "* ]]
	[[ $output == *"chunk 2 failed"*"no luck"* ]]
	[ "$(belay events --all | grep -c 'chunk_begin ')" = 5 ]
	echo x >f
	belay checkpoint save f
	[ "$(belay checkpoint list --json | json 'j[0]["chunks_done"]')" = 2 ]
	unset BELAY_RUN_DIR
	[[ $(belay status) == *" 2/10 "* ]]
	[[ $(belay why demo) == *"It finished 2 chunks."* ]]
}

@test "each state is told from the records" {
	make_run a
	[ "$(belay status a --json | json 'j["state"]')" = pending ]
	begin_attempt 1 5
	[ "$(belay status a --json | json 'j["state"]')" = running ]
	end_attempt 1 4 out_of_memory
	decide_attempt 1 4 restore
	[ "$(belay status a --json | json 'j["state"]')" = waiting ]
	for case in "hold held" "fail failed" "none failed"; do
		decide_attempt 1 4 ${case% *}
		[ "$(belay status a --json | json 'j["state"]')" = "${case#* }" ]
	done
	end_attempt 1 4 completed
	[ "$(belay status a --json | json 'j["state"]')" = completed ]
	end_attempt 1 4 cancelled
	[ "$(belay status a --json | json 'j["state"]')" = cancelled ]
}

@test "outside Slurm a dead process leaves the state unknown" {
	make_run local
	sleep 60 &
	pid=$!
	start=$(cut -d' ' -f22 </proc/$pid/stat)
	begin_attempt 1 5 "\"job\": null, \"job_id\": 0, \"process\": {
		\"host\": \"$(hostname)\", \"pid\": $pid, \"start\": $start,
		\"boot_id\": \"$(cat /proc/sys/kernel/random/boot_id)\"}"
	[ "$(belay status local --json | json 'j["state"]')" = running ]
	kill $pid
	wait $pid || true
	[ "$(belay status local --json | json 'j["state"]')" = unknown ]
	run -0 belay why local
	[[ $output == *"Its process is gone and left no end."* ]]
}

@test "without RUN all runs are listed, the newest first" {
	make_run old
	begin_attempt 1 100
	make_story
	make_run young
	begin_attempt 1 1
	run -0 belay status
	[[ ${lines[0]} == RUN*STATE*ATTEMPT*CHUNKS*CHECKPOINT*STARTED ]]
	[[ ${lines[1]} == young*running* ]]
	[[ ${lines[2]} == demo*" 2 "* ]]
	[[ ${lines[3]} == old*"1h40m ago" ]]
	[ "$(belay status --json | json '[r["run"] for r in j]')" = "['young', 'demo', 'old']" ]
	rm -r "$BELAY_ROOT"
	[ "$(belay status)" = "" ]
	[ "$(belay status --json)" = "[]" ]
}

@test "inside a job its own run is meant; a name or job id names another" {
	make_story
	make_run other
	inside 1
	[ "$(belay status --json | json 'j["run"]')" = other ]
	[ "$(belay status demo --json | json 'j["run"]')" = demo ]
	(umask 077
	mkdir -p "$BELAY_ROOT/mc/jobs/12"
	: >"$BELAY_ROOT/mc/jobs/12/000002.demo")
	[ "$(belay status 12 --json | json 'j["run"]')" = demo ]
	run -1 belay status nothing
	[[ $output == *"no run or job 'nothing' below '$BELAY_ROOT'; 'belay status' lists those that are there"* ]]
}

@test "a run that cannot be read does not hide the others" {
	make_story
	make_run broken
	echo '{' >"$run_dir/run.json"
	run -0 --separate-stderr belay status
	[[ ${lines[1]} == demo* ]]
	[[ $stderr == *"run 'broken'"* ]]
}

@test "a page fits 80 columns" {
	make_story
	make_run "wide-$(printf 'x%.0s' {1..100})"
	begin_attempt 1 20 '"job": "123456789_12345", "nodes": "verylongname[0001-9999]"'
	end_attempt 1 15 out_of_memory '"suspects": "verylongname[0001-0999]"'
	decide_attempt 1 15 hold "\"reason\": \"$(printf 'because %.0s' {1..30})\""
	inside 1
	echo x >f
	belay checkpoint save f --label "$(printf 'label %.0s' {1..20})"
	for words in "status" "status demo" "checkpoint list"; do
		belay $words | awk 'length > 80 { print; bad = 1 } END { exit bad }'
	done
	unset BELAY_RUN_DIR
	belay status | awk 'length > 80 { print; bad = 1 } END { exit bad }'
}

@test "why a run is held is told to the last word" {
	make_run demo
	begin_attempt 1 20
	end_attempt 1 15 failed
	decide_attempt 1 15 hold "\"reason\": \"the script failed; 2 of 2 attempts \
are used up: hold the job for a person\""
	out=$(belay status demo)
	grep -q '^             the script failed; 2 of 2 .* hold the job for a$' <<<"$out"
	grep -q '^             person$' <<<"$out"
}

@test "no colours where there is no terminal" {
	make_story
	[[ $(belay status demo) != *$'\033'* ]]
	out=$(TERM=xterm script -qec "$BELAY status demo" /dev/null)
	[[ $out == *$'\033[32mrunning'* ]]
	out=$(TERM=xterm NO_COLOR=1 script -qec "$BELAY status demo" /dev/null)
	[[ $out != *$'\033'* ]]
}

@test "watch ends when the run is over" {
	make_story
	"$BELAY" status demo --watch >seen &
	pid=$!
	sleep 0.5
	end_attempt 2 0 completed
	wait $pid
	grep -q 'state *running' seen
	grep -q 'state *completed' seen
}

@test "why tells the story of each attempt" {
	make_story
	run -0 belay why demo
	[[ ${lines[0]} == "Run demo on mc is running.  2 attempts so far; its policy is high-availability." ]]
	for sentence in "Attempt 1 began on 20" ", as job 12, on n[1-4]." \
		"It ended after 5m0" "a node died (node_fail, signal 15 (Terminated))." \
		"    - node n1 is DOWN" "    - its heartbeat stopped" "Suspected: n1." \
		"Decision: failover: node n1 died under it (rule 'the rule')." \
		"n1 is left out until 2038-01-01 00:00:00 UTC" "9 attempts are left." \
		"after attempt 1 had ended, as job 12, on n[2-4]." \
		"It has been running for 14m0" \
		"Watch it with 'belay status --watch demo'."; do
		[[ $output == *"$sentence"* ]] || { echo "no: $sentence"; false; }
	done
	[ "$(belay why demo --json | json 'j["attempts"][0]["ended"]["evidence"]')" = \
		"['node n1 is DOWN', 'its heartbeat stopped']" ]
	[ "$(belay why demo --json | json 'j["attempts"][0]["decided"]["left_out"][0]["node"]')" = n1 ]
}

@test "why says what a person can do now" {
	make_run a
	begin_attempt 1 5
	end_attempt 1 4 failed '"exit_code": 3'
	decide_attempt 1 4 hold
	run -0 belay why a
	[[ $output == *"the script failed (failed, exit status 3)."* ]]
	[[ $output == *"then 'scontrol release 12'."* ]]
	decide_attempt 1 4 fail
	[[ $(belay why a) == *"Submit it with --belay-run=a."* ]]
	decide_attempt 1 4 retry
	[[ $(belay why a) == *"'squeue -j 12' shows when"* ]]
	end_attempt 1 4 completed
	[[ $(belay why a) == *"Nothing is left to do."* ]]
}

@test "why promises no more than there is" {
	make_run demo
	begin_attempt 1 5
	[[ $(belay why demo) == *"If 'squeue -j 12' does not know it any more"*"--belay-run=demo."* ]]
	inside 1
	belay chunk claim --chunks 2
	belay chunk done 0
	belay chunk claim
	belay chunk fail 1 --no-retry --reason 'wrong input' || true
	unset BELAY_RUN_DIR
	end_attempt 1 1 failed
	decide_attempt 1 1 fail
	out=$(belay why demo)
	[[ $out == *"Only quarantined chunks are left"*"--run demo --status quarantined"* ]]
	[[ $out != *continues* ]]
	end_attempt 1 1 completed
	[[ $(belay why demo) == *"Only quarantined chunks are left"*"--run demo --status quarantined"* ]]
}

@test "a run that vanished is said to have been found gone" {
	make_run demo
	begin_attempt 1 20 '"job": "", "job_id": 0'
	end_attempt 1 15 vanished '"by": "map"'
	begin_attempt 2 15
	[[ $(belay why demo) == *"  It was found gone 5m0"*" after it had begun: it vanished without an end (vanished)."* ]]
}

@test "a run that a full disk left half made is a line beside the others" {
	make_run demo
	begin_attempt 1 5
	mkdir -m 700 "$BELAY_ROOT/mc/half"
	run -0 --separate-stderr belay status
	[[ ${#lines[@]} -eq 2 && ${lines[1]} == "demo "* ]]
	[ "$stderr" = "belay: run 'half' was never made whole; its next start does that" ]
	mkdir -m 700 "$BELAY_ROOT/local"
	mv "$BELAY_ROOT/mc/half" "$BELAY_ROOT/local/half"
	env -u SLURM_JOB_ID "$BELAY" map --run half --chunks 1 -- true
	run -0 --separate-stderr belay status
	[ -z "$stderr" ]
}

@test "events are in order, attempt by attempt" {
	make_story
	mkdir -m 700 "$run_dir/attempts/000003"
	inside 3
	echo x >f
	belay checkpoint save f --label hello
	begin_attempt 3 0
	run -0 belay events demo
	[ "$(awk '{ print $3, $4 }' <<<"$output" | paste -sd,)" = \
		"1 begin,1 end,1 evidence,1 evidence,1 decision,2 begin,3 begin,3 checkpoint" ]
	[[ ${lines[0]} == 20??-??-??" "??:??:??.???" "*"start, job 12, on n[1-4]" ]]
	[[ ${lines[7]} == *"1 published: 1 file, 2 B, hello" ]]
	run -0 belay events demo --json
	[ "$(json 'len(j)' <<<"$output")" = 8 ]
	[ "$(json '" ".join(j[0])' <<<"$output")" = "time attempt event late writer sequence text" ]
}

@test "a late checkpoint and a damaged one are told as such" {
	make_run demo
	begin_attempt 1 5
	inside 1
	echo x >f
	belay checkpoint save f
	belay checkpoint save f
	begin_attempt 2 1 '"checkpoints": ["1"]'
	echo y >>"$run_dir/checkpoints/000001/f"
	belay checkpoint verify >/dev/null || true
	run -0 belay events
	[[ $output == *"checkpoint     (late) 2 published"* ]]
	[[ $output == *"damage         checkpoint 1: file has 4 bytes instead of 2: 'f'"* ]]
	[ "$(belay status --json | json 'j["checkpoints"]["newest_good"]')" = None ]
	[[ $(belay status) == *"damage       1 checkpoint; 'belay events' says which"* ]]
}

@test "a task of an array is found by the name that Slurm shows" {
	make_run 123_4
	begin_attempt 1 9 '"job": "123_4", "job_id": 127'
	make_run sweep
	begin_attempt 1 8 '"job": "123_5", "job_id": 128'
	begin_attempt 2 7 '"job": "123_6", "job_id": 123'
	for spec in 123_4:123_4 123_5:sweep 123_6:sweep; do
		[ "$(belay status "${spec%:*}" --json | json 'j["run"]')" = "${spec#*:}" ]
	done
	make_run 123_4.2
	begin_attempt 1 1 '"job": "123_4", "job_id": 127'
	[ "$(belay status 123_4 --json | json 'j["run"]')" = 123_4.2 ]
	run -1 belay status 123
	[ "$output" = "belay status: job 123 is an array; name one of its tasks, such as 123_4" ]
	run -1 belay status 123_7
	[[ $output == "belay status: no run or job '123_7' below "* ]]
}

@test "a component of a het job is found where its leader is" {
	make_run pair
	begin_attempt 1 9
	(umask 077 && mkdir -p "$BELAY_ROOT/mc/jobs/12" && : >"$BELAY_ROOT/mc/jobs/12/000001.pair")
	for spec in 12 12+0 12+1; do
		[ "$(belay status $spec --json | json 'j["run"]')" = pair ]
	done
	make_run 13+1
	[ "$(belay status 13+1 --json | json 'j["run"]')" = 13+1 ]
	run -1 belay status 13+2
}
