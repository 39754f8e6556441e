#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# map.bats - belay map on one node: what is run, recorded, shown, and refused

# shellcheck disable=SC2154  # stderr and run_dir are set elsewhere
bats_require_minimum_version 1.5.0
load map

# ---- what is run

@test "every chunk runs once, and what it prints is shown" {
	run -0 --separate-stderr map --chunks 20 -- sh -c 'echo $0; >ran/$0'
	[ "$(sort -n <<<"$output")" = "$(seq 0 19)" ]
	[ "$(find ran -type f | wc -l)" -eq 20 ]
	[[ $stderr == *"20 chunks, 0 done before, 20 to do on 2 slots"* ]]
	[[ $stderr == *"20 of 20 done (100%)"* ]]
}

@test "the same command line typed again runs nothing" {
	map --chunks 5 -- sh -c '>>ran/$0; echo x >>ran/$0'
	run -0 --separate-stderr map --chunks 5 -- sh -c '>>ran/$0; echo x >>ran/$0'
	[ -z "$output" ]
	[[ $stderr == *"5 chunks, 5 done before, 0 to do"* ]]
	[ "$(cat ran/* | wc -l)" -eq 5 ]
}

@test "a chunk is told who it is, and where its temporary files go" {
	run -0 --separate-stderr map --set s --chunks 1 -- \
		sh -c 'env | grep ^BELAY_; ls -d "$BELAY_CHUNK_TMP"' 
	[[ $output == *"BELAY_SET=s"* ]]
	[[ $output == *"BELAY_CHUNK=0"* ]]
	[[ $output == *"BELAY_SLOT=0"* ]]
	[[ $output == *"BELAY_CHUNK_TMP=$PWD/.belay-tmp/"* ]]
}

@test "slots are numbered from 0 to j - 1" {
	run -0 --separate-stderr belay map -j3 --chunks 12 -- \
		sh -c 'echo $BELAY_SLOT; sleep 0.05'
	[ "$(sort -u <<<"$output")" = "$(seq 0 2)" ]
}

@test "chunks see end of file on stdin" {
	run -0 --separate-stderr map --chunks 2 -- sh -c 'cat; echo $0' <<<"theirs"
	[[ $output != *theirs* ]]
}

@test "the lines of a list go where the braces are, whatever they hold" {
	printf '%s\n' 'a b' '' "it's" '$HOME `x` "q"' '-n' '*' 'é {} \' >list
	printf 'no newline at the end' >>list
	run -0 --separate-stderr map --from list -- printf '<%s|%s>\n' x{}y {}
	[ "$(sort <<<"$output")" = "$(sed '/^$/d; s/.*/<x&y|&>/' list | sort)" ]
}

@test "a list on stdin resumes, too" {
	seq 3 | map --from - -- sh -c 'echo x >>ran/$0'
	seq 3 | map --from - -- sh -c 'echo x >>ran/$0'
	[ "$(cat ran/* | wc -l)" -eq 3 ]
}

@test "output of chunks is whole, in either stream" {
	script talk <<-'EOF'
		for i in 1 2 3 4 5; do
			echo "$1 out $i"; echo "$1 err $i" >&2; sleep 0.01
		done
	EOF
	belay map -j4 --chunks 12 -- ./talk >out 2>err
	sed -i '/^belay map:/d' err
	for file in out err; do
		[ "$(awk '{ print $1 }' $file | uniq | wc -l)" -eq 12 ]
		[ "$(wc -l <$file)" -eq 60 ]
	done
}

@test "output larger than memory comes whole" {
	run -0 --separate-stderr map --chunks 2 -- \
		sh -c 'head -c 3000000 /dev/zero | tr "\0" $0; echo'
	[ "$(tr -d '\n' <<<"$output" | wc -c)" -eq 6000000 ]
	[ "$(uniq <<<"$output" | cut -c1 | sort | paste -sd' ')" = "0 1" ]
}

@test "a process left in the background delays nothing" {
	SECONDS=0
	run -0 --separate-stderr map --chunks 4 -- sh -c 'sleep 30 & echo $0'
	[ "$SECONDS" -lt 10 ]
	[ "$(sort <<<"$output")" = "$(seq 0 3)" ]
	pkill -f "^sleep 30$" -P 1 || true
}

@test "--output keeps what each chunk said, also of one that failed" {
	run -65 map --retries 0 --output kept --chunks 3 -- \
		sh -c 'echo out $0; echo err $0 >&2; [ $0 != 1 ]'
	for i in 0 1 2; do
		[ "$(cat kept/main.$i.out)" = "out $i" ]
		[ "$(cat kept/main.$i.err)" = "err $i" ]
	done
	[ "$(ls -A kept | wc -l)" -eq 6 ]
}

# ---- files

