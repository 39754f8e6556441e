#!/usr/bin/env bats
# An agent that is broken costs a job its protection: never its launch, never a
# node, and nothing that was acknowledged.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154  # $output and $status are bats'
#
#	ROUNDS=50	as many restarts while agents are killed (6)
#	SEED=N		which agents are killed, and when
#	SCENARIOS="..."	these alone

bats_require_minimum_version 1.5.0
load support
load failures/jobs

ROUNDS=${ROUNDS:-6}
KINDS="hang stop crash half noise complain linger"

setup_file() {
	need_cluster
	export SEED=${SEED:-$RANDOM}
	echo "# SEED=$SEED ROUNDS=$ROUNDS" >&3
	broken_agents_start 8
	add_users_with_a_broken_agent
	install_recorder
	write_jobs
	start_without_a_program
	# shellcheck disable=SC2086  # a list
	scenarios_start ${SCENARIOS:-survivors kinds no_program late_end killed}
}

teardown_file() {
	scenarios_stop
	cluster_stop
	D=$NO_PROGRAM cluster_stop
}

# A second cluster, whose agent is no program.
NO_PROGRAM=$BATS_FILE_TMPDIR/d
start_without_a_program() {
	local D=$NO_PROGRAM
	mkdir -m 755 "$BATS_FILE_TMPDIR/none"
	"$PS" up "$D" --nodes 1 --cpus 8 --bind "$BUILD:$OPT" --bind "$BATS_FILE_TMPDIR/none" \
		--plugin "$OPT/spank_belay.so agent=/run/bind/none/agent" 3>&-
	write_jobs
}

add_users_with_a_broken_agent() {
	local kind
	for kind in $KINDS; do
		broken_user "$kind" "every $kind"
	done
	broken_user late_end "end hang"
	install -d -m 755 -o 1502 "$D/work" "$D/work/bob"
	echo "every kill $SEED" > "$ALICE/broken"
}

# ---- two agents at once ----------------------------------------------------

# As bob, whose agent is well.
scenario_survivors() {
	alice() { as bob "$@"; }
	job=$(submit bob waits -N3 --requeue --exclusive --exclude=n8 \
		-o survivors.log --belay=failover)
	keep job "$job"
	until_true 30 job_is "$job" RUNNING
	until_true 20 attempts_at_least "$job" 1
	keep victim "$(batch_host "$job")"
	"$PS" kill "$D" "$(batch_host "$job")" power
	until_true 60 attempts_at_least "$job" 2
	sleep 3
	keep restarts "$(job_field "$job" Restarts)"
	keep excluded "$(expand "$(job_field "$job" ExcNodeList)" | sort)"
	alice scancel "$job"
	until_true 30 job_over "$job"
}

@test "two survivors decide once, requeue once, and leave out the dead and whom the user had" {
	scenario_done survivors
	local job
	job=$(kept survivors job)
	same "restarts" "$(kept survivors restarts)" 1
	same "ExcNodeList" "$(kept survivors excluded)" \
		"$(printf '%s\n' n8 "$(kept survivors victim)" | sort)"
	same "who decided" "$(record bob "$job" 1 decision by)" after
	same "the suspects" "$(record bob "$job" 1 end suspects)" "$(kept survivors victim)"
	same "requeues by slurmctld" \
		"$(grep -cE "requeue job JobId=$job due to failure" "$D/log/slurmctld.log")" 1
}

# ---- agents that are broken ------------------------------------------------

scenario_kinds() {
	local kind
	for kind in $KINDS; do
		keep "$kind" "$(submit "$kind" fails --requeue -o out --belay)"
	done
	for kind in $KINDS; do
		until_true 60 job_over "$(kept kinds "$kind")"
	done
}

