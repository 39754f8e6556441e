#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# checkpoint.bats - checkpoints of plain files, from a shell script

# run_dir is set by runs.bash, stderr by bats, and "done" is a verb
# shellcheck disable=SC2154,SC1010

bats_require_minimum_version 1.5.0
load runs

setup() {
	runs_setup
	make_run demo
	begin_attempt 1 10
	inside 1
	mkdir out
	echo one >state
	echo two >out/data
}

flip() {		# flip FILE: one bit of its first byte
	python3 - "$1" <<'PY'
import sys
with open(sys.argv[1], 'r+b') as f:
    first = f.read(1)[0]
    f.seek(0)
    f.write(bytes([first ^ 1]))
PY
}

@test "what is saved is restored, names and modes kept" {
	chmod 750 state
	run -0 belay checkpoint save --label 'step 1' ./state out//
	[ "$output" = 1 ]
	mkdir ../elsewhere
	run -0 belay checkpoint restore --into ../elsewhere
	[ "$output" = "restored checkpoint 1: 2 files, 8 B" ]
	diff -r . ../elsewhere
	[ "$(stat -c %a ../elsewhere/state)" = 750 ]
}

@test "begin and commit publish what a program writes itself" {
	dir=$(belay checkpoint begin)
	[ -d "$dir" ]
	[ "$(belay checkpoint list)" = "" ]
	echo mine >"$dir/a"
	run -0 belay checkpoint commit "$dir" --label mine
	[ "$output" = 1 ]
	[ ! -e "$dir" ]
	[ "$(belay checkpoint show 1 --json | json 'j["files"][0]["name"]')" = a ]
}

@test "writing outside an attempt is refused with what to do" {
	unset BELAY_RUN_DIR BELAY_ATTEMPT SLURM_JOB_ID
	for verb in begin "commit $PWD" "save state"; do
		run -2 belay checkpoint $verb
		[[ $output == *"not inside an attempt of a run; submit this with 'sbatch --belay', or set BELAY_RUN_DIR and BELAY_ATTEMPT, as a program does"* ]]
		SLURM_JOB_ID=12 run -2 belay checkpoint $verb
		[[ $output == *"not inside an attempt of a run; submit the job with --belay, or put 'eval \"\$(belay begin)\"' before this" ]]
		SLURM_JOB_ID=12 BELAY_UNPROTECTED="no disk" run -2 belay checkpoint $verb
		[[ $output == *"not inside an attempt of a run; this job runs unprotected: no disk" ]]
	done
	run -2 belay checkpoint list
	[[ $output == *"which run? name it"* ]]
	run -0 belay checkpoint list --run demo
}

@test "a run without checkpoints is said to have none" {
	run -0 --separate-stderr belay checkpoint list
	[ -z "$output" ]
	[ "$stderr" = "belay checkpoint list: run 'demo' has no checkpoints" ]
	run -0 --separate-stderr belay checkpoint list --json
	[ "$(json 'j' <<<"$output")" = "[]" ]
	[ -z "$stderr" ]
}

@test "a fenced attempt cannot save, and leaves nothing behind" {
	begin_attempt 2 1
	run -1 belay checkpoint save state
	[[ $output == *"attempt 2 has begun"* ]]
	[ -z "$(ls -A "$run_dir/checkpoints" 2>/dev/null)" ]
}

@test "save refuses what could not be put back" {
	ln -s state link
	mkfifo pipe
	run -2 belay checkpoint save link
	[[ $output == *"a symbolic link where files are expected: 'link'"* ]]
	run -2 belay checkpoint save pipe
	[[ $output == *"a FIFO where"* ]]
	for path in /etc/hostname ../work/state out/../state; do
		run -2 belay checkpoint save "$path"
		[[ $output == *"not a path below the working directory: '$path'; cd there first"* ]]
	done
	run -1 belay checkpoint save nothing
	[[ $output == *"cannot look at 'nothing': No such file"* ]]
	run -2 belay checkpoint save
	[[ $output == *"Try 'belay checkpoint save --help'."* ]]
	[ -z "$(ls -A "$run_dir/checkpoints")" ]
}

@test "keep of the policy holds after each save" {
	for i in 1 2 3 4 5 6 7; do
		belay checkpoint save state
	done
	[ "$(ls "$run_dir/checkpoints")" = "$(printf '%06d\n' 3 4 5 6 7)" ]
	run -0 belay checkpoint prune --keep 2
	[ "$output" = "deleted 3" ]
	run -2 belay checkpoint prune --keep 0
	[[ $output == *"--keep must be a number from 1 on: '0'"* ]]
}

