#!/usr/bin/env bats
# A belay that is broken costs a job its protection: never its launch, never a
# node, and nothing that was acknowledged.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154  # $output and $status are bats'
#
# Four clusters: "a" has the real agent and file systems that fail, in "b" the
# agent is broken as ~/broken says, in "c" slurmctld dies, in "d" the agent is no
# program.
#
#	ROUNDS=50	as many restarts while agents are killed (6)
#	SEED=N		which agents are killed, and when
#	SCENARIOS="..."	these alone

bats_require_minimum_version 1.5.0
load support

ROUNDS=${ROUNDS:-6}
FAULTY=$BATS_TEST_DIRNAME/failures
IN=/run/private-slurm		# a cluster's directory, as it sees itself
VOL=/run/bind/vol		# the file systems that fail, too
KINDS="hang stop crash half noise complain linger"

setup_file() {
	need_cluster
	command -v mkfs.ext4 > /dev/null || PATH=$PATH:/usr/sbin:/sbin
	export SEED=${SEED:-$RANDOM}
	echo "# SEED=$SEED ROUNDS=$ROUNDS" >&3
	start_a
	start_b
	start_c
	start_d
	# shellcheck disable=SC2086  # a list
	scenarios_start ${SCENARIOS:-places words filling mapping survivors \
		kinds no_program late_end killed hold cancel cancel_running \
		requeue_hold later ctl_away ctl_killed}
}

teardown_file() {
	local c
	scenarios_stop
	for c in a b c d; do
		in_cluster $c
		cluster_stop
	done
}

# ---- the clusters ----------------------------------------------------------

in_cluster() {
	D=$BATS_FILE_TMPDIR/$1 ALICE=$D/home/alice
}

start_a() {
	in_cluster a
	# "$PS up" runs where the file systems are mounted
	printf '#!/bin/sh\nexec "%s" "%s" 1501 "%s" "$@"\n' "$FAULTY/volumes" \
		"$BATS_FILE_TMPDIR/vol" "$PS" > "$BATS_FILE_TMPDIR/up"
	chmod 755 "$BATS_FILE_TMPDIR/up"
	mkdir -m 755 "$BATS_FILE_TMPDIR/vol"
	PS=$BATS_FILE_TMPDIR/up cluster_start 10 --cpus 8 \
		--bind "$BATS_FILE_TMPDIR/vol:$VOL"
	add_users_without_a_good_home
	install_recorder
	write_jobs
}

start_b() {
	in_cluster b
	mkdir -m 755 "$BATS_FILE_TMPDIR/agent"
	cp "$FAULTY/agent" "$BATS_FILE_TMPDIR/agent"
	"$PS" up "$D" --nodes 8 --cpus 8 --bind "$BUILD:$OPT" \
		--bind "$BATS_FILE_TMPDIR/agent" KillWait=5 \
		--plugin "$OPT/spank_belay.so agent=/run/bind/agent/agent" 3>&-
	add_users_with_a_broken_agent
	install_recorder
	write_jobs
}

# A timeout as clusters have it: libslurm then tries for half a minute.
start_c() {
	in_cluster c
	cluster_start 2 --cpus 8 MessageTimeout=30 SlurmdTimeout=120 \
		SchedulerParameters=sched_interval=5
	write_jobs
}

start_d() {
	in_cluster d
	mkdir -m 755 "$BATS_FILE_TMPDIR/none"
	"$PS" up "$D" --nodes 1 --cpus 8 --bind "$BUILD:$OPT" --bind "$BATS_FILE_TMPDIR/none" \
		--plugin "$OPT/spank_belay.so agent=/run/bind/none/agent" 3>&-
	write_jobs
}

uid=1600
add_user() {	# NAME HOME
	uid=$((uid + 1))
	root sh -c "echo '$1:x:$uid:$uid::$2:/bin/sh' >> /etc/passwd
		echo '$1:x:$uid:' >> /etc/group"
	install -d -m 755 "$D/work"
	install -d -m 755 -o $uid -g $uid "$D/work/$1"
}

