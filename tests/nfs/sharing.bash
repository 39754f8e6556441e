# sharing.bash - two nodes use one run: what one records, the other sees
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154

# shellcheck source=tests/nfs/support.bash
. /mnt/src/tests/nfs/support.bash

# A name that a client has looked for in vain stays missing for it for half a
# minute.  Each name that belay will ask for is looked for first.
scenario_missing_names() {
	refused belay_on b status 77
	begin a 77 0
	soon first-attempt 15000 status b 77 '"attempt":1'
	poison b 77/attempts/00000{1/end.json,1/decision.json,1/journal,1/claims,2} \
		77/{checkpoints,snapshots} jobs/78 78
	[ "$(inside a 77 belay chunk claim --chunks 8)" = 0 ]
	soon claimed 15000 status b 77 '"running":1'
	inside a 77 belay chunk done 0
	soon done 15000 status b 77 '"done":1'
	on a sh -c 'echo state >state'
	inside a 77 belay checkpoint save state
	soon checkpoint 15000 status b 77 '"count":1'
	poison b 77/checkpoints/000002
	inside a 77 belay checkpoint save state
	soon next-checkpoint 15000 status b 77 '"count":2'
	begin a 77 1
	soon next-attempt 15000 status b 77 '"attempt":2' '"cause":"vanished"'
	begin a 78 0
	soon another-job 15000 status b 78 '"attempt":1'
}

# The epilog's agent asks for cluster, index and job by name.
scenario_missing_roots() {
	ROOT=/srv/alice/fresh
	refused on b stat $ROOT
	on a mkdir -m 700 $ROOT
	on b ls /srv/alice
	refused on b stat $ROOT/nfs
	on a mkdir -m 700 $ROOT/nfs
	on b ls $ROOT
	poison b jobs 79
	on a mkdir -m 700 $ROOT/nfs/jobs
	on b ls $ROOT/nfs
	poison b jobs/79
	begin a 79 0
	soon epilog-finds-job 15000 epilog b 79
}

# Where alice may pass but not read, nothing but asking helps.
scenario_root_made_for_us() {
	ROOT=/srv/site/alice
	install -d -m 711 /run/export/site
	refused on b stat $ROOT
	install -d -o 1501 -g 1501 -m 700 /run/export/site/alice
	soon root-found 15000 begin b 75 0
}
epilog() {
	local said
	said=$(on "$1" env SLURM_CONF=/run/slurm.conf SLURM_CLUSTER_NAME=nfs \
		BELAY_ROOT=$ROOT SLURM_JOB_ID="$2" SLURM_JOB_NODELIST=a,b \
		SLURMD_NODENAME="$1" BELAY_HINT="$(given a "$2" BELAY_HINT)" \
		belay-agent after)
	echo "$said"
	[[ $said != *"has no run"* && $said != *"No such file"* ]]
}

# What a begin elsewhere counts is all that was acknowledged.
scenario_close_to_open() {
	local round node=a other=b
	for round in 0 1 2; do
		begin $node 80 $round
		[ "$(given $node 80 BELAY_CHUNKS_DONE)" = $((4 * round)) ]
		inside $node 80 bash -c 'for i in 0 1 2 3; do
			belay chunk done "$(belay chunk claim --chunks 12)" || exit
		done'
		read -r node other <<<"$other $node"
	done
	status a 80 '"done":12'
	status b 80 '"done":12'
}

# Who maps prints what a chunk said when it is recorded.  It is killed, and the
# run goes on elsewhere.
scenario_map_killed() {
	local pid acknowledged
	map_on a >/run/acknowledged 2>/run/said &
	until [ "$(wc -l </run/acknowledged)" -gt 5 ]; do sleep 0.1; done
	pid=$(pgrep -o -f '^belay map')
	kill -KILL "$pid"
	wait || true
	map_on b >/run/others
	acknowledged=$(wc -l </run/acknowledged)
	echo "$acknowledged acknowledged, $(wc -l </run/others) done by the other"
	[ -z "$(sort /run/acknowledged /run/others | uniq -d)" ]
	[ "$(sort -n /run/acknowledged /run/others | uniq | wc -l)" -le 100 ]
	status b killed '"done":100'
}

map_on() {
	on "$1" belay map --root $ROOT --run killed -j 4 --chunks 100 -- echo {}
}

# Two loops on each of two nodes: each chunk is handed out once.
scenario_claims() {
	local node i
	begin a 81 0
	cp /run/env.a.81 /run/env.b.81
	for node in a b; do
		for i in 1 2; do
			inside $node 81 bash -c '
				while c=$(belay chunk claim --chunks 24); do
					echo $c
					belay chunk done $c || exit
				done' >/run/claimed.$node.$i &
		done
	done
	wait
	wc -l /run/claimed.*
	[ "$(sort -n /run/claimed.* | tr '\n' ' ')" = "$(seq -s ' ' 0 23) " ]
	[ -s /run/claimed.a.1 ] && [ -s /run/claimed.b.1 ]
	status a 81 '"done":24'
}

# Two begins at once: each number is given once, and one of them may go on.
scenario_begin_race() {
	local round numbers going
	begin a 82 0
	for round in 1 2 3; do
		begin a 82 $round &
		begin b 82 $round || true
		wait $! || true
		numbers=$(cat /run/env.[ab].82 | sed -n "s/^export BELAY_ATTEMPT=//p")
		[ -z "$(sort <<<"$numbers" | uniq -d)" ]
		going=0
		for node in a b; do
			inside $node 82 belay chunk claim --chunks 100 &&
				going=$((going + 1))
		done
		echo "round $round: attempts" $numbers
		[ $going = 1 ]
	done
}

# A begin elsewhere is noticed by the very next acknowledgement, also of a
# process that holds its directories open.
scenario_fence() {
	begin a 83 0
	[ "$(inside a 83 belay chunk claim --chunks 100)" = 0 ]
	inside a 83 belay map -j 2 --chunks 1000 --set m -- sh -c 'sleep 0.2' >/run/map 2>&1 &
	until belay_on b status 83 | grep -E ' ([3-9]|[1-9][0-9]+) of'; do sleep 0.2; done
	begin b 83 1
	refused inside a 83 belay chunk done 0
	grep "attempt 2 has begun" /run/said
	soon map-stops 15000 bash -c '! pgrep -f "^belay map"'
	cat /run/map
	grep "attempt 2 has begun" /run/map
	status a 83 "\"done\":$(given b 83 BELAY_CHUNKS_DONE),"
}

sharing() {
	scenario missing_names "names that were missing are found at once"
	scenario missing_roots "an epilog finds a root that was missing"
	scenario root_made_for_us "so is one in a directory that cannot be read"
	scenario close_to_open "a begin elsewhere counts all that was acknowledged"
	scenario map_killed "what a killed map acknowledged is not done again elsewhere"
	scenario claims "two nodes claim each chunk once"
	scenario begin_race "of two begins at once one goes on"
	scenario fence "a begin elsewhere is noticed by the next acknowledgement"
	scenario owner "all that is there is its owner's"
}

sharing
