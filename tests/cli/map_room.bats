#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# map_room.bats - belay map when there is no room for results: it waits, says so
# once, and no chunk is blamed
#
# Each scenario has a disk of its own, below `out`; runs are recorded elsewhere.
# All of them run at once, for one has to wait a minute.

# shellcheck disable=SC2154  # stderr and output are set elsewhere
bats_require_minimum_version 1.5.0
load runs

SCENARIOS="start settle output quota own never"

setup_file() {
	[ "$(id -u)" -eq 0 ] || skip "needs root, to mount small disks"
	unshare -m true 2>/dev/null || skip "needs a mount namespace"
	local name
	for name in $SCENARIOS; do
		mkdir -p "$BATS_FILE_TMPDIR/$name/out"
		mkdir -m 700 "$BATS_FILE_TMPDIR/$name/root"
		(
			cd "$BATS_FILE_TMPDIR/$name" || exit
			export BELAY_ROOT=$PWD/root BELAY BATS_TEST_DIRNAME
			unset BELAY_RUN_DIR BELAY_ATTEMPT BELAY_UNPROTECTED
			export -f "scenario_$name" map again small until_said fill
			trap 'echo $? >status' EXIT
			unshare -m --propagation private bash -euxo pipefail \
				-c "scenario_$name" >log 2>&1
		) 3>&- &
	done
}

teardown_file() {
	wait
}

# ---- in a scenario

# map NAME ARGUMENT...: as $pid; what it says comes to err
map() {
	local name=$1
	shift
	"$BELAY" map --run "$name" -j2 "$@" >said 2>err &
	pid=$!
}

until_said() {		# at most a minute
	for _ in $(seq 600); do
		! grep -q "$1" err || return 0
		sleep 0.1
	done
	cat err
	return 1
}

small() {		# small OPTIONS
	mount -t tmpfs -o "mode=700,$1" none out
}

fill() {		# fill DIR: what is left between two blocks, too
	! cat /dev/zero >"$1/ballast" 2>/dev/null
	while head -c 4096 /dev/zero 2>/dev/null >>"$1/ballast2"; do :; done
}

# again: there is room, and all comes to its end without a failure
again() {
	until_said 'no room for results, trying again for a minute'
	sleep 3
	kill -0 "$pid"
	rm -rf out/ballast*
	wait "$pid"
	cat err
	[ "$(grep -c 'no room for results' err)" -eq 1 ]
	[ "$(grep -c 'there is room for results again' err)" -eq 1 ]
	grep -q '8 of 8 done (100%)' err
	"$BELAY" events "$1" --all >events
	! grep -i 'fail\|given up' events
	[ "$(sort -n ran | uniq -c | awk '$1 != 1' | wc -l)" -eq 0 ]
	[ ! -e out/.belay-tmp ]
}

scenario_start() {
	small nr_inodes=20
	mkdir out/ballast
	i=0
	while touch "out/ballast/$i" 2>/dev/null; do i=$((i + 1)); done
	map start --chunks 8 --into out -- \
		sh -c 'echo $0 >>ran; echo $0 >$BELAY_CHUNK_TMP/$0'
	again start
	[ "$(cat out/[0-7] | sort)" = "$(seq 0 7)" ]
}

# The last chunk leaves no inode for the directory that its file comes into.
scenario_settle() {
	small nr_inodes=60
	cat >chunk <<-'END'
		#!/bin/sh
		echo $1 >>ran
		mkdir $BELAY_CHUNK_TMP/d$1
		echo $1 >$BELAY_CHUNK_TMP/d$1/f
		[ $1 = 7 ] || exit 0
		mkdir out/ballast
		while touch out/ballast/$((i += 1)); do :; done 2>/dev/null
		exit 0
	END
	chmod +x chunk
	map settle --chunks 8 --into out -- ./chunk
	again settle
	[ "$(cat out/d[0-7]/f | sort)" = "$(seq 0 7)" ]
}

scenario_output() {
	small size=1M
	fill out
	map output --chunks 8 --output out -- sh -c 'echo $0 >>ran; echo $0'
	again output
	[ "$(cat out/main.[0-7].out | sort)" = "$(seq 0 7)" ]
}

scenario_quota() {
	PATH=$PATH:/usr/sbin:/sbin
	truncate -s 300M image
	mkfs.btrfs -q -f image >said && mount -o loop image out
	btrfs quota enable out
	btrfs qgroup limit 24M out
	fill out
	map quota --chunks 8 --output out -- sh -c 'echo $0 >>ran; echo $0'
	until_said 'Disk quota exceeded'
	again quota
	[ "$(cat out/main.[0-7].out | sort)" = "$(seq 0 7)" ]
	umount out
}

# What the command makes of a full disk is told as any other failure.
scenario_own() {
	local status=0
	small size=1M
	fill out
	map own --chunks 2 --into out -- \
		sh -c 'echo $0 >$BELAY_CHUNK_TMP/$0 2>/dev/null'
	wait "$pid" || status=$?
	[ $status -eq 65 ]
	! grep 'no room' err
}

scenario_never() {
	local status=0
	small size=1M
	fill out
	TIMEFORMAT='%U %S'
	time { map never --chunks 8 --output out -- sh -c 'echo $0'
		wait "$pid" || status=$?; } 2>used
	cat err used
	[ $status -eq 75 ]
	[ "$(grep -c 'no room for results' err)" -eq 2 ]
	grep -q 'no room for results, giving up: .*No space left on device' err
	grep -q 'the same command line goes on from here' err
	awk '{ exit $1 + $2 > 6 }' used		# it slept
	"$BELAY" status never --json | tr -d ' \n' >status.json
	grep -q '"done":0,"running":0,"retrying":0,"quarantined":0' status.json
	rm out/ballast*
	map never --chunks 8 --output out --retries 0 -- sh -c 'echo $0'
	wait "$pid"
	"$BELAY" events never --all >events
	! grep -i 'fail' events
	grep -q '8 of 8 done (100%)' err
}

# ---- and what is asked of it

over() {		# over NAME
	local end=$((SECONDS + 150))
	until [ -e "$BATS_FILE_TMPDIR/$1/status" ] || ((SECONDS > end)); do
		sleep 0.3
	done
	cat "$BATS_FILE_TMPDIR/$1/log"
	[ "$(cat "$BATS_FILE_TMPDIR/$1/status")" -eq 0 ]
}

@test "no room for a chunk to begin: it has not begun, and begins later" {
	over start
}

@test "no room to bring files into place: they come later, computed once" {
	over settle
}

@test "no room for what is kept of the output: it is kept later" {
	over output
}

@test "the same for a quota" {
	PATH=$PATH:/usr/sbin:/sbin command -v mkfs.btrfs >/dev/null ||
		skip "needs btrfs-progs"
	[ -e /dev/loop-control ] || skip "needs loop devices"
	over quota
}

@test "what a chunk's command makes of a full disk is its own failure" {
	over own
}

@test "never any room: 75 after a minute, asleep, and no try is counted" {
	over never
}