add_users_without_a_good_home() {
	local user
	for user in homeless strangers open file closed; do
		add_user $user $IN/home/$user
		[[ $user == homeless ]] ||
			install -d -m 700 -o $uid -g $uid "$D/home/$user"
		case $user in
		strangers) install -d -m 755 -o 1502 "$D/home/$user/.belay" ;;
		open)      install -d -m 777 -o $uid "$D/home/$user/.belay"
			   chmod 777 "$D/home/$user/.belay" ;;
		file)      : > "$D/home/$user/.belay" ;;
		closed)    chown 0 "$D/home/$user" ;;
		esac
	done
}

add_users_with_a_broken_agent() {
	local kind
	for kind in $KINDS; do
		add_user "$kind" $IN/home/"$kind"
		install -d -m 700 -o $uid -g $uid "$D/home/$kind"
		echo "every $kind" > "$D/home/$kind/broken"
	done
	add_user late_end $IN/home/late_end
	install -d -m 700 -o $uid -g $uid "$D/home/late_end"
	echo "end hang" > "$D/home/late_end/broken"
	add_user slow $IN/home/slow
	install -d -m 700 -o $uid -g $uid "$D/home/slow"
	echo "after late 1.5" > "$D/home/slow/broken"
	echo "every kill $SEED" > "$ALICE/broken"
}

as() {	# USER CMD...
	"$PS" exec "$D" -u "$1" -- "${@:2}"
}

# submit USER NAME OPTION...: of /work/NAME.sh; its output is in /work/USER
submit() {
	as "$1" sbatch --parsable --chdir "$IN/work/$1" "${@:3}" "$IN/work/$2.sh"
}

script() {	# NAME: from stdin
	mkdir -p "$D/work"
	{ echo '#!/bin/bash'; cat; } > "$D/work/$1.sh"
	chmod 755 "$D/work/$1.sh"
}

write_jobs() {
	printf 'version: 1\npreset: standard\nattempts: {max: 1000, burst: 1000/1h, without_progress: 1000}\n' \
		> "$D/patient.yaml"
	install -d -m 755 -o 1501 "$D/work" "$D/work/alice"
	script fails <<-'EOF'
	echo "${BELAY_UNPROTECTED+unprotected}"
	env | grep ^BELAY_ | grep -v ^BELAY_UNPROTECTED=
	echo "ran in $PWD"
	exit 7
	EOF
	# fails once; notes its starts and ends, which a second requeue would show
	script once <<-'EOF'
	echo "start $BELAY_ATTEMPT" >> "notes.$SLURM_JOB_ID"
	sleep "${FIRST:-1}"
	[ "$BELAY_ATTEMPT" != 1 ] || code=3
	echo "end $BELAY_ATTEMPT" >> "notes.$SLURM_JOB_ID"
	exit ${code:-0}
	EOF
	script waits <<-'EOF'
	for i in {1..600}; do sleep 1; done
	EOF
}

same() {	# WHAT GOT WANTED
	[[ $2 == "$3" ]] || { printf '%s is\n%s\nnot\n%s\n' "$@"; return 1; }
}

# how JOB: as Slurm shows it
how() { echo "$(job_field "$1" JobState) $(job_field "$1" ExitCode) $(job_field "$1" Restarts)"; }

notes() { cat "$D/work/$1/notes.$2"; }
noted() { notes "$@" 2> /dev/null | grep -qx "$3"; }
began() { noted "$1" "$2" "start $3"; }

# record USER JOB ATTEMPT FILE KEY
record() {
	as "$1" cat ".belay/private/$2/attempts/00000$3/$4.json" |
		python3 -c "import json, sys; print(json.load(sys.stdin)['$5'])"
}

# ---- where records cannot be -----------------------------------------------

# USER ROOT (-: the default) WORDS
places() {
	cat <<-EOF
	homeless - home/homeless/.belay: directory is missing and its parent is not yours
	strangers - home/strangers/.belay: directory belongs to bob
	open - home/open/.belay: directory can be written by others
	file - home/file/.belay: cannot open directory '.belay': Not a directory
	closed - home/closed/.belay: cannot open directory '.belay': Permission denied
	alice full full/root: cannot make directory 'private': No space left on device
	alice inodes inodes/root: cannot make directory 'private': No space left on device
	alice readonly readonly/root: cannot make directory 'private': Read-only file system
	EOF
}

