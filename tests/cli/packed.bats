#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# packed.bats - what a program has packed, seen from the shell

# run_dir is set by runs.bash, stderr by bats
# shellcheck disable=SC2154

bats_require_minimum_version 1.5.0
load runs

setup() {
	runs_setup
	make_run demo
	begin_attempt 1 10
	inside 1
}

pack() {		# pack RANK RANKS STEP LABEL
	"${BUILD:-$BATS_TEST_DIRNAME/../../build}/tests/power/packer" "$@"
}

@test "two ranks make one checkpoint" {
	run -0 pack 0 2 1 first
	[ -z "$output" ]
	[ "$(belay checkpoint list)" = "" ]
	run -0 pack 1 2 1 first
	[ "$output" = 1 ]
	run -0 belay checkpoint list
	[[ ${lines[1]} =~ \ 1\ .*16\.[0-9]\ K.*\ 2\ .*good.*first ]]
	run -0 belay checkpoint verify
	run -0 belay status --json
}

@test "it is shown rank by rank and array by array" {
	pack 0 2 1 first
	pack 1 2 1 first
	run -0 belay checkpoint show 1
	[[ $output == *"holds      2 ranks, "*" written for it, 0 chunks done"* ]]
	[[ $output =~ 1\ +u8\ +8192\ +8\.0\ K.*\ steady ]]
	belay checkpoint show --json 1 | python3 -c '
import json, sys
c = json.load(sys.stdin)
assert c["ranks"] == 2 and len(c["parts"]) == 2 and c["files"] == [], c
assert [(e["rank"], e["name"], e["type"], e["shape"], e["bytes"])
        for e in c["entries"]][:2] == [
    (0, "steady", "u8", [8192], 8192), (0, "label", "u8", [5], 5)], c'
}

@test "it is restored as files of NumPy" {
	pack 0 2 1 first
	pack 1 2 1 first
	run -0 belay checkpoint restore --into back
	[[ $output == "restored checkpoint 1: 2 ranks, "* ]]
	[ "$(tail -c 5 back/1/label.npy)" = first ]
	[ "$(head -c 6 back/0/steady.npy | tail -c 5)" = NUMPY ]
	[ "$(stat -c %s back/0/steady.npy)" = $((128 + 8192)) ]
}

@test "a flipped bit is found, and the one before is restored" {
	pack 0 1 1 first
	pack 0 1 2 second
	python3 - "$run_dir/checkpoints/000002/part.0" <<'PY'
import sys
with open(sys.argv[1], 'r+b') as f:
    f.seek(4096)
    f.write(b'?')
PY
	run -0 belay checkpoint restore --into back
	[[ $output == *"restored checkpoint 1: 1 rank, "* ]]
	[ -e "$run_dir/checkpoints/000002.damaged" ]
	run -1 belay checkpoint verify
	run -0 belay events; echo "$output"
	[[ $output =~ \ checkpoint\ +2\ published:\ 1\ rank,\ 8[.0-9]*\ K.*written\ for\ it ]]
	pack 0 1 3 third
	belay checkpoint prune --keep 1
	[ ! -e "$run_dir/checkpoints/000002" ]
	run -0 belay events; echo "$output"
	[[ $output != *"2 published"* ]]
	[[ $output == *"checkpoint 2 damaged, "*": damaged: bytes "* ]]
}

@test "what is no part is said once, and not called good" {
	pack 0 1 1 first
	printf 'X' | dd of="$run_dir/checkpoints/000001/part.0" conv=notrunc \
		status=none
	run -1 belay checkpoint show 1
	[[ ${lines[0]} == "checkpoint 1 of run demo, damaged" ]]
	[[ ${lines[1]} == "reason     not a part: 'part.0'" ]]
	run -1 --separate-stderr belay checkpoint restore --into back
	[[ $stderr == "belay checkpoint restore: checkpoint 1: not a part: 'part.0'; trying the one before"* ]]
	run -1 belay checkpoint restore --into back 1
	[ "$output" = "belay checkpoint restore: checkpoint 1: not a part: 'part.0'" ]
	rm "$run_dir/checkpoints/000001.damaged"
	run -1 belay checkpoint verify
	[ "$output" = "1 damaged: not a part: 'part.0'" ]
}

@test "pruning takes nothing from those that stay" {
	for n in 1 2 3 4; do pack 0 1 "$n" "step $n"; done
	[ "$(find "$run_dir/checkpoints" -name 'parent.*' | wc -l)" -ge 1 ]
	run -0 belay checkpoint prune --keep 1
	[ "$output" = "deleted 3" ]
	run -0 belay checkpoint verify 4
	belay checkpoint restore --into back
	[ "$(tail -c 6 back/0/label.npy)" = "step 4" ]
}

@test "what ranks stage together is not committed by hand" {
	pack 0 2 1 first
	run -2 belay checkpoint commit \
		"$run_dir/checkpoints/.staging-1-step1-2"
	[[ $output == *"not a staging directory of attempt 1"* ]]
}

@test "a run that is at work is asked for a checkpoint" {
	run -0 belay checkpoint ask
	[ "$output" = "asked attempt 1" ]
	run -0 belay checkpoint ask demo
	[ -e "$run_dir/attempts/000001/ask-checkpoint.0002" ]
	belay status demo
	end_attempt 1 1 failed
	run -1 belay checkpoint ask demo
	[[ $output == *"run 'demo' is not at work"* ]]
	run -2 belay checkpoint ask demo other
}
