#!/usr/bin/env bats
# Split brain: a node is cut off, or loses its slurmd, while its tasks live and
# still reach the state directory. The job runs on elsewhere, and then the node
# comes back.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154  # $output and $status are bats'
#
# Takes about three minutes: Slurm ends what is left of attempt 1 up to 40 s after
# the network has healed, and attempt 2 is watched for a minute and more.

bats_require_minimum_version 1.5.0
load support

CALLS=$D/calls
CHUNKS=1000
WATCH=${WATCH:-60}	# seconds, from the moment when the node is back

setup_file() {
	need_cluster
	cluster_up
	write_jobs
	# shellcheck disable=SC2086  # a list
	scenarios_start ${SCENARIOS:-batch other slurmd twice}
}

teardown_file() {
	scenarios_stop
	cluster_stop
}

cluster_up() {
	chmod 755 "${BATS_RUN_TMPDIR:-$BATS_FILE_TMPDIR}" "$BATS_FILE_TMPDIR"
	local agent=$BATS_FILE_TMPDIR/agent
	mkdir -m 755 "$agent"
	cp "$BATS_TEST_DIRNAME"/splitbrain/{agent,hand} "$agent"
	"$PS" up "$D" --nodes 14 --cpus 2 --bind "$BUILD:$OPT" --bind "$agent" \
		--plugin "$OPT/spank_belay.so agent=/run/bind/agent/agent" 3>&-
	mkdir "$CALLS"
	chmod 777 "$CALLS"
}

# map_job's recorder, but each chunk takes a second until NAME.fast is there
write_jobs() {
	local name
	install_recorder
	cat > "$ALICE/bin/patient" <<-'EOT'
	#!/bin/bash
	# patient NAME CHUNK
	[[ -e $HOME/$1.fast ]] && exec "$HOME/bin/record" "$HOME/$1.rec" "$2" 0
	exec "$HOME/bin/record" "$HOME/$1.rec" "$2" 1
	EOT
	chmod 755 "$ALICE/bin/patient"
	for name in batch other slurmd twice; do
		split_job $name
	done
}

# Attempts below LAST have a hand on each node beside the map. Where they are cut
# off their scripts live on after the map has left, but for that of "slurmd".
split_job() {	# NAME
	local last=2
	local leave="wait"
	[[ $1 != twice ]] || last=3
	[[ $1 != slurmd ]] || leave="until [ -e $1.hand/\$SLURMD_NODENAME.1.done ]; do sleep 0.2; done"
	cat > "$ALICE/$1.sh" <<-EOT
	#!/bin/bash
	#SBATCH --requeue --exclusive -N2 --open-mode=append --output=$1.log
	echo "attempt \$BELAY_ATTEMPT action \$BELAY_ACTION checkpoint \$BELAY_CHECKPOINT_ID"
	mkdir -p $1.rec $1.out
	[ "\$BELAY_ATTEMPT" -ge $last ] ||
		srun --overlap --mem=0 -N2 -n2 /run/bind/agent/hand $1 &
	$OPT/belay map --chunks $CHUNKS --into $1.out -- \$HOME/bin/patient $1 {}
	code=\$?
	echo "map of attempt \$BELAY_ATTEMPT left with \$code"
	[ "\$BELAY_ATTEMPT" -ge $last ] || $leave
	exit \$code
	EOT
	chmod 755 "$ALICE/$1.sh"
}

# ---- the scenarios ---------------------------------------------------------

begun_at_least() { (($(status "$1" "sum(bool(x['begin']) for x in a)" 2>/dev/null || echo 0) >= $2)); }

# hands NAME ATTEMPT WHAT NODE...: have they all come so far?
hands() {
	local node
	for node in "${@:4}"; do
		[[ -e $ALICE/$1.hand/$node.$2.$3 ]] || return
	done
}

# cut NAME JOB ATTEMPT batch|other network|slurmd: one of the attempt's nodes, and
# return when the next attempt has begun.
cut() {
	local name=$1 job=$2 n=$3 nodes victim
	nodes=$(expand "$(job_field "$job" NodeList)")
	# shellcheck disable=SC2086  # a list
	until_true 60 hands "$name" "$n" ready $nodes
	until_true 60 done_at_least "$job" 5
	case $4 in
	batch) victim=$(batch_host "$job") ;;
	other) victim=$(other_node "$job") ;;
	esac
	keep "victim.$n" "$victim"
	"$PS" kill "$D" "$victim" "$5"
	until_true 200 begun_at_least "$job" $((n + 1))
}