scenario_places() {
	in_cluster a
	local user root words place without with option
	while read -r user root words; do
		place=$user option=
		[[ $root == - ]] || place=$root option="--belay-root=$VOL/$root/root"
		without=$(submit "$user" fails --open-mode=append -o "$place.without")
		with=$(submit "$user" fails --requeue -o "$place.with" --belay $option)
		until_true 30 job_over "$without"
		until_true 30 job_over "$with"
		keep "$place" "$user $without $with"
	done < <(places)
}

# its_lines JOB: what slurmd's log has of belay about it
its_lines() { grep -hF "[$1.batch]" "$D"/log/slurmd.n*.log | grep 'belay: '; }

check_place() {	# PLACE ROOT WORDS
	local user without with said
	read -r user without with <<< "$(kept places "$1")"
	same "$1: the end" "$(how "$with")" "$(how "$without")"
	same "$1: the end" "$(how "$with")" "FAILED 7:0 0"
	said=$(grep 'belay: ' "$D/work/$user/$1.with")
	echo "$said"
	[[ $said == *"error: belay: this job runs unprotected: "*"$3"*"; "* ]]
	same "$1: lines in the output" "$(wc -l <<< "$said")" 1
	same "$1: its own output" \
		"$(grep -v 'belay: ' "$D/work/$user/$1.with")" \
		"$(sed 1s/.*/unprotected/ "$D/work/$user/$1.without")"
	same "$1: lines in slurmd's log" "$(its_lines "$with" | wc -l)" 1
	# nor has the epilog anything to add
	same "$1: the epilog's lines" \
		"$(grep -hcF "nothing was done after the job: $2" \
			"$D"/log/slurmd.n*.log | sort -u)" 0
}

@test "wherever records cannot be, the job runs as without belay, and one line says why" {
	scenario_done places
	in_cluster a
	local user root words
	while read -r user root words; do
		if [[ $root == - ]]; then
			check_place "$user" "$IN/home/$user" "$words"
		else
			check_place "$root" "$VOL/$root" "$words"
		fi
	done < <(places)
	[[ ! -e $D/home/homeless ]]
}

scenario_words() {
	in_cluster a
	install -d -m 755 -o 1502 "$D/home/bobs"
	install -d -m 755 -o 1501 "$D/home/alices"
	: > "$D/home/alices/file"
	printf 'version: 1\n' > "$D/good.yaml"
	local jobs
	jobs=$(alice squeue -h -t all -u alice -n fails.sh | wc -l)
	refused "the root is local to this node" "$VOL/memory/root"
	refused "the root is local to this node" /dev/shm/x
	refused "the root is local to this node" /tmp/x
	refused "directory belongs to bob" $IN/home/bobs
	refused "directory is missing and its parent is not yours" /nowhere/x
	refused "Not a directory" $IN/home/alices/file
	same "jobs" "$(alice squeue -h -t all -u alice -n fails.sh | wc -l)" "$jobs"
	for place in homeless strangers open file closed; do
		unprotected "$place" "the policy cannot be stored: "
	done
	unprotected alice "No space left on device" --belay-root=$VOL/full/root
	unprotected alice "Read-only file system" --belay-root=$VOL/readonly/root/x
}

refused() {	# WORDS ROOT
	! submit alice fails --belay "--belay-root=$2" 2> "$BATS_FILE_TMPDIR/refused"
	grep "sbatch: error: belay: .*$1" "$BATS_FILE_TMPDIR/refused"
}

# The policy is a file, to be stored at submit.
unprotected() {	# USER WORDS [OPTION]
	local job
	job=$(submit "$1" fails -o policy --belay=$IN/good.yaml "${@:3}" \
		2> "$BATS_FILE_TMPDIR/said")
	grep "sbatch: error: belay: the job will run unprotected: .*$2" \
		"$BATS_FILE_TMPDIR/said"
	same "lines" "$(wc -l < "$BATS_FILE_TMPDIR/said")" 1
	until_true 30 job_over "$job"
	same "the end" "$(how "$job")" "FAILED 7:0 0"
	grep 'ran in' "$D/work/$1/policy"
	! grep belay "$D/work/$1/policy"
}

