# measure.bash - what belay costs on NFS: requests to the server, and time
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
#
# Requests do not depend on the machine; times do, so they stand beside that of
# one synced write of 4 KiB in the same guest.

# shellcheck source=tests/nfs/support.bash
. /mnt/src/tests/nfs/support.bash

requests() {	# so far, of node a
	root_on a awk '/per-op/ { on = 1; next } on && NF > 5 { n += $2 } END { print n }' \
		/proc/self/mountstats
}

# cost WHAT TIMES COMMAND...
cost() {
	local what=$1 times=$2 before start i
	shift 2
	before=$(requests)
	start=$(now_ms)
	for ((i = 0; i < times; i++)); do "$@" >/dev/null; done
	start=$(($(now_ms) - start))
	echo "$what: $((($(requests) - before) / times)) requests, $((start / times)) ms"
}

started() { begin a "$((100 + RANDOM))" 0; }
again() { begin a 99 "$((restart++))"; }

scenario_cost() {
	local restart=1
	root_on a grep -c '^device.*nfs' /proc/self/mountstats
	begin a 98 0
	begin a 99 0
	inside a 98 belay chunk claim --chunks 100000
	cost "nothing" 5 on a true
	cost "a synced write of 4 KiB" 5 on a dd if=/dev/zero of=raw bs=4k count=1 oflag=direct,dsync
	cost "begin, the first of a run" 5 started
	cost "begin, a restart" 5 again
	cost "chunk done" 10 inside a 98 belay chunk done 0
	cost "chunk claim" 10 inside a 98 belay chunk claim --chunks 100000
	cost "status, of 2 attempts" 5 belay_on a status 98
	cost "map of 100 chunks" 1 on a env -C /tmp belay map --root $ROOT --run c1 -j 4 --chunks 100 -- true
	cost "map of 1000 chunks" 1 on a env -C /tmp belay map --root $ROOT --run c2 -j 4 --chunks 1000 -- true
	cost "status of 1000 chunks" 3 belay_on b status c2
}
scenario cost "what it costs is counted"