# What is left of the attempt on the node that was cut off tries everything.
let_go() {	# NAME ATTEMPT
	touch "$ALICE/$1.go.$2"
	until_true 60 hands "$1" "$2" "done" "$(kept "$1" "victim.$2")"
}

# What nobody but Slurm and a person may change while attempt 2 runs.
untouched() {	# JOB
	local field
	for field in JobState Restarts Priority StartTime BatchHost NodeList ExcNodeList; do
		echo "$field=$(job_field "$1" $field)"
	done
}

# Of attempt 1 on that node: all that is to run has run, and left by itself.
agents_left() {	# JOB NODE VERB...
	local verb
	for verb in "${@:3}"; do
		grep -qs '^left' "$CALLS/$2.$verb.$1".* || return
	done
}

# heal NAME JOB VERB...: the victim of attempt 1 is back; attempt 2 is watched
# until the agents of attempt 1 have left there, and for a minute.
heal() {
	local job=$2 victim before began=$SECONDS
	victim=$(kept "$1" victim.1)
	before=$(untouched "$job")
	keep before "$before"
	rm -f "$CALLS/$victim.begin.$job".*
	"$PS" revive "$D" "$victim"
	until ((SECONDS - began >= WATCH)) && agents_left "$job" "$victim" "${@:3}"; do
		[[ $(untouched "$job") == "$before" ]] || { untouched "$job"; return 1; }
		((SECONDS - began < 150))
		sleep 1
	done
	keep watched $((SECONDS - began))
	[[ $(untouched "$job") == "$before" ]]
}

finish() {	# NAME JOB
	touch "$ALICE/$1.fast"
	until_true 120 job_over "$2"
	keep how "$(how "$2")"
}

how() { echo "$(job_field "$1" JobState) $(job_field "$1" ExitCode) $(job_field "$1" Restarts)"; }

split() {	# NAME batch|other network|slurmd VERB...
	job=$(alice sbatch --parsable --belay=high-availability "$1.sh")
	keep job "$job"
	cut "$1" "$job" 1 "$2" "$3"
	let_go "$1" 1
	heal "$1" "$job" "${@:4}"
	finish "$1" "$job"
}

scenario_batch() { split batch batch network end after; }
scenario_other() { split other other network after; }
scenario_slurmd() { split slurmd batch slurmd end after; }

scenario_twice() {
	job=$(alice sbatch --parsable --belay=high-availability twice.sh)
	keep job "$job"
	cut twice "$job" 1 other network
	cut twice "$job" 2 batch network
	let_go twice 2
	let_go twice 1
	keep exc "$(expand "$(job_field "$job" ExcNodeList)" | sort)"
	finish twice "$job"
}

# ---- what must be true -----------------------------------------------------

same() {	# WHAT GOT WANTED
	[[ $2 == "$3" ]] || { printf '%s is\n%s\nnot\n%s\n' "$@"; return 1; }
}

# What a zombie said was refused, with the number of the attempt that works now.
refused() {	# NAME ATTEMPT NEWEST
	local at what
	at=$ALICE/$1.hand/$(kept "$1" "victim.$2").$2
	cat "$at.tried"
	for what in late-done late-save mark fail claim beat save prune map; do
		grep "attempt $3 has begun; attempt $2 does not count any more" \
			"$at.$what.out" || { echo "$what:"; cat "$at.$what.out"; return 1; }
	done
	same "what went through" "$(grep ' 0$' "$at.tried")" ""
}

# asked FILE-OF-JSON PYTHON-EXPRESSION over e, each of the objects: how many
count() { python3 -c "import json,sys; print(sum(bool($1) for e in json.load(sys.stdin)))"; }

# Nor does one get a late checkpoint who asks for it.
not_restored() {	# JOB ATTEMPT, checkpoints as JSON
	local id
	for id in $(python3 -c "import json,sys; print(*[e['id'] for e in json.load(sys.stdin) if e['condition'] == 'late' and e['attempt'] == $2])"); do
		! belay checkpoint restore --run "$1" --into late "$id" > "$ALICE/restore" 2>&1
		grep "checkpoint $id is late: attempt $2 published it after the next one had begun" "$ALICE/restore"
	done
}

