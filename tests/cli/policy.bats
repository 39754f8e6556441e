#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# policy.bats - check a policy and show what it means, before a job needs it

bats_require_minimum_version 1.5.0

BELAY=${BUILD:-$BATS_TEST_DIRNAME/../../build}/belay

setup() {
	cd "$BATS_TEST_TMPDIR" || return
}

belay() {
	"$BELAY" "$@"
}

@test "a good policy is said to be good" {
	printf 'version: 1\npreset: restore\n' >mine.yaml
	run -0 --separate-stderr belay policy check mine.yaml
	[ "$output" = "mine.yaml: good" ]
	[ -z "$stderr" ]
	run -0 belay policy check standard
	run -0 belay policy check failover
	for file in "$BATS_TEST_DIRNAME"/../../config/*.yaml; do
		run -0 belay policy check "$file"
	done
}

@test "a mistake has its place and a remedy" {
	printf 'version: 1\nattemps: {max: 3}\n' >mine.yaml
	run -1 --separate-stderr belay policy check mine.yaml
	[ -z "$output" ]
	[ "$stderr" = "belay policy check: mine.yaml:2:1: unknown key \
'attemps'; did you mean 'attempts'?" ]
}

@test "a policy is read from a pipe, too" {
	run -1 belay policy check <(printf 'version: 1\nstall: {after: 30m}\n')
	[[ $output == *":2:1: 'stall' is not supported by this version"* ]]
}

@test "what never ends or never begins is not waited for" {
	mkfifo pipe
	run -1 timeout 9 "$BELAY" policy check pipe
	[ "$output" = "belay policy check: nothing comes from the policy's \
pipe 'pipe'" ]
	run -1 timeout 9 "$BELAY" policy check /dev/zero
	[[ $output == *"a policy has at most 64 KiB"* ]]
	truncate -s 10G large.yaml
	run -1 timeout 9 "$BELAY" policy check large.yaml
	[[ $output == *"a policy has at most 64 KiB"* ]]
}

@test "a policy of any length is answered at once" {
	head -c 200000 /dev/zero | tr '\0' '[' >long.yaml
	run -1 timeout 5 "$BELAY" policy check long.yaml
	[[ $output == *"the file goes on; a policy has at most 64 KiB" ]]
	run -1 timeout 5 "$BELAY" policy check /dev/zero
	[[ $output == *"/dev/zero:1:65537: the file goes on"* ]]
}

@test "a word that is no file was meant for a preset" {
	run -1 belay policy check standrd
	[[ $output == *": no such file is here, and there is no preset 'standrd'; did you mean 'standard'?" ]]
	run -1 belay policy check ./standrd
	[[ $output == *"cannot open policy './standrd': No such file"* ]]
	run -1 belay policy check "$BATS_TEST_TMPDIR"
	[[ $output == *"a policy is a file or a preset, and this is a directory: "* ]]
}

@test "a preset comes before a file of its name" {
	echo 'no policy' >standard
	run -0 belay policy check standard
	run -1 belay policy check ./standard
	cp standard mine
	run -1 belay policy check mine
	[[ $output == *"mine:1:1: no key"* ]]
}

@test "what is shown is a policy that shows the same" {
	for word in none standard high-availability checkpoint-recovery \
	            "$BATS_TEST_DIRNAME/../../config/policy.yaml"; do
		belay policy show "$word" >once.yaml
		belay policy show once.yaml >twice.yaml
		diff once.yaml twice.yaml
	done
}

@test "without a word the standard policy is shown" {
	run -0 belay policy show
	[ "${lines[1]}" = "preset: standard" ]
	run -1 belay policy show nothing.yaml
}

@test "one policy is asked about, no more, no less" {
	run -2 belay policy check
	[[ $output == "belay policy check: which file or preset?"* ]]
	run -2 belay policy check standard none
	[[ $output == *"one policy at a time, not 'none' too"* ]]
	run -2 belay policy show standard none
	run -2 belay policy show --jsonn
	run -0 belay policy check --help
}
