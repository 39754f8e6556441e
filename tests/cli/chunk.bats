#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# chunk.bats - chunks of work from a shell loop

bats_require_minimum_version 1.5.0
load runs

setup() {
	runs_setup
	make_run demo
	begin_attempt 1 10
	inside 1
}

@test "pending lists what is to do, done takes it off" {
	run -0 belay chunk pending --chunks 4
	[ "$output" = $'0\n1\n2\n3' ]
	belay chunk done 1
	belay chunk done 1
	belay chunk done 3
	run -0 belay chunk pending
	[ "$output" = $'0\n2' ]
}

@test "each chunk is claimed once, then all is done" {
	for want in 0 1 2; do
		run -0 belay chunk claim --chunks 3
		[ "$output" = "$want" ]
	done
	run -1 --separate-stderr belay chunk claim
	[ "$stderr" = "belay chunk claim: nothing to begin now in set 'main'; 3 unfinished with others" ]
	for k in 0 1 2; do belay chunk done $k; done
	run -1 --separate-stderr belay chunk claim
	[ -z "$output" ]
	[ "$stderr" = "belay chunk claim: all is done in set 'main'" ]
}

@test "what is given up is not called done" {
	belay chunk claim --chunks 2
	belay chunk done 0
	belay chunk claim
	belay chunk fail --max-attempts 1 1
	run -65 --separate-stderr belay chunk claim
	[ "$stderr" = "belay chunk claim: nothing is left in set 'main' but 1 quarantined; see 'belay chunk list --status quarantined'" ]
}

@test "many at once claim different chunks" {
	for i in 1 2 3 4; do
		while belay chunk claim --chunks 40 2>/dev/null; do :; done \
			>claimed.$i &
	done
	wait
	sort -n claimed.* >all
	diff all <(seq 0 39)
}

@test "what failed is given again, and given up the third time" {
	for try in 1 2; do
		run -0 belay chunk claim --chunks 1
		[ "$output" = 0 ]
		run -0 belay chunk fail --reason "try $try" 0
		[ -z "$output" ]
	done
	run -0 belay chunk claim
	run -0 --separate-stderr belay chunk fail 0
	[ "$stderr" = "belay chunk fail: chunk 0 is given up; the others go on" ]
	run -65 belay chunk claim
	run -0 belay chunk list --json --status quarantined
	[ "$(json 'len(j), j[0]["fails"], j[0]["reason"]' <<<"$output")" = \
	  "1 3 reported" ]
}

@test "what will not get better is given up at once" {
	run -0 belay chunk claim --chunks 2
	run -0 belay chunk fail --no-retry --reason 'no such input' 0
	run -0 belay chunk list
	[[ "${lines[1]}" == main*0*quarantined*1*0*reported:\ no\ such\ input ]]
	run -0 belay chunk claim
	[ "$output" = 1 ]
}

@test "a reason of several lines is shown as one" {
	run -0 belay chunk claim --chunks 2
	run -0 belay chunk fail --no-retry --reason $'two\nlines\e[2J' 0
	run -0 belay chunk list
	[[ "${lines[1]}" == *'reported: two?lines?[2J' ]]
	run -0 belay events demo
	[[ $output == *'two?lines?[2J'* ]]
}

@test "another count than the set has is a mistake: 2" {
	run -0 belay chunk claim --chunks 2
	run -2 belay chunk claim --chunks 3
	[[ $output == *"set 'main' has 2 chunks in this run, not 3"* ]]
}

@test "the next attempt goes on with what is left" {
	belay chunk claim --chunks 3
	belay chunk done 0
	belay chunk claim
	begin_attempt 2 5 "\"cut\": $(belay_cut 1)"
	inside 2
	run -0 belay chunk pending --chunks 3
	[ "$output" = $'1\n2' ]
	run -0 belay chunk list --json
	[ "$(json '[(c["status"], c["lost"]) for c in j]' <<<"$output")" = \
	  "[('done', 0), ('pending', 1), ('pending', 0)]" ]
}