@test "sbatch refuses what was written wrongly, and no job for a disk" {
	scenario_done words
}

# ---- a disk that fills while the job runs ----------------------------------

# To the last block: what is written in large pieces leaves some.
fill() {
	root sh -c "cat /dev/zero > $VOL/$1/filler.1
		dd if=/dev/zero of=$VOL/$1/filler.2 bs=4k oflag=direct
		df $VOL/$1 | tail -n 1" 2> /dev/null
}
drain_off() { root rm "$VOL/$1/filler.1" "$VOL/$1/filler.2"; }
small() { alice env "BELAY_ROOT=$VOL/$1/root" "$OPT/belay" "${@:2}"; }

scenario_filling() {
	in_cluster a
	script counts <<-EOF
	cd $IN/work/alice
	mkdir -p counting && cd counting
	i=0
	[ -z "\$BELAY_CHECKPOINT" ] || $OPT/belay checkpoint restore
	[ -z "\$BELAY_CHECKPOINT" ] || i=\$(cat state)
	echo "attempt \$BELAY_ATTEMPT starts at \$i"
	while [ \$i -lt 40 ]; do
		i=\$((i + 1))
		echo \$i > state
		head -c 200000 /dev/urandom > bulk
		$OPT/belay checkpoint save state bulk > /dev/null || exit 5
		echo \$i > acknowledged
		sleep 0.2
	done
	EOF
	job=$(submit alice counts --requeue --open-mode=append -o counts.log \
		--belay=restore "--belay-root=$VOL/small-1/root")
	keep job "$job"
	until_true 30 test -s "$D/work/alice/counting/acknowledged"
	sleep 2
	fill small-1
	until_true 170 job_over "$job"
	keep how "$(how "$job")"
	keep acknowledged "$(cat "$D/work/alice/counting/acknowledged")"
	drain_off small-1
	alice scontrol requeue "$job"
	until_true 20 job_is "$job" PENDING
	alice scontrol update "jobid=$job" StartTime=now
	until_true 60 job_is "$job" COMPLETED
}

@test "a disk that fills under a checkpoint loop: no checkpoint that was acknowledged is lost" {
	scenario_done filling 300
	in_cluster a
	local log=$D/work/alice/counts.log
	cat "$log"
	grep 'belay checkpoint save: .*No space left on device' "$log"
	# whether the last free block takes the record of the end is chance: if it
	# does, the job is requeued, and a next start finds no room
	[[ $(kept filling how) == "FAILED 5:0 "[0-9] ]]
	grep -E 'belay: (the end of this attempt is not recorded|this job runs unprotected): .*No space left' "$log"
	grep -x "attempt 2 starts at $(kept filling acknowledged)" "$log"
	same "the last state" "$(cat "$D/work/alice/counting/state")" 40
}

scenario_mapping() {
	in_cluster a
	map_job fill 300 0.5
	job=$(alice sbatch --parsable --belay "--belay-root=$VOL/small-2/root" fill.sh)
	keep job "$job"
	until_true 30 eval "((\$(ls $ALICE/fill.rec 2>/dev/null | wc -l) > 10))"
	fill small-2
	sleep 10
	drain_off small-2
	until_true 90 job_over "$job"
	keep how "$(how "$job")"
}

@test "a disk that is full for a while under belay map: it goes on, and no chunk is lost" {
	scenario_done mapping
	in_cluster a
	cat "$ALICE/fill.log"
	same "the end" "$(kept mapping how)" "COMPLETED 0:0 0"
	belay() { small small-2 "$@"; }
	proof fill "$(kept mapping job)" 300
}

# ---- two agents at once ----------------------------------------------------