@test "files of a chunk come into place, below --into" {
	map --into results --chunks 3 -- sh -c \
		'cd $BELAY_CHUNK_TMP && echo $0 >$0.txt && mkdir -p d && echo $0 >d/$0'
	[ "$(cat results/*.txt | sort | paste -sd' ')" = "0 1 2" ]
	[ "$(cat results/d/* | sort | paste -sd' ')" = "0 1 2" ]
	[ ! -e results/.belay-tmp ]
	[ ! -e .belay-tmp ]
}

@test "files of a try that failed do not" {
	map --into results --retries 1 --chunks 2 -- sh -c \
		'echo $0 >$BELAY_CHUNK_TMP/$0.$$; [ -e ran/$0 ] || { >ran/$0; exit 1; }'
	[ "$(ls results | wc -l)" -eq 2 ]
}

@test "without --into a directory that cannot be written is no obstacle" {
	[ "$(id -u)" -ne 0 ] || skip "root writes everywhere"
	chmod 555 .
	run -0 --separate-stderr map --chunks 1 -- \
		sh -c 'echo "[$BELAY_CHUNK_TMP]"'
	[ "$output" = "[]" ]
	[[ $stderr == *"no BELAY_CHUNK_TMP for chunks"* ]]
}

# ---- failures

@test "a chunk that fails is tried again, after the others" {
	run -0 --separate-stderr belay map -j1 --chunks 3 -- \
		sh -c 'echo $0; [ $0 != 0 ] || [ -e ran/0 ] || { >ran/0; exit 7; }'
	[ "$(paste -sd' ' <<<"$output")" = "0 1 2 0" ]
	[[ $stderr == *"chunk 0 failed on try 1: exit status 7"* ]]
}

@test "a chunk that goes on failing is quarantined, the rest goes on: 65" {
	run -65 --separate-stderr map --chunks 4 -- \
		sh -c 'echo x >>ran/$0; echo "no such thing" >&2; [ $0 != 2 ]'
	[ "$(wc -l <ran/2)" -eq 3 ]
	[ "$(cat ran/[013] | wc -l)" -eq 3 ]
	[[ $stderr == *"chunk 2 is quarantined: exit status 1: no such thing"* ]]
	[[ $stderr == *"1 chunk is quarantined; see 'belay chunk list --run "* ]]
	run -65 map --chunks 4 -- \
		sh -c 'echo x >>ran/$0; echo "no such thing" >&2; [ $0 != 2 ]'
	[ "$(wc -l <ran/2)" -eq 3 ]
}

@test "the reason is said once, in the list and in the events" {
	run -65 map --run r --retries 0 --chunks 3 -- sh -c 'case $0 in
		0) exit 3 ;; 1) echo "no such thing" >&2; exit 4 ;; esac
		kill -SEGV $$'
	run -0 belay chunk list --run r
	[[ $output == *" exit status 3"$'\n'* ]]
	[[ $output == *" exit status 4: no such thing"$'\n'* ]]
	[[ $output == *" signal 11: Segmentation fault" ]]
	run -0 belay events r
	[[ $output == *"chunk 0 failed on "*": exit status 3"$'\n'* ]]
	[[ $output == *"chunk 0 given up: exit status 3"$'\n'* ]]
	[[ $output == *"chunk 1 given up: exit status 4: no such thing"$'\n'* ]]
	[[ $output != *"exit status 3: exit"* ]]
}

@test "--retries says how often" {
	run -65 map --retries 0 --chunks 1 -- sh -c 'echo x >>ran/$0; exit 1'
	[ "$(wc -l <ran/0)" -eq 1 ]
}

