#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# belay.bats - what all verbs have in common: the table, help, mistakes

bats_require_minimum_version 1.5.0
load runs

setup() {
	runs_setup
	top=$BATS_TEST_DIRNAME/../..
}

verbs() {
	belay help | sed -n 's/^  \([a-z][a-z -]*[a-z]\)   *.*/\1/p'
}

@test "help lists verbs, and each says more about itself" {
	[ "$(verbs | wc -l)" -ge 10 ]
	verbs | while read -r verb; do
		out=$(belay $verb --help) || exit 1
		[[ $out == "Usage: belay $verb"* ]] || exit 1
		[[ $out == *"--help"* ]] || exit 1
		[ "$(belay help $verb)" = "$out" ] || exit 1
	done
	run -0 belay checkpoint --help
	[[ $output == *"checkpoint save"* ]]
	[ "$(belay help checkpoint)" = "$output" ]
	[ "$(belay --help)" = "$(belay help)" ]
}

@test "help fits 80 columns and is on stdout" {
	verbs | while read -r verb; do
		belay $verb --help 2>/dev/null |
			awk -v v="$verb" 'length > 80 { print v ": " $0; bad = 1 }
				END { exit bad }' || exit 1
	done
	belay help | awk 'length > 80 { exit 1 }'
}

@test "the manual has every verb, and no other" {
	in_manual=$(sed -n 's/^\.B belay \([a-z -]*[a-z]\).*/\1/p' \
		"$top/man/belay.1" | sort -u)
	[ "$in_manual" = "$(verbs | sort)" ]
}

@test "completion knows verbs, options and runs" {
	make_run demo
	PATH=$(dirname "$BELAY"):$PATH
	. "$top/contrib/completion/belay.bash"
	complete_words() {
		COMP_WORDS=("$@")
		COMP_CWORD=$(($# - 1))
		_belay
		echo "${COMPREPLY[*]}"
	}
	[ "$(complete_words belay stat)" = status ]
	[ "$(complete_words belay checkpoint s)" = "save show" ]
	[ "$(complete_words belay checkpoint list --j)" = --json ]
	[ "$(complete_words belay why de)" = demo ]
	[ "$(complete_words belay checkpoint list --run '')" = demo ]
	# every long option of every verb
	verbs | while read -r verb; do
		belay $verb --help | grep -o '^  ...  *--[a-z-]*' |
			grep -o -- '--.*' | sort >options
		complete_words belay $verb -- | tr ' ' '\n' | sort |
			diff options - || exit 1
	done
}

@test "a word that is no verb is answered with the nearest one" {
	run -2 belay statsu
	[ "${lines[0]}" = "belay: unknown verb 'statsu'; did you mean 'status'?" ]
	[ "${lines[1]}" = "Try 'belay help'." ]
	run -2 belay checkpoint lisst
	[ "${lines[0]}" = "belay checkpoint: unknown verb 'lisst'; did you mean 'list'?" ]
	run -2 belay xyzzy
	[ "${lines[0]}" = "belay: unknown verb 'xyzzy'" ]
	run -2 belay checkpoint
	[ "${lines[0]}" = "belay checkpoint: which of its verbs?" ]
	run -2 belay
	[ "${lines[0]}" = "belay: which verb?" ]
	run -2 belay help xyzzy
	[ "${lines[0]}" = "belay help: no verb 'xyzzy'" ]
}

@test "mistakes in options are one line and a hint" {
	run -2 belay status --jsno
	[ "${lines[0]}" = "belay status: unknown option '--jsno'; did you mean '--json'?" ]
	[ "${lines[1]}" = "Try 'belay status --help'." ]
	[ "${#lines[@]}" = 2 ]
	run -2 belay status -x
	[ "${lines[0]}" = "belay status: unknown option '-x'" ]
	run -2 belay status --json=yes
	[ "${lines[0]}" = "belay status: option '--json' takes no value" ]
	run -2 belay status --root
	[ "${lines[0]}" = "belay status: option '--root' needs its DIR" ]
	run -2 belay status a b
	[ "${lines[0]}" = "belay status: unexpected 'b'" ]
}

@test "options may follow operands, with = or as a word of their own" {
	make_run demo
	unset BELAY_ROOT
	for words in "--root=$PWD/../root demo --json" \
		"demo --json --root $PWD/../root" \
		"--json demo --root=$PWD/../root" \
		"--json --root $PWD/../root -- demo"; do
		[ "$(belay status $words | json 'j["run"]')" = demo ]
	done
	run -2 belay status --root "$PWD/../root" -- --json
	[[ $output == *"not a run's name: '--json'"* ]]
}

@test "the version is that of the file VERSION" {
	[ "$(belay --version)" = "belay $(cat "$top/VERSION")" ]
	[ "$(belay version)" = "$(belay -V)" ]
}

@test "output that a full disk swallows is a failure" {
	run -1 bash -c '"$0" help >/dev/full' "$BELAY"
	[ "$output" = "belay: cannot write the output: No space left on device" ]
	run -0 bash -c '"$0" help >&-' "$BELAY"
}

@test "without a place for records a script that begins by itself ends as it would" {
	unset BELAY_HINT BELAY_UNPROTECTED
	SLURM_JOB_ID=1 run -1 --separate-stderr belay begin --root /proc/nowhere
	[[ $stderr == "belay begin: root: /proc/nowhere: "* ]]
	eval "$output"
	[[ $BELAY_UNPROTECTED == "root: /proc/nowhere: "* ]]
	run -7 belay end 7
	[ -z "$output" ]
	run -0 belay end 0
	unset BELAY_UNPROTECTED
	SLURM_JOB_ID=1 run -2 belay end 7
	[[ $output == *"BELAY_HINT is not set; first eval "* ]]
	unset SLURM_JOB_ID
	run -2 belay end 7
	[[ $output == *"SLURM_JOB_ID is not set; 'belay end' belongs into a job's script"* ]]
	run -2 --separate-stderr belay begin
	[[ $stderr == *"SLURM_JOB_ID is not set; 'belay begin' belongs into a job's script"* ]]
}
