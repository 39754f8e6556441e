#!/usr/bin/env bats
# What an owner can make of what root runs for him; ROUNDS= of babble (5).
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154,SC2016  # $output is bats'; job scripts

bats_require_minimum_version 1.5.0
load support
load users/cast

setup_file() {
	need_cluster
	cast_start 8
	# shellcheck disable=SC2086  # a list
	scenarios_start ${SCENARIOS:-patience followed babble stopped slow_child slow_agent}
}

teardown_file() {
	scenarios_stop
	cluster_stop
	D=$PATIENT
	[[ ! -e $D ]] || cluster_stop
}
PATIENT=$BATS_FILE_TMPDIR/p	# a cluster of its own, for its slurmctld goes away

# ---- what the agent has of root, and of its owner ---------------------------

# An owner who would like to choose what root runs, or where.
spoilt() {
	local home=$IN/home/alice
	alice env LD_PRELOAD="$home/evil.so" LD_LIBRARY_PATH="$home" \
		BASH_ENV="$home/evil" GCONV_PATH="$home" MALLOC_CHECK_=3 \
		TMPDIR="$home/tmp" IFS=x HOME="$home/link" BELAY_HINT=forged \
		"$@" 2>/dev/null
}

reports_of() { printf '%s\n' "begin-$1-n1" "end-$1-n1" "after-$1-n1" "after-$1-n2"; }

scenario_followed() {
	ln -sfn /etc "$ALICE/link"
	script alice plain 'echo $BELAY_ATTEMPT'
	job=$(spoilt sbatch --parsable -N2 -w 'n[1-2]' -o "$IN/home/alice/followed.log" --belay \
		--export=ALL,SLURM_CONF="$IN/home/alice/slurm.conf" "$IN/home/alice/plain.sh")
	keep job "$job"
	for report in $(reports_of "$job"); do
		until_true 60 test -e "$ALICE/reports/$report"
	done
}

@test "at every moment the agent is its owner, for good, and has just what it may" {
	scenario_done followed
	job=$(kept followed job)
	for report in $(reports_of "$job"); do
		echo "== $report"
		diff <(expected_report 1501) \
			<(grep -v ^env: "$ALICE/reports/$report" |
				sed -E 's/^(SigIgn:.0000000)[01][08](0000000)$/\100\2/' | sort)
		nothing "$(grep '^env: ' "$ALICE/reports/$report" | grep -vxE "env: (PATH=/usr/bin:/bin|LC_ALL=C.UTF-8|HOME=$IN/home/alice|(USER|LOGNAME)=alice|BELAY_HINT=1:[0-9a-f]{32}:standard:-:-|BELAY_ATTEMPT=1|SLURM_CONF=$IN/etc/slurm.conf|SLURMD_NODENAME=n[12]|SLURM_(CLUSTER_NAME|JOB_UID|JOB_USER|JOB_ID|JOB_NAME|JOB_NUM_NODES|JOB_NODELIST|NODELIST|JOB_WORK_DIR|SUBMIT_DIR|JOB_RESTART_COUNT|RESTART_COUNT)=.*)")"
	done
	grep -qx 1 "$ALICE/followed.log"
}

# ---- an agent that babbles, or stands still ---------------------------------

scenario_babble() {
	local i
	new_user babbler 1511
	script babbler plain 'env | sort'
	made_of babbler begin babble
	made_of babbler end babble
	made_of babbler after babble
	for i in $(seq "${ROUNDS:-5}"); do
		job=$(submit babbler -w n3 -o "log.$i" --belay plain.sh)
		until_true 90 job_over "$job"
		keep "state$i" "$(job_field "$job" JobState)"
	done
	job=$(submit babbler -w n3 -o without plain.sh)
	until_true 60 job_over "$job"
}

# All but what differs from job to job, or is the option's own.
environment() {
	grep -vE '^(SLURM_(JOB_?ID|TASK_PID|JOB_(START|END)_TIME)|SLURM_SPANK_[A-Za-z_]*|_|BELAY_UNPROTECTED)=|belay: ' "$1"
}

@test "an agent that babbles leaves the job its environment, and takes its protection" {
	scenario_done babble
	for i in $(seq "${ROUNDS:-5}"); do
		[[ $(kept babble "state$i") == COMPLETED ]]
		[[ $(grep -c 'this job runs unprotected: belay-agent ' "$D/home/babbler/log.$i") == 1 ]]
		diff <(environment "$D/home/babbler/without") \
			<(environment "$D/home/babbler/log.$i")
	done
}

scenario_stopped() {
	local verb
	new_user stopper 1512
	script stopper plain 'date +%s; env | grep ^BELAY_; true'
	for verb in begin end after; do
		made_of stopper "$verb" stop
		job=$(submit stopper -w n4 -o "log.$verb" --belay plain.sh)
		until_true 90 job_over "$job"
		until_true 60 epilog_is_over n4 "$job"
		keep "$verb" "$job"
		keep "end_$verb" "$(date +%s)"
		rm "$D/home/stopper/agent.$verb"
	done
}

