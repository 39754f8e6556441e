#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# ensemble.bats - the example's program keeps its manners, and its numbers

setup_file() {
	export SRC="$BATS_TEST_DIRNAME/../../contrib/examples/ensemble"
	env -u MAKEFLAGS make -s -C "$SRC" O="$BATS_FILE_TMPDIR" all
	PATH=$BATS_FILE_TMPDIR:$PATH
}

setup() {
	cd "$BATS_TEST_TMPDIR"
}

refused() {		# refused WORDS ARGUMENT...: exit 2, these words, no file
	local words=$1
	shift
	run ensemble "$@"
	echo "$output"
	[ "$status" -eq 2 ]
	[[ $output == *"$words"* ]]
	[[ $output == *"Try 'ensemble --help'."* ]]
	[ ! -e out ]
}

@test "the methods reach the reference values" {
	[ -e /usr/include/cmocka.h ] || skip "needs cmocka"
	# what another make was told is not for this one
	env -u MAKEFLAGS make -s -C "$SRC" O="$BATS_FILE_TMPDIR" check
}

@test "a trajectory is the same bytes every time" {
	for k in 0 1; do
		ensemble --time=1 $k a
		ensemble --time=1 $k b
		cmp a b
	done
}

@test "even is Lorenz, odd is van der Pol, each has its own start" {
	ensemble -t 1 6 a
	ensemble -t 1 8 b
	ensemble -t 1 7 c
	grep -qx 'problem lorenz' a
	grep -qx 'problem lorenz' b
	grep -qx 'problem van-der-pol' c
	[ "$(grep ^start a)" != "$(grep ^start b)" ]
}

@test "a smaller tolerance is more steps" {
	ensemble -t 1 -e 1e-6 1 a
	ensemble -t 1 -e 1e-10 1 b
	steps() { sed -n 's/^accepted //p' "$1"; }
	[ "$(steps b)" -gt "$(steps a)" ]
}

@test "help goes to standard output, and a full one is a failure" {
	run ensemble --help
	[ "$status" -eq 0 ]
	[[ $output == "usage: ensemble "* ]]
	run sh -c 'ensemble --help >/dev/full'
	[ "$status" -eq 1 ]
}

@test "mistakes are named, and exit with 2" {
	refused "K and FILE are needed, got 0 arguments"
	refused "K and FILE are needed, got 1 argument" 1
	refused "K and FILE are needed, got 3 arguments" 1 out more
	refused "not a trajectory's number: '-1'" -- -1 out
	refused "not a trajectory's number: '1x'" 1x out
	refused "not a trajectory's number: ''" "" out
	refused "--time: not a number from 1e-06 to 1e+09: '0'" -t 0 1 out
	refused "--time: not a number from 1e-06 to 1e+09: 'nan'" -t nan 1 out
	refused "--tolerance: not a number from 1e-13 to 0.1: '1'" -e 1 1 out
	refused "unrecognized option" --nonsense 1 out
}

@test "a result that cannot be written is a failure" {
	run ensemble -t 1 0 missing/out
	[ "$status" -eq 1 ]
	[[ $output == "ensemble: cannot write 'missing/out': No such file"* ]]
	run ensemble -t 1 0 /dev/full
	[ "$status" -eq 1 ]
	[[ $output == *"No space left on device" ]]
}