@test "whatever kind of broken the agent is, the job runs, and one line says so" {
	scenario_done kinds
	local kind out why
	for kind in $KINDS; do
		out=$D/work/$kind/out
		case $kind in
		hang | stop | linger) why="belay-agent did not answer within 10 s" ;;
		crash) why="belay-agent ended without an answer after 0 s" ;;
		half) why="belay-agent answered with an unfinished line" ;;
		noise) why="belay-agent answered with " ;;
		complain) why="xxxxxxxx" ;;
		esac
		grep "belay: this job runs unprotected: $why" "$out" | cut -c 1-120
		same "$kind: lines" "$(grep -c 'belay: ' "$out")" 1
		grep -x "ran in $IN/work/$kind" "$out"
		same "$kind: the end" "$(how "$(kept kinds "$kind")")" "FAILED 7:0 0"
		same "$kind: cores" "$(find "$D/work/$kind" "$D/home/$kind" -name 'core*')" ""
	done
	! root pgrep -x sleep -u "$(tr ' ' , <<< "$KINDS")"
}

scenario_no_program() {
	D=$NO_PROGRAM
	local agent=$BATS_FILE_TMPDIR/none/agent case
	for case in mode format directory; do
		install -m 755 "$BUILD/belay-agent" "$agent"
		job=$(submit alice fails -H --requeue -o "$case" --belay)
		rm "$agent"
		case $case in
		mode) install -m 644 "$BUILD/belay-agent" "$agent" ;;
		format) install -m 755 /dev/null "$agent" ;;
		directory) mkdir "$agent" ;;
		esac
		alice scontrol release "$job"
		until_true 30 job_over "$job"
		rm -rf "$agent"
		keep "$case" "$(how "$job")"
	done
}

@test "an agent that is no program at all costs the protection only" {
	scenario_done no_program
	D=$NO_PROGRAM
	local case why
	for case in mode format directory; do
		case $case in
		format) why="Exec format error" ;;
		*) why="Permission denied" ;;
		esac
		same "$case: the end" "$(kept no_program $case)" "FAILED 7:0 0"
		same "$case: lines" "$(grep -c 'belay: ' "$D/work/alice/$case")" 1
		grep "unprotected: cannot run '/run/bind/none/agent': $why" "$D/work/alice/$case"
	done
	no_node_drained
}

scenario_late_end() {
	job=$(submit late_end once --requeue --open-mode=append -o out --belay)
	keep job "$job"
	until_true 100 job_is "$job" COMPLETED
	keep how "$(how "$job")"
}

@test "an agent that hangs at the end only: the epilog acts, and the job comes back" {
	scenario_done late_end
	local job
	job=$(kept late_end job)
	same "the end" "$(kept late_end how)" "COMPLETED 0:0 1"
	same "notes" "$(notes late_end "$job" | paste -sd' ')" "start 1 end 1 start 2 end 2"
	same "who decided" "$(record late_end "$job" 1 decision by)" after
	grep 'belay: the end of this attempt is not recorded: belay-agent did not answer within 10 s' \
		"$D/work/late_end/out"
}

# ---- agents killed by chance -----------------------------------------------