@test "an owner who stops his agent waits for it no longer than its deadline" {
	scenario_done stopped
	log=$D/home/stopper/log
	cat "$log".*
	grep -q 'runs unprotected: belay-agent did not answer within 10 s' "$log.begin"
	job=$(kept stopped begin)
	waited=$(($(sed -n '/^[0-9]*$/p' "$log.begin") - $(date -d "$(job_field "$job" StartTime)" +%s)))
	((waited >= 10 && waited <= 14))
	job=$(kept stopped end)
	waited=$(seconds_between "$job" StartTime EndTime)
	((waited >= 10 && waited <= 16))
	grep -q "BELAY_ATTEMPT=1" "$log.after"
	job=$(kept stopped after)
	waited=$(($(kept stopped end_after) - $(date -d "$(job_field "$job" EndTime)" +%s)))
	((waited >= 5 && waited <= 10))
	nothing "$(on n4 stopper pgrep -u stopper)"
	no_node_drained
}

# ---- a name service that does not answer ------------------------------------

HESIOD=$(ldconfig -p | sed -n 's/.*libnss_hesiod.so.2 .*x86-64.* => //p' | head -n 1)

# slow_names NODE WHO: from now on, on this node only, WHO looks up in vain
slow_names() {
	"$PS" exec "$D" -n "$1" -- bash -ec "
		mount -t tmpfs -o mode=755 tmpfs /opt
		cd /opt
		echo $2 > slow-names
		cp $OPT/tests/security/nss/slow.so .
		sed '/^passwd:\|^group:\|^initgroups:/d' /etc/nsswitch.conf > nsswitch.conf
		printf '%s: hesiod files\n' passwd group initgroups >> nsswitch.conf
		mount --bind nsswitch.conf /etc/nsswitch.conf
		mount --bind slow.so $HESIOD"
}

scenario_slow() {	# WHO NODE UID
	local user=slow$1
	[[ $HESIOD ]] || return 0
	new_user "$user" "$3"
	script "$user" plain 'date +%s; env | grep ^BELAY_; true'
	slow_names "$2" "$1"
	job=$(submit "$user" -w "$2" -o log --belay plain.sh)
	keep job "$job"
	until_true 120 job_over "$job"
	until_true 60 epilog_is_over "$2" "$job"
	keep over "$(date +%s)"
}
scenario_slow_child() { scenario_slow child n5 1513; }
scenario_slow_agent() { scenario_slow agent n6 1514; }

@test "names that are never found cost the protection and the deadlines, no more" {
	[[ $HESIOD ]] || skip "this libc has no libnss_hesiod to put another in the place of"
	for who in child agent; do
		scenario_done "slow_$who"
		log=$D/home/slow$who/log job=$(kept "slow_$who" job)
		cat "$log"
		job_is "$job" COMPLETED
		grep -qE 'runs unprotected: belay-agent (did not answer within 10|ended without an answer after 9) s' "$log"
		waited=$(($(sed -n '/^[0-9]*$/p' "$log") - $(date -d "$(job_field "$job" StartTime)" +%s)))
		((waited >= 9 && waited <= 14))
		# begin and end, then the epilog
		((waited = $(seconds_between "$job" StartTime EndTime), waited >= 18 && waited <= 30))
		((waited = $(kept "slow_$who" over) - $(date -d "$(job_field "$job" EndTime)" +%s), waited <= 10))
	done
	no_node_drained
}

# ---- a stop while slurmctld is away -----------------------------------------

# The agent of `end` has asked for time by then.  slurmstepd that waits for more
# than UnkillableStepTimeout after the job was killed has its node drained.
scenario_patience() {
	local job
	D=$PATIENT ALICE=$PATIENT/home/alice
	cluster_start 2
	script alice leaves 'touch "begun.$SLURM_JOB_ID.$BELAY_ATTEMPT"' \
		'[ "$BELAY_ATTEMPT" != 1 ] || until [ -e go ]; do sleep 0.1; done' \
		'[ "$BELAY_ATTEMPT" != 1 ]'
	for node in n1 n2; do
		job=$(submit alice --requeue -w $node -o "log.$node" --belay leaves.sh)
		keep "$node" "$job"
		until_true 60 test -e "$ALICE/begun.$job.1"
		alice scontrol update "jobid=$job" Comment=changed
	done
	# what slurmctld has not saved is Slurm's to lose
	until_true 30 test "$D/ctld/job_state" -nt "$ALICE/begun.$job.1"
	"$PS" controller "$D" stop
	SECONDS=0
	touch "$ALICE/go"
	until_true 30 on n1 root sh -c 'kill -STOP $(pgrep -x belay-agent)'
	stopped=$SECONDS
	on n1 alice sh -c 'timeout 5 strace -p $(pgrep -x belay-agent)' > "$D/attached" 2>&1 || true
	# slurmstepd itself stays until it has told slurmctld of the end
	until_true 90 grep -q 'is not recorded: belay-agent did not answer' "$D/log/slurmd.n1.log"
	keep waited $((SECONDS - stopped))
	until ((SECONDS > 55)); do sleep 1; done
	"$PS" controller "$D" start
	until_true 90 job_is "$(kept patience n2)" COMPLETED
}

@test "an agent that stands still is left within 40 s, one that waits for slurmctld is not" {
	scenario_done patience
	D=$PATIENT ALICE=$PATIENT/home/alice
	grep -q 'Operation not permitted' "$D/attached"	# else he could speak for it
	echo "waited $(kept patience waited) s"
	(($(kept patience waited) >= 20 && $(kept patience waited) <= 50))
	[[ $(status "$(kept patience n2)" "len(a), a[0]['cause'], s['state']") == "(2, 'failed', 'completed')" ]]
	no_node_drained
}