# What was written beyond the cut is told as late, and counts nowhere.
told_as_late() {	# NAME ATTEMPT CHECKPOINTS
	local job set late="e['attempt'] == $2 and e['late']"
	job=$(kept "$1" job) set=hand.$(kept "$1" "victim.$2").$2
	belay events "$job" --late --json > "$ALICE/$1.late"
	same "chunk 0 of $set, late" "$(count "$late and e['event'] == 'chunk_done' and e['set'] == '$set' and e['chunk'] == 0" < "$ALICE/$1.late")" 1
	same "done of $set" "$(belay chunk list --run "$job" --set "$set" --json --status "done" | count True)" 0
	belay status "$job" | grep '^late '
	belay checkpoint list --run "$job" --json > "$ALICE/$1.checkpoints"
	same "late checkpoints of attempt $2" "$(count "e['attempt'] == $2 and e['condition'] == 'late'" < "$ALICE/$1.checkpoints")" "$3"
	same "late ones that count" "$(count "e['label'] == 'late' and e['condition'] != 'late'" < "$ALICE/$1.checkpoints")" 0
	not_restored "$job" "$2" < "$ALICE/$1.checkpoints"
	echo "# $1: $(count "$late" < "$ALICE/$1.late") late records of attempt $2" >&3
}

# Each later attempt was offered a checkpoint that had been saved in time.
offered_in_time() {	# NAME ATTEMPT...
	local n id
	for n in "${@:2}"; do
		id=$(sed -n "s/^attempt $n action failover checkpoint //p" "$ALICE/$1.log")
		same "condition of checkpoint '$id'" "$(belay checkpoint list --run "$(kept "$1" job)" --json |
			python3 -c "import json,sys; print([(e['label'], e['condition']) for e in json.load(sys.stdin) if e['id'] == '$id'])")" \
			"[('in-time', 'good')]"
	done
}

# What ran on the victim for attempt 1 after attempt 2 had begun did nothing.
left_by_itself() {	# NAME VERB...
	local verb note job begun
	job=$(kept "$1" job)
	begun=$(status "$job" "int(__import__('datetime').datetime.fromisoformat(a[1]['begin'].replace('Z', '+00:00')).timestamp() * 1000)")
	for verb in "${@:2}"; do
		for note in "$CALLS/$(kept "$1" victim.1).$verb.$job".*; do
			same "$verb" "$(sed 's/ [0-9]*$//' "$note" | paste -sd' ')" "began BELAY_OK=1 left 0"
			(($(sed -n 's/^began //p' "$note") > begun))
		done
		echo "# $1: $verb of attempt 1 ran $(($(sed -n 's/^began //p' "$note") - begun)) ms after attempt 2 began" >&3
	done
}

split_holds() {	# NAME VERB...
	scenario_done "$1" 420
	cat "$ALICE/$1.log"
	refused "$1" 1 2
	told_as_late "$1" 1 1
	offered_in_time "$1" 2
	left_by_itself "$@"
	same "the end" "$(kept "$1" how)" "COMPLETED 0:0 1"
	echo "# $1: watched for $(kept "$1" watched) s" >&3
	proof "$1" "$(kept "$1" job)" "$CHUNKS"
}

map_noticed() {	# NAME ATTEMPT
	grep "belay map: a newer attempt has taken over: .*attempt $2 does not count any more" "$ALICE/$1.log"
	grep -x "map of attempt $2 left with 75" "$ALICE/$1.log"
}

@test "a batch node is cut off: attempt 1 is fenced, and attempt 2 left alone when it is back" {
	split_holds batch end after
	map_noticed batch 1
}

@test "another node is cut off: attempt 1 is fenced, and attempt 2 left alone when it is back" {
	split_holds other after
}

@test "slurmd of the batch node dies, its tasks do not: the same" {
	split_holds slurmd end after
}

@test "two nodes are cut off one after the other: three attempts write, and one counts" {
	scenario_done twice 420
	cat "$ALICE/twice.log"
	refused twice 1 3
	refused twice 2 3
	# attempt 2 swept away what attempt 1 was about to publish
	told_as_late twice 1 0
	told_as_late twice 2 1
	offered_in_time twice 2 3
	map_noticed twice 2
	# the latest suspect: of 14 nodes no more than a tenth
	same "left out" "$(kept twice exc)" "$(kept twice victim.2)"
	same "the end" "$(kept twice how)" "COMPLETED 0:0 2"
	proof twice "$(kept twice job)" "$CHUNKS"
}

@test "no node was drained by any of this" {
	no_node_drained
}