@test "failures of earlier sessions count" {
	script fail <<-'EOF'
		echo x >>ran/$1
		[ ! -e stop ] || kill -TERM $PPID
		exit 1
	EOF
	touch stop
	run -75 belay map -j1 --retries 2 --chunks 1 -- ./fail
	rm stop ran/*
	run -65 belay map -j1 --retries 2 --chunks 1 -- ./fail
	[ "$(wc -l <ran/0)" -le 3 ]
}

@test "a signal is told from an exit status" {
	run -65 --separate-stderr map --retries 0 --chunks 1 -- \
		sh -c 'kill -SEGV $$'
	[[ $stderr == *"chunk 0 failed on try 1: signal 11: Segmentation fault"* ]]
}

@test "a chunk that takes too long is ended, with all its processes" {
	SECONDS=0
	run -65 --separate-stderr map --timeout 1s --retries 0 --chunks 1 -- \
		sh -c 'sleep 60 & echo $! >child; wait'
	[ "$SECONDS" -lt 10 ]
	[[ $stderr == *"chunk 0 failed on try 1: not done after 1 s"* ]]
	is_gone "$(cat child)"
}

@test "a part of a second is told as such" {
	run -65 --separate-stderr map --timeout 0.5s --retries 0 --chunks 1 -- \
		sh -c 'sleep 60'
	[[ $stderr == *"chunk 0 failed on try 1: not done after 0.5 s"* ]]
}

@test "a program that cannot be started is a failure of its chunk" {
	run -65 --separate-stderr map --retries 0 --chunks 1 -- ./nothing-{} x
	[[ $stderr == *"cannot start './nothing-0': No such file"* ]]
}

# ---- what is recorded

@test "an own run is begun, cut and ended" {
	map --run mine --chunks 2 -- true
	map --run mine --chunks 2 -- true
	attempts=$BELAY_ROOT/local/mine/attempts
	[ "$(json 'j["cause"], j["exit_code"]' <"$attempts/000001/end.json")" \
		= "completed 0" ]
	[ "$(json 'j["action"]' <"$attempts/000001/decision.json")" = none ]
	[ "$(json 'len(j["cut"]), j["chunks_done"], j["action"]' \
		<"$attempts/000002/begin.json")" = "1 2 retry" ]
}

@test "an own run is named, and by this name others tell of it" {
	run -65 --separate-stderr belay map -j1 --retries 0 --chunks 2 -- \
		sh -c '[ $0 != 1 ]'
	name=$(the_run)
	[[ $stderr == "belay map: run $name: 2 chunks, 0 done before, 2 to do \
on 1 slot"$'\n'* ]]
	see=$(sed -n "s/.*1 chunk is quarantined; see '\(.*\)'/\1/p" <<<"$stderr")
	[ "$see" = "belay chunk list --run $name --status quarantined" ]
	# shellcheck disable=SC2086  # as a person would type it
	run -0 $see
	[ "$(awk '$3 == "quarantined" { print $2 }' <<<"$output")" = 1 ]
	run -0 belay status "$name"
}

@test "a root that was given is given to 'chunk list', too" {
	run -65 --separate-stderr belay map --root "$PWD/r" --run n --retries 0 \
		--chunks 1 -- false
	[[ $stderr == *"see 'belay chunk list --root $PWD/r --run n --status"* ]]
}

@test "every chunk has its begin and its end in the journal" {
	map --run mine --chunks 3 -- sh -c '[ $0 != 1 ]' || true
	[ "$(journal mine | awk '{ print $4, $5 }' | sort | uniq -c |
		awk '{ print $1, $2, $3 }' | paste -sd,)" = \
	"1 begin 0,3 begin 1,1 begin 2,1 done 0,1 done 2,3 fail 1,1 give_up 1,1 set -" ]
}

@test "inside a job that belay protects, its run and attempt are used" {
	make_run job
	begin_attempt 1 5
	inside 1
	run -0 map --chunks 3 -- true
	[[ $output == "belay map: 3 chunks, 0 done before, 3 to do on 2 slots"* ]]
	[ "$("$BATS_TEST_DIRNAME/../support/journal.py" "$run_dir" |
		grep -c ' done ')" -eq 3 ]
	[ ! -e "$run_dir/attempts/000001/end.json" ]
	run -2 map --run other --chunks 3 -- true
	[[ $output == *"the job's run is 'job', not 'other'"* ]]
}

@test "where belay could not begin, all is run and nothing recorded" {
	BELAY_FENCED=1 BELAY_UNPROTECTED="held by job 7" run -75 --separate-stderr map --chunks 2 -- echo
	[ -z "$output" ]
	[[ $stderr == *"held by job 7"* ]]
	BELAY_UNPROTECTED="no home" run -0 --separate-stderr map --chunks 2 -- echo
	[[ $stderr == *"unprotected, nothing is recorded: no home"* ]]
	[ -z "$(the_run)" ]
}

@test "another count, list or command is refused with what differs" {
	map --run r --chunks 2 -- true
	run -2 map --run r --chunks 3 -- true
	[[ $output == *"set 'main' has 2 chunks in this run, not 3"* ]]
	run -2 map --run r --chunks 2 -- true x
	[[ $output == *"set 'main' was made for another command"* ]]
	printf 'a\nb\n' >list
	run -2 map --run r --from list -- true
	[[ $output == *"set 'main' was made from other items"* ]]
	[[ $output == *"; use another set or another run: --set or --run" ]]
	[ "$(ls "$BELAY_ROOT/local/r/attempts")" = 000001 ]
	run -0 belay status r
	[[ $output == *"completed, attempt 1"* ]]
	run -0 map --run r --set second --chunks 3 -- true
}

@test "a full disk is said once, and nothing on it is called done" {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	unshare -m true 2>/dev/null || skip "needs a mount namespace"
	mkdir -m 700 small
	cat >full <<-'EOF'
		mount -t tmpfs -o size=16M,mode=700 none small
		export BELAY_ROOT=$PWD/small
		"$1" map --run full -j2 --chunks 300 -- ./fill >out 2>err &
		pid=$!
		for i in $(seq 600); do grep -q 'cannot record' err && break; sleep 0.1; done
		wc -l <out >before
		sleep 3
		wc -l <out >after
		rm -f small/ballast
		wait $pid
		echo $? >status
		cat ran/* | wc -l >executed
	EOF
	# in the first segment, of 64 blocks: two at a time, 290 chunks need more
	script fill <<-'EOF'
		echo x >>ran/$1
		[ $1 != 10 ] || head -c 32M /dev/zero >small/ballast 2>/dev/null
		sleep 0.02
		echo $1
	EOF
	run -0 unshare -m bash ./full "$BELAY"
	[ "$(cat status)" -eq 0 ]
	[ "$(grep -c 'cannot record' err)" -eq 1 ]
	grep -q 'No space left on device' err
	[ "$(cat before)" = "$(cat after)" ]
	[ "$(cat before)" -lt 300 ]
	[ "$(cat executed)" -eq 300 ]
	[ "$(sort -n out)" = "$(seq 0 299)" ]
}

# ---- usage

@test "mistakes on the command line are told, with what would be right" {
	while IFS='|' read -r arguments words; do
		# shellcheck disable=SC2086  # a list of words
		run -2 belay map $arguments
		[[ $output == *"$words"* ]]
		[[ $output == *"Try 'belay map --help'."* ]]
	done <<-'EOF'
		-- true|say either --chunks N or --from FILE
		--chunks 2 --from x -- true|say either --chunks N or --from FILE
		--chunks 2|which command?
		--chunks two -- true|--chunks: not a number up to
		--chunks -1 -- true|--chunks: not a number up to
		-j0 --chunks 2 -- true|--jobs: not a number from 1 to 4096
		--chunks 2 --timeout soon -- true|--timeout: not a time
		--chunks 2 --retries x -- true|--retries: not a number
		--chunks 2 --set a/b -- true|--set: not a name
		--chunks 2 --run a/b -- true|--run: not a name; use A-Z a-z 0-9 . _
		--chunk 2 -- true|did you mean '--chunks'?
	EOF
}

@test "a program that is not there is a mistake" {
	run -2 map --chunks 2 -- no-such-program
	[[ $output == *"no such program, or not executable: 'no-such-program'"* ]]
	[ -z "$(the_run)" ]
}

@test "an empty set is done" {
	run -0 map --chunks 0 -- true
	[[ $output == *"0 of 0 done (100%)"* ]]
}

@test "an empty list may be longer the next time" {
	: >list
	run -0 map --run r --from list -- true
	[[ $output == *"0 of 0 done (100%)"* ]]
	printf 'a\nb\n' >list
	run -0 map --run r --from list -- true
	[[ $output == *"2 of 2 done (100%)"* ]]
	run -2 map --run r --chunks 0 -- true
	[[ $output == *"set 'main' has 2 chunks in this run, not 0"* ]]
}

@test "too many chunks are refused before there is a run" {
	run -2 map --run r --chunks 1073741825 -- true
	[[ $output == *"--chunks: not a number up to 1073741824: '1073741825'"* ]]
	[ ! -e "$BELAY_ROOT/local/r" ]
}

@test "quarantined chunks are tried again in another set of the run" {
	run -65 map --run r --retries 0 --chunks 2 -- sh -c '[ $0 != 1 ]'
	run -65 map --run r --retries 5 --chunks 2 -- sh -c '[ $0 != 1 ]'
	[[ $output != *"again"* ]]
	belay why r | grep -q '(--run, --set) begins anew'
	belay chunk list --run r --status quarantined |
		awk '$3 == "quarantined" { print $2 }' >again
	[ "$(cat again)" = 1 ]
	run -0 map --run r --set again --from again -- true
	[[ $output == *"1 of 1 done (100%)"* ]]
}

@test "help tells of every option and of the exit status" {
	run -0 --separate-stderr belay map --help
	for word in --jobs --set --chunks --from --into --output --retries \
		--timeout --run --root 'Exit status' BELAY_CHUNK_TMP; do
		[[ $output == *"$word"* ]]
	done
}

@test "output that nobody reads ends the map" {
	run -1 --separate-stderr bash -c "set -o pipefail
		'$BELAY' map -j2 --chunks 2000 -- sh -c 'echo \$0; sleep 0.01' | head -1"
	[[ $stderr == *"cannot write the output: Broken pipe"* ]]
}

@test "a reader that pauses stops nothing that runs" {
	map --chunks 40 -- sh -c 'head -c 10000 /dev/zero; >ran/$0' 2>err |
		{ wait_for test -e ran/39; touch all-ran; cat; } | wc -c >size
	[ -e all-ran ]
	[ "$(cat size)" -eq 400000 ]
}