scenario_survivors() {
	in_cluster a
	job=$(submit alice waits -N3 --requeue --exclusive --exclude=n10 \
		-o survivors.log --belay=failover)
	keep job "$job"
	until_true 30 job_is "$job" RUNNING
	sleep 1
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
	in_cluster a
	local job
	job=$(kept survivors job)
	same "restarts" "$(kept survivors restarts)" 1
	same "ExcNodeList" "$(kept survivors excluded)" \
		"$(printf '%s\n' n10 "$(kept survivors victim)" | sort)"
	same "who decided" "$(record alice "$job" 1 decision by)" after
	same "the suspects" "$(record alice "$job" 1 end suspects)" "$(kept survivors victim)"
	same "requeues by slurmctld" \
		"$(grep -cE "requeue job JobId=$job due to failure" "$D/log/slurmctld.log")" 1
}

@test "no node was drained where disks were broken" {
	in_cluster a
	no_node_drained
}

# ---- agents that are broken ------------------------------------------------

scenario_kinds() {
	in_cluster b
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
	in_cluster b
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
		! find "$D/work/$kind" "$D/home/$kind" -name 'core*' | grep .
	done
	! root pgrep -x sleep -u "$(tr ' ' , <<< "$KINDS")"
}

scenario_no_program() {
	in_cluster d
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
	in_cluster d
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
	in_cluster b
	job=$(submit late_end once --requeue --open-mode=append -o out --belay)
	keep job "$job"
	until_true 100 job_is "$job" COMPLETED
	keep how "$(how "$job")"
}

