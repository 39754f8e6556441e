#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# deps.bats - contrib/deps.sh, on a system whose every command is a stand-in

setup() {
	deps=$BATS_TEST_DIRNAME/../../contrib/deps.sh
	bin=$BATS_TEST_TMPDIR/bin
	mkdir "$bin"
	for tool in sh cat cut env grep paste rm sed sort chmod mount; do
		ln -s "$(command -v $tool)" "$bin/"
	done
	for tool in shellcheck clang-tidy cppcheck; do
		stand_in $tool 'exit 0'
	done
	stand_in id 'echo 0'
	stand_in sudo 'exit 1'
}

stand_in() {		# stand_in COMMAND SCRIPT
	printf '#!/bin/sh\n%s\n' "$2" >"$bin/$1"
	chmod +x "$bin/$1"
}

# A package manager that "installs" a command by writing it.
manager() {
	stand_in "$1" "echo \"\$*\" >>$BATS_TEST_TMPDIR/log
cat /usr/sbin/policy-rc.d >$BATS_TEST_TMPDIR/policy 2>/dev/null
/usr/sbin/policy-rc.d munge start; echo \$? >$BATS_TEST_TMPDIR/denied
case \"\$*\" in
*' install '*) echo '#!/bin/sh' >$bin/codespell; chmod +x $bin/codespell;;
esac"
}

deps() {
	PATH=$bin run "$bin/sh" "$deps" "$@"
	echo "$output"
}

@test "nothing is said and nothing is done when all is there" {
	stand_in codespell 'exit 0'
	manager apt-get
	deps lint
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	[ ! -e "$BATS_TEST_TMPDIR/log" ]
}

@test "--check names what is missing and the command, and installs nothing" {
	manager apt-get
	deps --check lint
	[ "$status" -eq 1 ]
	[[ $output == *"missing: cmd:codespell"* ]]
	[[ $output == *"to get it: apt-get install codespell"* ]]
	[ ! -e "$BATS_TEST_TMPDIR/log" ]
}

@test "without root and sudo it says what to type" {
	stand_in id 'echo 1000'
	manager dnf
	rm "$bin/shellcheck"
	deps lint
	[ "$status" -eq 1 ]
	[[ $output == *"sudo dnf install ShellCheck codespell" ]]
	[ ! -e "$BATS_TEST_TMPDIR/log" ]
}

@test "with passwordless sudo it installs" {
	stand_in id "[ -e $BATS_TEST_TMPDIR/root ] && echo 0 || echo 1000"
	stand_in sudo "shift
[ \"\$1\" = true ] && exit 0
echo >$BATS_TEST_TMPDIR/root
exec \"\$@\""
	stand_in true 'exit 0'
	manager dnf
	deps lint
	[ "$status" -eq 0 ]
	grep -qx -- '-y install codespell' "$BATS_TEST_TMPDIR/log"
}

@test "a package that does not bring what it should is a failure" {
	manager dnf
	rm "$bin/cppcheck"
	deps lint
	[ "$status" -eq 1 ]
	[[ $output == *"installed, but still missing: cmd:cppcheck" ]]
}

@test "a package manager that fails is a failure" {
	stand_in dnf 'exit 3'
	deps lint
	[ "$status" -eq 1 ]
}

# A mount namespace with an empty /usr/sbin, then the script.
deps_with_empty_sbin() {
	mkdir "$BATS_TEST_TMPDIR/sbin"
	[ -z "${1:-}" ] || cp "$1" "$BATS_TEST_TMPDIR/sbin/policy-rc.d"
	run unshare -rm sh -c "mount --bind $BATS_TEST_TMPDIR/sbin /usr/sbin &&
		PATH=$bin exec $bin/sh $deps lint"
	echo "$output"
}

@test "daemons may not start while packages are installed, and again after" {
	unshare -rm true 2>/dev/null || skip "needs a mount namespace"
	manager apt-get
	deps_with_empty_sbin
	[ "$status" -eq 0 ]
	[ "$(cat "$BATS_TEST_TMPDIR/denied")" -eq 101 ]
	[ -z "$(ls "$BATS_TEST_TMPDIR/sbin")" ]
	# Had it been killed, what it left would have denied nothing.
	sh "$BATS_TEST_TMPDIR/policy" munge start
}

@test "somebody else's policy stays, and is trusted only if it denies" {
	unshare -rm true 2>/dev/null || skip "needs a mount namespace"
	manager apt-get
	stand_in policy 'exit 0'
	deps_with_empty_sbin "$bin/policy"
	[ "$status" -eq 1 ]
	[[ $output == *"lets daemons start; by hand: apt-get install codespell" ]]
	[ ! -e "$BATS_TEST_TMPDIR/log" ]
	cmp "$bin/policy" "$BATS_TEST_TMPDIR/sbin/policy-rc.d"
}

@test "a wrong or missing group is a mistake of the caller" {
	deps nonsense
	[ "$status" -eq 2 ]
	[[ $output == *"unknown group or option 'nonsense'"* ]]
	deps
	[ "$status" -eq 2 ]
	[[ $output == *"no group given"* ]]
}
