#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# full.t - a disk that is full: an error that says so, nothing lost, no litter
#
# No bytes and no inodes left on a tmpfs, no quota left on btrfs.

here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "${BUILD:-$here/../../build}" && pwd)
export PYTHONDONTWRITEBYTECODE=1 CHUNKS=20 SAVES=3 IN_TURN=1
belay=$build/belay moments=$build/tests/power/moments
words='No space left on device|Disk quota exceeded'
n=0

if [ "$(id -u)" -ne 0 ] || [ ! -e /dev/loop-control ]; then
	echo "1..0 # SKIP root and loop devices are needed to mount a disk"
	exit
fi
if [ "${1-}" != inside ]; then
	exec unshare -m --propagation private "$0" inside
fi
scratch=$(mktemp -d) || exit 1
trap 'cd /; umount -l "$scratch"; rmdir "$scratch"' EXIT
mount -t tmpfs -o size=1G,mode=700 full "$scratch" || exit 1

check() {		# check WHAT COMMAND...
	n=$((n + 1))
	if "${@:2}" >"$scratch/said" 2>&1; then
		echo "ok $n - $kind: $1"
	else
		echo "not ok $n - $kind: $1"
		sed 's/^/# /' "$scratch/said" | head -20
	fi
}

promises_hold() {
	"$here/promises.py" "$build/tests/power/reader" "$place" "$told"
}

nothing_is_left() {
	[ -z "$(find "$place/root" -name '.tmp-*' -o -name '.staging-*')" ]
}

# One line on stderr that says why, and nothing on stdout.
fails_clearly() {
	local out
	if out=$("$@" 2>"$scratch/err"); then
		echo "it did not fail: $out"
		return 1
	fi
	cat "$scratch/err"
	[ -z "$out" ] && [ "$(grep -cE "$words" "$scratch/err")" -eq 1 ]
}

# Where room is left by chance it may be done; then it stays.
fails_clearly_or_stays() {
	"$belay" chunk "done" --set loop 19 2>"$scratch/err" || {
		cat "$scratch/err"
		grep -qE "$words" "$scratch/err"
		return
	}
	echo "done loop 19" >>"$told.loop"
	promises_hold
}

another_policy() {
	{ cat "$here/policy.yaml" && echo "# another"; } >"$scratch/another.yaml"
	"$moments" submit "$scratch/another.yaml"
}

# The journal of a chunk loop, as a process of the last attempt sees it.
join_last() {
	cd "$place" || exit
	export BELAY_ROOT=$place/root BELAY_RUN_DIR=$place/root/local/7
	export BELAY_ATTEMPT=1 SLURM_JOB_ID=7 SLURM_JOB_NODELIST=n1
	export SLURM_CLUSTER_NAME=local SLURMD_NODENAME=n1 BELAY_HINT
	BELAY_HINT=$(cat "$told.hint")
}

goes_on() {
	env -u BELAY_RUN_DIR -u BELAY_ATTEMPT "$here/job" "$place" "$told" \
		map loop save && promises_hold
}

scenario() {		# scenario KIND FILL EMPTY, on what is mounted at $place
	kind=$1 told=$scratch/told-$n
	check "a job has room" "$here/job" "$place" "$told" map loop save
	join_last
	"$2"
	check "chunk done says so, or it stays" fails_clearly_or_stays
	check "checkpoint save says so" \
		fails_clearly "$belay" checkpoint save state
	check "a policy cannot be stored" fails_clearly another_policy
	check "no attempt begins" fails_clearly "$moments" begin
	check "nothing acknowledged is lost" promises_hold
	check "no half written thing is left" nothing_is_left
	"$3"
	check "it goes on when there is room" goes_on
	cd / || exit
	umount "$place"
}

fill() { cat /dev/zero >"$place/filler" 2>/dev/null; }
fill_small() {		# what is left between two blocks, too
	fill
	while head -c 4096 /dev/zero 2>/dev/null >>"$place/filler2"; do :; done
}
fill_inodes() {
	local i=0
	mkdir "$place/filler"
	while touch "$place/filler/$i" 2>/dev/null; do i=$((i + 1)); done
}
empty() { rm -rf "$place"/filler*; }

place=$scratch/place
mkdir "$place"
mount -t tmpfs -o size=8M,mode=700 full "$place"
scenario "no bytes" fill_small empty
mount -t tmpfs -o nr_inodes=600,mode=700 full "$place"
scenario "no inodes" fill_inodes empty
truncate -s 300M "$scratch/image"
PATH=$PATH:/usr/sbin:/sbin
mkfs.btrfs -q -f "$scratch/image" >"$scratch/said"
mount -o loop "$scratch/image" "$scratch/place"
btrfs quota enable "$place"
btrfs qgroup limit 24M "$place"
scenario "no quota" fill_small empty
echo "1..$n"
