#!/usr/bin/env bats
# Where records cannot be, and disks that fill while a job runs: that costs a job
# its protection, never its launch, never a node, and nothing acknowledged.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154  # $output and $status are bats'
#
#	SCENARIOS="..."	these alone

bats_require_minimum_version 1.5.0
load support
load failures/jobs

VOL=/run/bind/vol		# the file systems that fail, as the cluster sees them

setup_file() {
	need_cluster
	command -v mkfs.ext4 > /dev/null || PATH=$PATH:/usr/sbin:/sbin
	# "$PS up" runs where the file systems are mounted
	printf '#!/bin/sh\nexec "%s" "%s" 1501 "%s" "$@"\n' "$FAULTY/volumes" \
		"$BATS_FILE_TMPDIR/vol" "$PS" > "$BATS_FILE_TMPDIR/up"
	chmod 755 "$BATS_FILE_TMPDIR/up"
	mkdir -m 755 "$BATS_FILE_TMPDIR/vol"
	PS=$BATS_FILE_TMPDIR/up cluster_start 6 --cpus 8 \
		--bind "$BATS_FILE_TMPDIR/vol:$VOL"
	add_users_without_a_good_home
	install_recorder
	write_jobs
	# shellcheck disable=SC2086  # a list
	scenarios_start ${SCENARIOS:-places words filling mapping}
}

teardown_file() {
	scenarios_stop
	cluster_stop
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
	if submit alice fails --belay "--belay-root=$2" 2> "$BATS_FILE_TMPDIR/refused"; then
		echo "a job was made with the root $2"
		return 1
	fi
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
drain_off() { root sh -c "rm -f $VOL/$1/filler.* $VOL/$1/root/filler"; }
small() { alice env "BELAY_ROOT=$VOL/$1/root" "$OPT/belay" "${@:2}"; }

# What a checkpoint that failed gives back, the job fills again: else it is chance
# whether its end finds a block.
scenario_filling() {
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
		$OPT/belay checkpoint save state bulk > /dev/null || {
			dd if=/dev/zero of=$VOL/small-1/root/filler bs=4k oflag=direct 2> /dev/null
			exit 5
		}
		echo \$i > acknowledged
		sleep 0.2
	done
	EOF
	job=$(submit alice counts --requeue --open-mode=append -o counts.log \
		--belay=restore "--belay-root=$VOL/small-1/root")
	keep job "$job"
	until_true 30 test -s "$D/work/alice/counting/acknowledged"
	fill small-1
	until_true 100 job_over "$job"
	keep how "$(how "$job")"
	keep acknowledged "$(cat "$D/work/alice/counting/acknowledged")"
	drain_off small-1
	alice scontrol requeue "$job"
	until_true 20 job_is "$job" PENDING
	alice scontrol update "jobid=$job" StartTime=now
	until_true 120 job_is "$job" COMPLETED
}

@test "a disk that fills under a checkpoint loop: no checkpoint that was acknowledged is lost" {
	scenario_done filling 300
	local log=$D/work/alice/counts.log
	cat "$log"
	grep 'belay checkpoint save: .*No space left on device' "$log"
	same "the end" "$(kept filling how)" "FAILED 5:0 0"
	grep -E 'belay: the end of this attempt is not recorded: .*No space left' "$log"
	grep -x "attempt 2 starts at $(kept filling acknowledged)" "$log"
	same "the last state" "$(cat "$D/work/alice/counting/state")" 40
}

scenario_mapping() {
	map_job fill 300 0.5
	job=$(alice sbatch --parsable --belay "--belay-root=$VOL/small-2/root" fill.sh)
	keep job "$job"
	until_true 30 eval "((\$(ls $ALICE/fill.rec 2>/dev/null | wc -l) > 10))"
	fill small-2
	until_true 60 grep -q 'cannot record' "$ALICE/fill.log"
	drain_off small-2
	until_true 120 job_over "$job"
	keep how "$(how "$job")"
}

@test "a disk that is full for a while under belay map: it goes on, and no chunk is lost" {
	scenario_done mapping
	cat "$ALICE/fill.log"
	same "the end" "$(kept mapping how)" "COMPLETED 0:0 0"
	belay() { small small-2 "$@"; }
	proof fill "$(kept mapping job)" 300
}

@test "no node was drained where disks were broken" {
	no_node_drained
}