# belay_cut N: that everything of attempt N counts
belay_cut() {
	python3 - "$run_dir/attempts/$(printf %06d "$1")/journal" "$1" <<'PY'
import json, os, struct, sys
cut = []
for name in sorted(os.listdir(sys.argv[1])):
    data = open(os.path.join(sys.argv[1], name), 'rb').read()
    at = 4096
    while struct.unpack_from('<H', data, at + 12)[0] == 1:
        size = struct.unpack_from('<I', data, at + 40)[0]
        frame, end = at, at + size
        while frame < end:
            check, length = struct.unpack_from('<QI', data, frame)
            frame += 32 + (length + 7) // 8 * 8
        at = (end + 4095) // 4096 * 4096
    cut.append({'attempt': int(sys.argv[2]), 'journal': name, 'length': at,
                'check': '%016x' % check, 'state': 'clean'})
print(json.dumps(cut))
PY
}

@test "an attempt that is over may not record" {
	belay chunk claim --chunks 3
	begin_attempt 2 5
	run -1 belay chunk done 0
	[ "$output" = "belay chunk done: attempt 2 has begun; attempt 1 does not count any more" ]
	run -1 belay chunk claim
	run -1 belay chunk pending
	run -1 belay beat
}

@test "a chunk that is lost with its node three times is given up" {
	for n in 1 2 3; do
		run -0 belay chunk claim --chunks 2
		[ "$output" = 0 ]
		end_attempt $n 1 node_fail "\"suspects\": \"$(hostname)\""
		begin_attempt $((n + 1)) 5 "\"cut\": $(belay_cut $n)"
		inside $((n + 1))
	done
	run -0 belay chunk claim
	[ "$output" = 1 ]
	run -0 belay chunk list --status quarantined
	[[ "${lines[1]}" == *quarantined*0*3*lost\ in\ attempt\ 3 ]]
}

@test "sets are apart, and each keeps its size" {
	run -0 belay chunk claim --set a --chunks 2
	run -0 belay chunk claim --set b --chunks 2
	[ "$output" = 0 ]
	belay chunk done --set b 0
	run -0 belay chunk pending --set b
	[ "$output" = 1 ]
	run -2 belay chunk pending --set a --chunks 5
	[ "$output" = "belay chunk pending: set 'a' has 2 chunks in this run, not 5; use another set or another run" ]
}

@test "mistakes are said" {
	run -2 belay chunk done
	[ "${lines[0]}" = "belay chunk done: which chunk?" ]
	run -2 belay chunk done x
	[ "${lines[0]}" = "belay chunk done: not a chunk's number: 'x'" ]
	run -1 belay chunk done 0
	[ "$output" = "belay chunk done: no set 'main' in this run; --chunks N defines it" ]
	run -1 belay chunk claim
	[ "$output" = "belay chunk claim: no set 'main' in this run; --chunks N defines it" ]
	belay chunk claim --chunks 5
	run -2 belay chunk done 5
	[ "$output" = "belay chunk done: no chunk 5: set 'main' has 5, counted from 0" ]
	run -2 belay chunk claim --chunks 0
	[ "${lines[0]}" = "belay chunk claim: --chunks: not a number of chunks: '0'; use 1 to 1073741824" ]
	run -2 belay chunk fail --max-attempts many 0
	[ "${lines[0]}" = "belay chunk fail: --max-attempts: not a number of attempts: 'many'; use 1 to 1000" ]
	run -2 belay chunk list --status dead
	[ "${lines[0]}" = "belay chunk list: --status: no such status: 'dead'; use pending, running, done, retrying or quarantined" ]
	unset BELAY_RUN_DIR SLURM_JOB_ID
	for verb in "chunk done 0" "chunk claim --chunks 5" beat; do
		run -2 belay $verb
		[[ "$output" == *": not inside an attempt of a run; submit this with 'sbatch --belay'"* ]]
		SLURM_JOB_ID=12 run -2 belay $verb
		[[ "$output" == *": not inside an attempt of a run; submit the job with --belay, or put 'eval "* ]]
	done
}

@test "a beat is recorded" {
	belay beat
	belay beat
	run -0 ls "$run_dir/attempts/000001/journal"
	[ "${#lines[@]}" = 1 ]
}