scenario_killed() {
	cat > "$ALICE/bin/acknowledged" <<-'EOF'
	#!/bin/bash
	"$HOME/bin/record" "$@" && echo "$2"
	EOF
	chmod 755 "$ALICE/bin/acknowledged"
	cat > "$ALICE/flail.sh" <<-EOF
	#!/bin/bash
	# what map prints is acknowledged; it is killed until there is "enough"
	n=\${BELAY_ATTEMPT:-without}
	what=flail
	[ "\$BELAY_ATTEMPT" ] || what=without
	mkdir -p \$what.rec \$what.out
	echo "start \$n \${SLURM_RESTART_COUNT:-0}" >> flail.starts
	$OPT/belay map -j 3 --chunks 400 --into \$what.out -- \\
		\$HOME/bin/acknowledged \$HOME/\$what.rec {} 0.1 >> flail.acks.\$n &
	if [ -e enough ] && [ "\$BELAY_ATTEMPT" ]; then
		wait \$!
		code=\$?
	else
		sleep "1.\$((RANDOM % 10))"
		kill -KILL \$!
		code=9
	fi
	echo "end \$n \${SLURM_RESTART_COUNT:-0}" >> flail.starts
	exit \$code
	EOF
	chmod 755 "$ALICE/flail.sh"
	job=$(alice sbatch --parsable --requeue -N2 -o flail.log --open-mode=append \
		--belay=$IN/patient.yaml flail.sh)
	keep job "$job"
	keep left 0
	keep hurried 0
	local state waited=0
	until (($(job_field "$job" Restarts) >= ROUNDS)); do
		state=$(job_field "$job" JobState)
		waited=$((waited + 1))
		case $state in
		FAILED)		# its agents were all killed: Slurm has the word
			! alice scontrol requeue "$job" 2> /dev/null ||
				keep left $(($(kept killed left) + 1)) ;;
		PENDING)	# after too, or the second half of end: Slurm's delay
			((waited < 12)) || hurry ;;
		*) waited=0 ;;
		esac
		sleep 0.5
	done
	touch "$ALICE/enough"
	rm "$ALICE/broken"
	until_true 60 eval "! job_is $job RUNNING"
	waited=0
	until job_is "$job" COMPLETED; do
		state=$(job_field "$job" JobState)
		[[ $state != FAILED ]] || ! alice scontrol requeue "$job" 2> /dev/null || :
		waited=$((waited + 1))
		((waited % 20)) || hurry
		((waited < 400))
		sleep 0.5
	done
	keep how "$(how "$job")"
}

hurry() {
	alice scontrol update "jobid=$job" StartTime=now 2> /dev/null || return 0
	keep hurried $(($(kept killed hurried) + 1))
	waited=0
}

# What was acknowledged is not run again by any later attempt.
nothing_acknowledged_ran_again() {
	local file n chunk again bad=0
	for file in "$ALICE"/flail.acks.[0-9]*; do
		n=${file##*.}
		while read -r chunk; do
			for again in "$ALICE/flail.rec/run.$chunk".*; do
				again=${again#*"run.$chunk."}
				((${again%.*} <= n)) || { echo "chunk $chunk of attempt $n again in ${again%.*}"; bad=1; }
			done
		done < "$file"
	done
	return $bad
}

@test "agents killed by chance: nothing acknowledged is lost, and no decision is made twice" {
	scenario_done killed $((200 + ROUNDS * 15))
	local job restarts
	job=$(kept killed job)
	restarts=$(kept killed how)
	restarts=${restarts##* }
	echo "# SEED=$SEED: $restarts restarts, $(wc -l < "$ALICE/kills") agents killed" \
		"($(cut -d' ' -f1 "$ALICE/kills" | sort | uniq -c | tr -s ' \n' ' '))," \
		"$(grep -c 'start without' "$ALICE/flail.starts") starts unprotected," \
		"$(kept killed left) times left to Slurm, $(kept killed hurried) times to its delay," \
		"$(cat "$ALICE"/flail.acks.[0-9]* | wc -l) chunks acknowledged" >&3
	same "the end" "$(kept killed how)" "COMPLETED 0:0 $restarts"
	# no start was ended by somebody else's requeue, none came unasked
	same "starts" "$(grep -c ^start "$ALICE/flail.starts")" $((restarts + 1))
	same "ends" "$(sed -n 's/^end //p' "$ALICE/flail.starts")" \
		"$(sed -n 's/^start //p' "$ALICE/flail.starts")"
	same "attempts twice begun" "$(grep '^start [0-9]' "$ALICE/flail.starts" | cut -d' ' -f2 | sort | uniq -d)" ""
	# whatever began and was followed has its end and its decision
	same "without a cause" "$(status "$job" "[x['attempt'] for x in a if x['begin'] and not x['cause']]")" "[]"
	nothing_acknowledged_ran_again
	proof flail "$job" 400
}

@test "no node was drained where agents were broken" {
	no_node_drained
}
