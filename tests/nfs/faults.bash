# faults.bash - the server is full, restarted, or does not answer
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154

# shellcheck source=tests/nfs/support.bash
. /mnt/src/tests/nfs/support.bash

# a chunk after the other, each told once it was acknowledged
LOOP='while c=$(belay chunk claim --chunks ${0:-1000}); do
	belay chunk done $c || exit
	echo $c
done'

save() {		# NODE RUN FILE of /run
	inside "$1" "$2" sh -c 'cd /run && exec belay checkpoint save $0' "$3"
}

# ---- no room ---------------------------------------------------------------

leave() {	# KILOBYTES: of the export
	local free
	free=$(df --output=avail -k /run/export | tail -n 1)
	fallocate -l $((free - $1))K /run/export/ballast
}
leave_quota() {	# KILOBYTES: of alice's, 0: no limit
	python3 - "$1" <<-'END'
		import ctypes, os, struct, sys
		export, left = "/run/export", int(sys.argv[1])
		used = sum(os.lstat(os.path.join(d, n)).st_blocks
		           for d, _, names in os.walk(export) for n in names) // 2
		limit = used + left if left else 0
		device = next(l.split()[0] for l in open("/proc/mounts")
		              if l.split()[1] == export).encode()
		quota = struct.pack("8QI4x", limit, 0, 0, 0, 0, 0, 0, 0, 1)
		libc = ctypes.CDLL(None, use_errno=True)
		if libc.quotactl(0x800008 << 8, device, 1501, quota) < 0:
		    sys.exit(os.strerror(ctypes.get_errno()))
	END
}

# without_room RUN WORDS SQUEEZE... -- RELEASE...: a checkpoint and a map run
# into it; what was told stays true, and both go on when there is room again.
without_room() {
	local run=$1 words=$2 squeeze=() pid before
	shift 2
	while [ "$1" != -- ]; do squeeze+=("$1"); shift; done
	shift
	begin a "$run" 0
	head -c 100K /dev/urandom >/run/state
	save a "$run" state
	"${squeeze[@]}" 40
	head -c 400K /dev/urandom >/run/large
	refused save a "$run" large
	cat /run/said
	grep -q "$words" /run/said
	inside a "$run" belay checkpoint verify
	inside a "$run" env -C /tmp belay map -j 4 --set m --chunks 120 -- \
		echo {} >/run/acknowledged 2>/run/err &
	pid=$!
	until grep "$words" /run/err; do sleep 0.2; done
	before=$(wc -l </run/acknowledged)
	"$@"
	wait $pid
	cat /run/err
	echo "$before chunks were acknowledged before"
	# what is left may take one more batch: then it is full a second time
	[ "$(grep -c "$words" /run/err)" = "$(grep -c "works again" /run/err)" ]
	[ "$(grep -c "$words" /run/err)" -le 3 ]
	[ "$(sort /run/acknowledged | uniq -c | grep -c ' 1 ')" = 120 ]
	status b "$run" '"done":120'
	save a "$run" large
	status b "$run" '"count":2'
	cp "/run/env.a.$run" "/run/env.b.$run"
	inside b "$run" belay checkpoint verify
}
scenario_full() {
	without_room 90 "No space left" leave -- rm /run/export/ballast
}
scenario_quota() {
	without_room 91 "quota exceeded" leave_quota -- leave_quota 0
}

# ---- the server goes and comes ---------------------------------------------

scenario_restart() {
	begin a 92 0
	inside a 92 bash -c "$LOOP" 12 >/run/acknowledged &
	local loop=$! map
	on b belay map --root $ROOT --run restarted -j 4 --chunks 60 -- sh -c 'sleep 0.1' &
	map=$!
	until [ "$(wc -l </run/acknowledged)" -gt 2 ]; do sleep 0.1; done
	server_down
	sleep 3
	server_up
	wait $loop || true
	wait $map
	[ "$(sort -n /run/acknowledged | uniq | wc -l)" = 12 ]
	status b 92 '"done":12'
	status a restarted '"done":60'
}

# A writer that is cut off, succeeded, and heard again.
scenario_zombie() {
	local loop map known
	begin a 93 0
	inside a 93 bash -c "$LOOP" 1000 >/run/acknowledged 2>/run/loop &
	loop=$!
	inside a 93 belay map -j 4 --set m --chunks 1000 -- sh -c 'sleep 0.1' >/run/map 2>&1 &
	map=$!
	until [ "$(wc -l </run/acknowledged)" -gt 2 ]; do sleep 0.1; done
	cut a
	sleep 1
	begin b 93 1
	known=$(given b 93 BELAY_CHUNKS_DONE)
	heal a
	wait $loop || true
	wait $map || true
	tail -n 3 /run/loop /run/map
	grep "attempt 2 has begun" /run/loop
	grep "attempt 2 has begun" /run/map
	echo "$known known to attempt 2, $(wc -l </run/acknowledged) told by the loop"
	status b 93 "\"done\":$known,"
	inside b 93 belay chunk list --set main --status 'done' >/run/list
	[ -z "$(comm -13 <(awk '{ print $2 }' /run/list | sort) \
		<(sort /run/acknowledged))" ]
	belay_on b events 93 --all --late | grep -c late || true
}

faults() {
	scenario full "a full disk is told once, and costs nothing acknowledged"
	scenario quota "so is a quota"
	scenario restart "a restart of the server is lived through"
	scenario zombie "a writer that was cut off and succeeded is late"
}
faults
