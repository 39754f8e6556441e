#!/usr/bin/env bats
# What belay costs a job: requests to slurmctld, counted by slurmctld; durable
# operations, counted by strace; files.  The limits are those of doc/DESIGN.md.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154  # $output and $status are bats'

bats_require_minimum_version 1.5.0
load support

COST=$BATS_TEST_DIRNAME/cost
IN=/run/private-slurm		# a cluster's directory, as it sees itself

setup_file() {
	need_cluster
	command -v strace > /dev/null || skip "strace is not installed"
	install -d -m 1777 "$BATS_FILE_TMPDIR/cost"
	chmod 755 "${BATS_RUN_TMPDIR:-$BATS_FILE_TMPDIR}" "$BATS_FILE_TMPDIR"
	"$PS" up "$D" --nodes 26 --bind "$BUILD:$OPT" --bind "$COST/agent:/run/bind/agent" \
		--bind "$BATS_FILE_TMPDIR/cost" DebugFlags=Protocol \
		--plugin "$OPT/spank_belay.so agent=/run/bind/agent" 3>&-
	write_jobs
	first_job
	# shellcheck disable=SC2086  # a list
	scenarios_start ${SCENARIOS:-plain again dies eight held all_gone ten chunks without}
}

teardown_file() {
	scenarios_stop
	cluster_stop
}

write_jobs() {
	# exits with FAIL as long as there was no attempt LAST
	cat > "$D/job.sh" <<-'EOF'
	#!/bin/bash
	#SBATCH --requeue --exclusive --open-mode=append
	if [ "$FIRST_SLEEP" ] && [ "$BELAY_ATTEMPT" = 1 ]; then
		for i in $(seq "$FIRST_SLEEP"); do sleep 1; done
	fi
	sleep 1
	[ "$BELAY_ATTEMPT" -ge "${LAST:-1}" ] || exit 3
	EOF
	cat > "$D/chunks.sh" <<-EOF
	#!/bin/bash
	#SBATCH --exclusive --requeue
	$OPT/belay map -j2 --chunks 1000 -- true
	EOF
	chmod 755 "$D/job.sh" "$D/chunks.sh"
	printf 'version: 1\nattempts: {max: 1}\n' > "$D/once.yaml"
	printf 'version: 1\nattempts: {max: 50, backoff: {initial: 0s}}\n' > "$D/ten.yaml"
}

# submit OPTION...: job.sh as alice; WITH names another script
submit() {
	alice sbatch --parsable -o /dev/null "$@" "$IN/${WITH:-job}.sh"
}

# The first one makes the user's directories, which later ones find.  A home has
# something in it; an empty directory of ours might have been made just now.
first_job() {
	touch "$ALICE/.profile"
	job=$(submit --belay)
	until_true 30 job_is "$job" COMPLETED
	echo "$job" > "$BATS_FILE_TMPDIR/first"
}

# ended JOB [SECONDS]: and all epilogs are done
ended() {
	job=$1
	keep job "$job"
	until_true "${2:-120}" job_is "$job" COMPLETED
	until_true 30 no_epilog_of "$job"
}
no_epilog_of() { [[ -z $(alice squeue -h -j "$1" -t COMPLETING -o %i) ]]; }

scenario_plain() { ended "$(submit -N2 --belay)"; }
scenario_again() { ended "$(submit -N2 --export=ALL,LAST=2 --belay=failover)"; }

dies() {	# JOB NODE: how it goes on without
	"$PS" kill "$D" "$2" power
	until_true 60 attempts_at_least "$1" 2
	ended "$1"
}
runs() { until_true 30 attempts_at_least "$1" 1; }

scenario_dies() {
	job=$(submit -N2 --export=ALL,FIRST_SLEEP=600 --belay=failover)
	runs "$job"
	dies "$job" "$(other_node "$job")"
}

scenario_eight() {
	job=$(submit -N8 --export=ALL,FIRST_SLEEP=600 --belay=failover)
	runs "$job"
	dies "$job" "$(batch_host "$job")"
}

scenario_held() {
	job=$(submit -N2 --export=ALL,LAST=2 --belay="$IN/once.yaml")
	keep job "$job"
	until_true 30 eval "[[ \$(job_field $job JobState) == PENDING && \$(job_field $job Priority) == 0 ]]"
	alice scontrol release "$job"
	ended "$job"
}

scenario_all_gone() {
	job=$(submit -N1 --export=ALL,FIRST_SLEEP=600 --belay=failover)
	runs "$job"
	"$PS" kill "$D" "$(batch_host "$job")" power
	until_true 60 job_is "$job" PENDING
	alice scontrol update "jobid=$job" StartTime=now+3
	ended "$job"
}

