#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# library.bats - what `make install` gives to those who write programs

setup_file() {
	export TOP="$BATS_TEST_DIRNAME/../.."
	[ "$(basename "${BUILD:-build}")" = build ] ||
		skip "what is built with sanitizers is not installed"
	# into another place than it was built for, or it would be built anew
	export DESTDIR=$BATS_FILE_TMPDIR/dest
	make -s -C "$TOP" install >&2
	local pc
	pc=$(find "$DESTDIR" -name belay.pc)
	export PKG_CONFIG_PATH=${pc%/*} PKG_CONFIG_SYSROOT_DIR=$DESTDIR
	PREFIX=$DESTDIR$(pkg-config --variable=prefix belay)
	LD_LIBRARY_PATH=$DESTDIR$(pkg-config --variable=libdir belay)
	export PREFIX LD_LIBRARY_PATH BELAY_ROOT=$BATS_FILE_TMPDIR/root
	unset BELAY_RUN_DIR BELAY_ATTEMPT SLURM_JOB_ID
	example >"$BATS_FILE_TMPDIR/smooth.c"
}

example() {		# the program of the manual
	sed -n '/^\.EX/,/^\.EE/p' "$TOP/man/belay.3" | sed '1d;$d' |
		sed 's/\\e/\\/g; s/\\-/-/g'
}

# run_example COMPILER...: twice; the second time it has nothing left to do
run_example() {
	cd "$BATS_TEST_TMPDIR"
	rm -rf "$BELAY_ROOT"
	# shellcheck disable=SC2046  # several words
	"$@" -Wall -Wextra -Werror -o smooth "$BATS_FILE_TMPDIR/smooth.c" \
		$(pkg-config --cflags --libs belay)
	run ./smooth
	echo "$output"
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = "from step 0" ]
	local result=${lines[1]}
	[ "$result" != 0.000000000000 ]
	run ./smooth
	echo "$output"
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = "from step 1000" ]
	[ "${lines[1]}" = "$result" ]
}

@test "the manual's example is C" {
	run_example cc -x c -std=c11
}

@test "and it is C++" {
	run_example c++ -x c++ -std=c++11
}

@test "killed, it goes on from its last checkpoint" {
	cd "$BATS_TEST_TMPDIR"
	rm -rf "$BELAY_ROOT"
	# it kills itself after its third checkpoint
	sed 's/if ((step % 100 == 0/if (getenv("DIE") \&\& step == 350) abort();\n&/' \
		"$BATS_FILE_TMPDIR/smooth.c" >mortal.c
	# shellcheck disable=SC2046
	cc -o mortal mortal.c $(pkg-config --cflags --libs belay)
	DIE=1 run ./mortal
	[ "$status" -ne 0 ]
	run ./mortal
	echo "$output"
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = "from step 300" ]
}

@test "status and events show what a program says" {
	cd "$BATS_TEST_TMPDIR"
	cat >says.c <<-'EOF'
		#include <belay/belay.h>
		int main(void)
		{
			struct belay_options o = BELAY_OPTIONS_INIT;
			struct belay_progress p = { 12, 0.5, 1e-3, 0, 0 };
			struct belay *b;

			o.run = "says";
			b = belay_open(&o, NULL);
			return belay_progress_set(b, &p, NULL) < 0 ||
			       belay_node_fail(b, "n9", "no fan", NULL) < 0 ||
			       belay_close(b, 0, NULL) < 0;
		}
	EOF
	# shellcheck disable=SC2046
	cc -o says says.c $(pkg-config --cflags --libs belay)
	./says
	run "$PREFIX"/bin/belay status says
	echo "$output"
	[[ $output == *"progress     iteration 12, at 0.5, error 0.001, "* ]]
	run "$PREFIX"/bin/belay events says
	[[ $output == *"node n9 failed: no fan"* ]]
}

@test "a damaged checkpoint leaves a trace when it is gone" {
	cd "$BATS_TEST_TMPDIR"
	cat >keeps.c <<-'EOF'
		#include <belay/belay.h>
		#include <stdio.h>
		int main(void)
		{
			static double x[4096];
			const uint64_t shape[] = { 4096 };
			struct belay_options o = BELAY_OPTIONS_INIT;
			struct belay_array a = { "x", BELAY_F64, 1, shape, x };
			struct belay *b;
			uint64_t from = 0;

			o.run = "keeps";
			b = belay_open(&o, NULL);
			if (belay_protect(b, "x", &a, NULL) < 0 ||
			    belay_recover(b, &from, NULL) < 0)
				return 1;
			printf("from %d\n", (int)from);
			for (int i = 0; i < 4096; i++)
				x[i] += i * 1.7 + 1;
			return belay_checkpoint(b, NULL, NULL, NULL) != 1 ||
			       belay_close(b, 0, NULL) < 0;
		}
	EOF
	# shellcheck disable=SC2046
	cc -o keeps keeps.c $(pkg-config --cflags --libs belay)
	[ "$(./keeps; ./keeps)" = $'from 0\nfrom 1' ]
	printf 'spoilt' | dd of="$(echo "$BELAY_ROOT"/*/keeps/checkpoints/000002)/part.0" \
		bs=1 seek=5000 conv=notrunc status=none
	[ "$(./keeps)" = "from 1" ]
	"$PREFIX"/bin/belay checkpoint prune --run keeps --keep 1
	[ ! -e "$(echo "$BELAY_ROOT"/*/keeps/checkpoints/000002)" ]
	run "$PREFIX"/bin/belay events keeps
	echo "$output"
	[[ $output == *" checkpoint     checkpoint 2 damaged, "*": damaged: bytes "* ]]
}

@test "pkg-config knows the version that the library has" {
	[ "$(pkg-config --modversion belay)" = "$(cat "$TOP/VERSION")" ]
}

@test "every function has its page" {
	local name
	for name in $("$TOP/tests/abi/layout.py" \
			"$PREFIX/include/belay/belay.h" calls); do
		grep -q "$name" "$PREFIX/share/man/man3/belay.3" ||
			{ echo "$name is not in belay(3)"; false; }
		grep -qx '.so man3/belay.3' "$PREFIX/share/man/man3/$name.3" ||
			{ echo "$name(3) is missing"; false; }
	done
	run groff -man -Tutf8 -ww "$PREFIX/share/man/man3/belay.3"
	[ "$status" -eq 0 ]
	[[ $output != *warning* ]]
}

@test "uninstall leaves nothing" {
	make -s -C "$TOP" uninstall
	run find "$DESTDIR" ! -type d
	echo "$output"
	[ -z "$output" ]
}