@test "an agent that hangs at the end only: the epilog acts, and the job comes back" {
	scenario_done late_end
	in_cluster b
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
	in_cluster b
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
	in_cluster b
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

# ---- what a person said ----------------------------------------------------

# The epilog of a job of "slow" begins 1.5 s late: time for a word in between.
fallen() {	# the job has failed, was requeued by end, and still completes
	job=$(submit slow once --requeue --open-mode=append -o "$name.log" --belay)
	keep job "$job"
	until_true 30 noted slow "$job" "end 1"
	until_true 10 job_is "$job" PENDING
	job_field "$job" EligibleTime
}

untouched() {	# after the epilog, and where nothing more comes from belay
	sleep 8
	keep how "$(how "$job")"
	keep notes "$(notes slow "$job" | paste -sd' ')"
}

scenario_hold() {
	in_cluster b
	fallen
	as slow scontrol hold "$job"
	untouched
	keep priority "$(job_field "$job" Priority)"
	as slow scontrol release "$job"
	as slow scontrol update "jobid=$job" StartTime=now
	until_true 60 job_is "$job" COMPLETED
}

scenario_cancel() {
	in_cluster b
	fallen
	as slow scancel "$job"
	untouched
}

scenario_cancel_running() {
	in_cluster b
	job=$(submit slow once --requeue --export=ALL,FIRST=60 -o "$name.log" --belay)
	until_true 30 began slow "$job" 1
	as slow scancel "$job"
	untouched
}

scenario_requeue_hold() {
	in_cluster b
	job=$(submit slow once --requeue --export=ALL,FIRST=60 -o "$name.log" --belay)
	until_true 30 began slow "$job" 1
	as slow scontrol requeuehold "$job"
	untouched
	keep priority "$(job_field "$job" Priority)"
	as slow scancel "$job"
}

scenario_later() {
	in_cluster b
	fallen
	as slow scontrol update "jobid=$job" StartTime=now+1hour
	untouched
	keep start "$(($(date -d "$(job_field "$job" StartTime)" +%s) - $(date +%s)))"
	as slow scancel "$job"
}

@test "a hold while the job waits stays, until it is released" {
	scenario_done hold
	in_cluster b
	same "meanwhile" "$(kept hold how)" "PENDING 0:0 1"
	same "the priority" "$(kept hold priority)" 0
	same "notes" "$(kept hold notes)" "start 1 end 1"
	same "in the end" "$(notes slow "$(kept hold job)" | paste -sd' ')" "start 1 end 1 start 2 end 2"
}

@test "a job that is cancelled while it waits, or runs, stays cancelled" {
	scenario_done cancel
	scenario_done cancel_running
	in_cluster b
	[[ $(kept cancel how) == "CANCELLED "* ]]
	same "notes" "$(kept cancel notes)" "start 1 end 1"
	same "how" "$(kept cancel_running how)" "CANCELLED 0:15 0"
	same "notes" "$(kept cancel_running notes)" "start 1"
}

@test "a job that its owner requeues held stays held" {
	scenario_done requeue_hold
	in_cluster b
	same "how" "$(kept requeue_hold how)" "PENDING 0:0 1"
	same "the priority" "$(kept requeue_hold priority)" 0
	same "notes" "$(kept requeue_hold notes)" "start 1"
}

@test "a later StartTime stays" {
	scenario_done later
	in_cluster b
	same "how" "$(kept later how)" "PENDING 0:0 1"
	(($(kept later start) > 3500))
}

@test "no node was drained where agents were broken" {
	in_cluster b
	no_node_drained
}

# ---- slurmctld away --------------------------------------------------------

# What slurmctld knew and had not saved is Slurm's to lose: it then starts a job
# twice, or drains its node, with belay or without.  It saves within 5 s of a
# change, but a start by the backfill scheduler is none.
has_saved_since() { [[ $D/ctld/job_state -nt $1 ]]; }

scenario_ctl_away() {
	in_cluster c
	script leaves <<-'EOF'
	echo "start $BELAY_ATTEMPT" >> "notes.$SLURM_JOB_ID"
	[ "$BELAY_ATTEMPT" != 1 ] || until [ -e stopped ]; do sleep 0.1; done
	sleep 1
	echo "end $BELAY_ATTEMPT" >> "notes.$SLURM_JOB_ID"
	[ "$BELAY_ATTEMPT" != 1 ]
	EOF
	job=$(submit alice leaves --requeue --open-mode=append -o away.log --belay)
	keep job "$job"
	until_true 30 began alice "$job" 1
	alice scontrol update "jobid=$job" Comment=changed
	until_true 30 has_saved_since "$D/work/alice/notes.$job"
	"$PS" controller "$D" stop
	touch "$D/work/alice/stopped"
	sleep 16
	"$PS" controller "$D" start
	until_true 90 job_is "$job" COMPLETED
	keep how "$(how "$job")"
}

@test "slurmctld is away when the script ends: acted upon once, when it is back" {
	scenario_done ctl_away
	in_cluster c
	local job
	job=$(kept ctl_away job)
	cat "$D/work/alice/away.log"
	same "the end" "$(kept ctl_away how)" "COMPLETED 0:0 1"
	same "notes" "$(notes alice "$job" | paste -sd' ')" "start 1 end 1 start 2 end 2"
	same "who recorded the end" "$(record alice "$job" 1 end by)" end
	same "who decided" "$(record alice "$job" 1 decision by)" end
}

# After ctl_away, for they share their slurmctld.  If it had not saved the start,
# it aborts the job and starts it once more, with the same count.
scenario_ctl_killed() {
	in_cluster c
	local with without options
	until_true 150 test -e "$BATS_FILE_TMPDIR/ctl_away.status"
	script well <<-'END'
	echo "start $BELAY_ATTEMPT" >> "notes.$SLURM_JOB_ID"
	sleep 9
	echo "end $BELAY_ATTEMPT" >> "notes.$SLURM_JOB_ID"
	END
	options="--begin=now+7 --requeue"
	with=$(submit alice well $options -o with.log --belay)
	without=$(submit alice well $options -o without.log)
	keep with "$with"
	keep without "$without"
	until_true 60 began alice "$with" 1
	until_true 10 began alice "$without" ""
	"$PS" controller "$D" stop
	sleep 2
	"$PS" controller "$D" start
	until_true 90 job_over "$with"
	until_true 90 job_over "$without"
}

@test "slurmctld is killed right after begin: what Slurm makes of it, and a new attempt" {
	scenario_done ctl_killed 300
	in_cluster c
	local with without starts
	with=$(kept ctl_killed with) without=$(kept ctl_killed without)
	same "the end" "$(how "$with")" "$(how "$without")"
	same "the end" "$(how "$with")" "COMPLETED 0:0 0"
	starts=$(notes alice "$without" | grep -c start)
	same "notes" "$(notes alice "$with" | paste -sd' ')" \
		"$(for ((i = 1; i <= starts; i++)); do echo "start $i"; done | paste -sd' ') end $starts"
	same "the last end" "$(record alice "$with" "$starts" end cause)" completed
	echo "# started $starts times" >&3
	no_node_drained
}