@test "verify finds a flipped bit, marks it, and it is never offered again" {
	belay checkpoint save state
	belay checkpoint save state out
	run -0 belay checkpoint verify
	[ "$output" = "1 good
2 good" ]
	flip "$run_dir/checkpoints/000002/out/data"
	run -1 belay checkpoint verify 2
	[ "$output" = "2 damaged: file does not match its digest: 'out/data'" ]
	[ -e "$run_dir/checkpoints/000002.damaged" ]
	flip "$run_dir/checkpoints/000002/out/data"	# even if it heals
	run -1 belay checkpoint verify --json
	[ "$(json '[c["condition"] for c in j]' <<<"$output")" = "['good', 'damaged']" ]
	run -0 belay checkpoint restore --into new
	[[ $output == "restored checkpoint 1:"* ]]
	run -1 belay checkpoint restore 2 --into new2
	[[ $output == *"checkpoint 2: file does not match its digest"* ]]
	[ ! -e new2 ]
}

@test "restore falls back to the one before a damaged newest" {
	belay checkpoint save state
	echo newer >state
	belay checkpoint save state
	flip "$run_dir/checkpoints/000002/state"
	rm state
	run -0 belay checkpoint restore
	[[ ${lines[0]} == *"checkpoint 2: file does not match its digest: 'state'; trying the one before" ]]
	[ "${lines[1]}" = "restored checkpoint 1: 1 file, 4 B" ]
	[ "$(cat state)" = one ]
	[ -e "$run_dir/checkpoints/000002.damaged" ]
	flip "$run_dir/checkpoints/000001/state"
	run -1 belay checkpoint restore
	[[ $output == *"no good checkpoint is left" ]]
	[ "$(cat state)" = one ]
}

@test "every flipped byte of a MANIFEST is found" {
	belay checkpoint save state
	manifest=$run_dir/checkpoints/000001/MANIFEST
	cp "$manifest" good
	for at in 0 7 50 100 150; do
		python3 - "$manifest" $at <<'PY'
import sys
with open(sys.argv[1], 'r+b') as f:
    f.seek(int(sys.argv[2]))
    byte = f.read(1)[0]
    f.seek(int(sys.argv[2]))
    f.write(bytes([byte ^ 2]))
PY
		run -0 belay checkpoint list --json
		[ "$(json 'j[0]["reason"]' <<<"$output")" = \
			"MANIFEST: does not match its check" ]
		cp good "$manifest"
	done
	run -0 belay checkpoint verify
}

@test "list and show say what there is" {
	belay checkpoint save --label 'step 10' state out
	run -0 belay checkpoint list
	[[ ${lines[0]} == *ID*CREATED*ATTEMPT*SIZE*PARTS*CONDITION*LABEL* ]]
	[[ ${lines[1]} == *" 1 "*ago*" 8 B "*good*"step 10" ]]
	run -0 belay checkpoint show 1
	[[ ${lines[0]} == "checkpoint 1 of run demo, good" ]]
	[[ $output == *"out/data"* ]]
	run -1 belay checkpoint show 7
	[[ $output == *"no checkpoint 7; 'belay checkpoint list' shows"* ]]
	run -2 belay checkpoint show seven
	[[ $output == *"not a checkpoint's id: 'seven'"* ]]
	run -0 belay checkpoint list --json
	[ "$(json 'sorted(j[0])' <<<"$output")" = "['attempt', 'bytes', 'chunks_done', 'condition', 'created', 'id', 'label', 'path', 'reason', 'writer']" ]
}

# Files that only look like it, or belong to somebody, stay.
@test "what restores leave that are killed at any moment goes with the next" {
	mkdir -p work/sub
	for i in $(seq 40); do echo "$i" >"work/sub/$i"; done
	head -c 1000000 /dev/urandom >work/state
	belay checkpoint save work
	killed=0
	for i in $(seq "${KILLS:-30}"); do
		"$BELAY" checkpoint restore --into back >/dev/null 2>&1 &
		pid=$!
		sleep "0.00$((RANDOM % 10))"
		kill -9 $pid 2>/dev/null || true
		wait $pid 2>/dev/null || true
		[ -z "$(find back -name '.belay-*' 2>/dev/null)" ] ||
			killed=$((killed + 1))
	done
	echo "# $killed of ${KILLS:-30} left something" >&3
	mkdir -p back/work/sub
	start=$(awk '{ print $22 }' "/proc/$$/stat")
	place=$(cut -c 1-8 /proc/sys/kernel/random/boot_id).$(printf %x \
		"$(stat -Lc %i /proc/self/ns/pid)")
	ours=.belay-0123456789abcdef
	touch back/work/{$ours-0-x,$ours-1-$place-$$-$start-0,.belay-mine} \
		back/work/"$ours-1-ffffffff.1-1-1-0" \
		back/work/".belay-ffffffffffffffff-0-$place-1-1-0"
	touch back/work/"$ours-1-$place-$$-1-0" back/work/"$ours-0-ffff.1-1-1-0"
	run -0 belay checkpoint restore --into back
	diff -r -x '.belay-*' work back/work
	[ "$(find back -name '.belay-*' | wc -l)" -eq 5 ]
	[ ! -e back/work/"$ours-1-$place-$$-1-0" ]
	[ ! -e back/work/"$ours-0-ffff.1-1-1-0" ]
}

@test "a save that is killed at any moment leaves a good newest checkpoint" {
	seed=$(date +%s%N)
	echo "# seed $seed" >&3
	RANDOM=$((seed % 32768))
	head -c 300000 /dev/urandom >state
	belay checkpoint save state out
	for i in $(seq 50); do
		echo "$i" >out/data
		"$BELAY" checkpoint save state out >/dev/null 2>&1 &
		pid=$!
		sleep "0.00$((RANDOM % 10))"
		kill -9 $pid 2>/dev/null || true
		wait $pid 2>/dev/null || true
	done
	run -0 belay checkpoint verify
	[[ $output != *damaged* ]]
	run -0 belay checkpoint restore --into back
	cmp state back/state
	begin_attempt 2 0 '"checkpoints": ['"$(ls "$run_dir/checkpoints" |
		sed 's/^0*\(.*\)/"\1"/' | paste -sd,)"']'
	inside 2
	belay checkpoint prune
	[ -z "$(find "$run_dir/checkpoints" -mindepth 1 -name '.*')" ]
}