scenario_ten() { ended "$(submit --export=ALL,LAST=10 --belay="$IN/ten.yaml")" 150; }
scenario_chunks() { ended "$(WITH=chunks submit --belay)"; }
scenario_without() { ended "$("$PS" exec "$D" -u bob -- sbatch --parsable -o /dev/null -N2 --exclusive --wrap 'sleep 1')"; }

# ---- what it cost ----------------------------------------------------------

costs() { python3 "$COST/costs.py" "$BATS_FILE_TMPDIR/cost" "$D/log/slurmctld.log" 1501 1502; }

# cost MOMENT JOB [RESTART]: lines "requests durable", one per agent
cost() { costs | awk -v m="$1" -v j="$2" -v r="${3:-}" '$1 == m && $2 == j && (r == "" || $4 == r)'; }

# at_most WHAT LIMIT COLUMN: all lines of stdin; there must be some
at_most() {
	awk -v what="$1" -v limit="$2" -v column="$3" '
		{ n++; if ($column > limit) { print what ": " $0; bad = 1 } }
		END { if (!n) print what ": nothing was counted"; exit bad || !n }'
}

begin_is_cheap() {	# JOB RESTART
	cost begin "$@" | at_most "requests at begin" 3 5
	cost begin "$@" | at_most "durable at begin" 6 6
}
end_is_cheap() { cost end "$@" | at_most "requests at end" 4 5; }

# Each attempt has three files of its own, its entry in jobs/, and one journal
# of each agent that has done something.
files() { find "$ALICE/.belay/private/$1" "$ALICE/.belay/private/jobs/$1" -type f | wc -l; }

@test "a job that completes" {
	scenario_done plain
	job=$(kept plain job)
	begin_is_cheap "$job" 0
	end_is_cheap "$job" 0
	cost after "$job" | at_most "requests after" 0 5
	[[ $(cost after "$job" | wc -l) == 2 ]]
	(($(files "$job") <= 12))
	echo "# $(files "$job") files" >&3
}

@test "the first job of a user makes three directories more" {
	cost begin "$(< "$BATS_FILE_TMPDIR/first")" | at_most "durable at begin" 9 6
}

@test "a job that fails and runs again" {
	scenario_done again
	job=$(kept again job)
	begin_is_cheap "$job" 0
	begin_is_cheap "$job" 1
	end_is_cheap "$job"
	(($(files "$job") <= 12))
}

@test "a job that is held, and released" {
	scenario_done held
	job=$(kept held job)
	begin_is_cheap "$job" 0
	begin_is_cheap "$job" 1
	end_is_cheap "$job"
}

@test "a node dies: end and survivors" {
	scenario_done dies
	job=$(kept dies job)
	end_is_cheap "$job"
	cost after "$job" 0 | at_most "requests after" 20 5
	begin_is_cheap "$job" 1
}

@test "of eight nodes the batch node dies" {
	scenario_done eight
	job=$(kept eight job)
	begin_is_cheap "$job" 1
	cost after "$job" 0 | at_most "requests after" 20 5
	cost after "$job" 0 | awk '{ n++; sum += $5 }
		END { print "#", sum, "requests by", n, "survivors"; exit sum > 60 || n != 7 }' >&3
	cost after "$job" 1 | at_most "requests after the last attempt" 0 5
}

@test "all nodes die: begin finds the cause, and decides" {
	scenario_done all_gone
	begin_is_cheap "$(kept all_gone job)"
}

@test "after ten attempts no more than five files for each" {
	scenario_done ten 200
	job=$(kept ten job)
	begin_is_cheap "$job"
	end_is_cheap "$job"
	echo "# $(files "$job") files" >&3
	(($(files "$job") <= 2 + 5 * 10))
}

@test "a thousand chunks have no file each" {
	scenario_done chunks
	job=$(kept chunks job)
	begin_is_cheap "$job"
	echo "# $(files "$job") files" >&3
	(($(files "$job") <= 12))
}

@test "a job without belay has no agent and asks nothing" {
	scenario_done without
	[[ -z $(costs | awk -v job="$(kept without job)" '$2 == job') ]]
	[[ ! -e $D/home/bob/.belay ]]
}

@test "nothing was asked from a node but by agents" {
	costs | awk '{ n[$1]++; all[$1] += $5
		if (!($1 in few) || $5 < few[$1]) few[$1] = $5
		if ($5 > many[$1]) many[$1] = $5
		if (!($1 in least) || $6 < least[$1]) least[$1] = $6
		if ($6 > most[$1]) most[$1] = $6 }
		END { for (m in n) printf "# %s, %d times: %d to %d requests (%.1f), %d to %d durable\n",
			m, n[m], few[m], many[m], all[m] / n[m], least[m], most[m] }' >&3
	[[ $(costs | tee /dev/stderr | grep -c ^stray) == 0 ]]
}
