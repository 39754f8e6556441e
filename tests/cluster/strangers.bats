#!/usr/bin/env bats
# What a stranger can do to a user's run: mallory attacks alice.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154,SC2016  # $output is bats'; job scripts

bats_require_minimum_version 1.5.0
load support
load users/cast

setup_file() {
	need_cluster
	cast_start 8
	cp "$BATS_TEST_DIRNAME/users/knock.py" "$D/"
	# shellcheck disable=SC2086  # a list
	scenarios_start ${SCENARIOS:-squat policy kept port traced}
}

teardown_file() {
	scenarios_stop
	cluster_stop
}

mallory() { as mallory "$@"; }
everything() { find "$@" -printf '%M %u %s %T@ %p\n' | sort; }

# ---- the place of a root ----------------------------------------------------

# KIND COMMAND: what mallory puts where alice's root was; KIND-alice is alice's own
squats() {
	cat <<-EOF
	directory mkdir -m 777 directory
	hers ln -s $IN/shared/hers-alice hers
	mine ln -s $IN/home/mallory/lair mine
	nowhere ln -s $IN/home/alice/new nowhere
	file touch file
	hard ln $IN/shared/hard-alice/precious hard
	fifo mkfifo fifo
	EOF
}

scenario_squat() {
	local kind command
	new_user victim 1520
	script victim plain 'echo runs'
	install -d -o 1510 -g 1510 -m 777 "$D/home/mallory/lair"
	chmod 755 "$D/home/mallory"
	while read -r kind command; do
		install -d -o 1520 -g 1520 -m 755 "$D/shared/$kind-alice"
		install -o 1520 -g 1520 -m 644 /dev/null "$D/shared/$kind-alice/precious"
		keep "$kind" "$(submit victim -H -w n3 -o "log.$kind" --belay \
			"--belay-root=$IN/shared/$kind" plain.sh)"
		rmdir "$D/shared/$kind"
		# root for her, where the kernel protects hard links
		mallory sh -c "cd $IN/shared && $command" ||
			(cd "$D/shared" && ln hard-alice/precious hard)
	done < <(squats)
	everything "$D"/shared/*-alice "$D/home/mallory/lair" > "$D/squat.before"
	while read -r kind command; do
		as victim scontrol release "$(kept squat "$kind")"
	done < <(squats)
	while read -r kind command; do
		until_true 90 job_over "$(kept squat "$kind")"
	done < <(squats)
	everything "$D"/shared/*-alice "$D/home/mallory/lair" > "$D/squat.after"
}

@test "who squats a root is named, and nothing is written there" {
	scenario_done squat
	while read -r kind _; do
		job_is "$(kept squat "$kind")" COMPLETED
		log=$D/home/victim/log.$kind
		echo "$kind: $(cat "$log")"
		[[ $(grep -c belay: "$log") == 1 ]]
		case $kind in
		hard) grep -q "this job runs unprotected: .*Not a directory (it is victim's)" "$log" ;;
		*) grep -q "this job runs unprotected: .*mallory" "$log" ;;
		esac
		grep -qx runs "$log"
	done < <(squats)
	diff "$D/squat.before" "$D/squat.after"
	[[ ! -e $D/home/victim/new ]]
	no_node_drained
}

@test "a root where others may write, or of another's making, is refused at submit" {
	script alice plain true
	install -d -o 1510 -m 755 "$D/shared/lair"
	install -d -o 1510 -m 1777 "$D/shared/sticky"
	install -d -o 1501 -g 1510 -m 775 "$D/shared/group"
	install -d -o 1501 -m 777 "$D/shared/open"
	while read -r root words; do
		run -1 alice sbatch --belay "--belay-root=$IN/shared/$root" plain.sh
		echo "$output"
		[[ $output == *"$words"* ]]
	done <<-'END'
	lair/root directory belongs to mallory
	sticky/root directory belongs to mallory
	group/root directory can be written by others
	open/root directory can be written by others
	END
	nothing "$(find "$D/shared/"{lair,sticky,group,open} -mindepth 1)"
}

# ---- policies ---------------------------------------------------------------

# KIND COMMAND: what becomes of the stored policy $1, done by root
policies() {
	cat <<-'EOF'
	fifo mkfifo $1; chown 1521:1521 $1
	another printf 'version: 1\npreset: none\n' > $1; chown 1510:1510 $1; chmod 644 $1
	open printf 'version: 1\npreset: none\n' > $1; chown 1521:1521 $1; chmod 666 $1
	link ln -s /etc/passwd $1
	large truncate -s 10G $1; chown 1521:1521 $1; chmod 600 $1
	EOF
}

scenario_policy() {
	local kind command number=0 stored
	new_user author 1521
	script author plain 'echo runs under $BELAY_RUN'
	while read -r kind command; do
		# of its own text, or they would share a file
		printf 'version: 1\npreset: standard\nattempts: {max: %d}\n' $((number += 1)) \
			> "$D/home/author/$kind.yaml"
		chown 1521 "$D/home/author/$kind.yaml"
		keep "$kind" "$(submit author -H -w n4 -o "log.$kind" "--belay=$kind.yaml" plain.sh)"
		stored=$D/home/author/.belay/private/policies/$(sha256sum < "$D/home/author/$kind.yaml" | cut -c1-64).yaml
		rm "$stored"
		bash -c "$command" - "$stored"
		as author scontrol release "$(kept policy "$kind")"
	done < <(policies)
	while read -r kind command; do
		until_true 60 job_over "$(kept policy "$kind")"
	done < <(policies)
}

@test "a stored policy that was replaced is not read, nor waited for" {
	scenario_done policy
	while read -r kind _; do
		job=$(kept policy "$kind") log=$D/home/author/log.$kind
		cat "$log"
		job_is "$job" COMPLETED
		(($(seconds_between "$job" StartTime EndTime) < 8))
		grep -q "belay: the policy cannot be read, 'standard' is in its place" "$log"
		grep -q "^runs under $job" "$log"
	done < <(policies)
}

@test "a policy that is no policy is refused at once" {
	script alice plain true
	mkfifo "$ALICE/fifo.yaml"
	truncate -s 10G "$ALICE/large.yaml"
	echo 'a: &a [*a, *a]' > "$ALICE/cycle.yaml"
	head -c 60000 /dev/zero | tr '\0' '[' > "$ALICE/deep.yaml"
	chmod 644 "$ALICE"/*.yaml
	chown 1501 "$ALICE/fifo.yaml"
	ln -sf /dev/zero "$ALICE/zero.yaml"
	for kind in fifo large cycle deep zero; do
		SECONDS=0
		run -1 alice sbatch "--belay=$kind.yaml" plain.sh
		echo "$kind after $SECONDS s: $output"
		((SECONDS < 8))
		[[ $output == *"sbatch: error: belay: "*"$kind.yaml"* ]]
	done
}

# ---- what a job leaves, and who may see it ----------------------------------

scenario_kept() {
	new_user keeper 1522
	script keeper keeper 'umask 0' 'echo state > state' \
		"$OPT/belay map --chunks 6 -- true" \
		"$OPT/belay checkpoint save state" \
		"$OPT/belay chunk claim --set loop --chunks 3" \
		"$OPT/belay chunk fail --set loop 0" \
		'touch begun' 'until [ -e over ]; do sleep 0.2; done' 'exit $((BELAY_ATTEMPT < 2))'
	job=$(submit keeper -N2 -w 'n[5-6]' --requeue -o log --belay=restore keeper.sh)
	keep job "$job"
	until_true 60 test -e "$D/home/keeper/begun"
	# her own mistake: everybody may come to what is hers
	chmod 755 "$D/home/keeper"
	modes_of keeper > "$D/kept.while"
	everything "$D/home/keeper/.belay" > "$D/kept.before"
	pry closed
	find "$D/home/keeper/.belay" -type d -exec chmod 755 {} +
	find "$D/home/keeper/.belay" -type f -exec chmod 644 {} +
	everything "$D/home/keeper/.belay" > "$D/kept.open.before"
	pry open
	everything "$D/home/keeper/.belay" > "$D/kept.open.after"
	touch "$D/home/keeper/over"
	until_true 120 job_over "$job"
	find "$D/home/keeper/.belay" -newer "$D/home/keeper/over" \
		-printf '%y %m %U %f\n' > "$D/kept.new"
}

# All that is there and is not what it should be.  Files of a checkpoint keep
# their modes, within a directory that is closed.
modes_of() {
	find "$D/home/$1/.belay" ! \( -uid 1522 \( -type d -perm 700 -o -type f -perm 600 -o \
		-path '*/checkpoints/[0-9]*/state' -perm 666 \) \) -printf '%y %m %U %p\n'
}

# VERB ARG...: each would tell mallory something, or change something
pries() {
	cat <<-EOF
	status
	status $1
	why $1
	events $1
	checkpoint list --run $1
	checkpoint show 1
	checkpoint verify
	checkpoint restore
	checkpoint begin
	checkpoint save state
	checkpoint prune
	chunk list --set loop
	chunk pending --set loop
	chunk claim --set loop --chunks 3
	chunk done --set loop 0
	chunk fail --set loop 0
	beat
	map --set loop --chunks 3 -- true
	EOF
}

# pry NAME: mallory tries all; what came of it
pry() {
	local verb code dir=$IN/home/keeper/.belay
	pries "$job" | while read -r verb; do
		code=0
		# shellcheck disable=SC2086  # words
		as mallory env BELAY_ROOT="$dir" BELAY_RUN_DIR="$dir/private/$job" BELAY_ATTEMPT=1 \
			SLURM_JOB_ID="$job" "$OPT/belay" $verb > "$D/pry" 2>&1 < /dev/null || code=$?
		echo "$code $verb: $(tr '\n' ' ' < "$D/pry")"
	done > "$D/pry.$1"
}

@test "what a job leaves is the owner's alone, whatever the umask" {
	scenario_done kept
	nothing "$(cat "$D/kept.while")"
	cat "$D/kept.new"	# of the second attempt; those above were opened
	grep -q '^f 600 1522 end.json' "$D/kept.new"
	nothing "$(grep -v '^d 7[05][05] 1522 \|^f 600 1522 \|^f 666 1522 state' "$D/kept.new")"
}

@test "no verb tells a stranger anything of a run, or changes it" {
	scenario_done kept
	for state in closed open; do
		echo "== $state"
		cat "$D/pry.$state"
		[[ $(wc -l < "$D/pry.$state") == 18 ]]
		nothing "$(grep -vE '^[12] .*(belongs to keeper|Permission denied)' "$D/pry.$state")"
	done
	diff "$D/kept.open.before" "$D/kept.open.after"
	job_is "$(kept kept job)" COMPLETED
}

# ---- the port of a map ------------------------------------------------------

# The key's lines: endpoint, the server's key, the client's, the client's secret.
scenario_port() {
	local key endpoint lines
	new_user porter 1523
	install -d -o 1523 -m 755 "$D/home/porter/late"
	printf '#!/bin/bash\nuntil [ -e ~/go ]; do sleep 0.1; done\nPATH=${PATH#*:}\nexec srun "$@"\n' \
		> "$D/home/porter/late/srun"
	chmod 755 "$D/home/porter/late/srun"
	script porter port 'PATH=$HOME/late:$PATH' 'ulimit -S -n 300' \
		"exec $OPT/belay map -j2 --chunks 400 -- sh -c 'sleep 0.2'"
	job=$(submit porter -N2 -w 'n[1-2]' -o log --belay port.sh)
	keep job "$job"
	until_true 60 the_key porter
	key=$(the_key porter)
	mapfile -t lines < "$key"
	endpoint=${lines[1]}
	keep mode "$(stat -c '%a %u' "$key")"
	(umask 077; printf '%s\n' "${lines[@]:2:3}" > "$D/keys")
	secrets > "$D/secrets"
	# mallory knows the place, and has keys of her own
	forged "${lines[@]:0:3}" "$(random_key)" "$(random_key)" > "$D/home/mallory/map-0.key"
	chown 1510 "$D/home/mallory/map-0.key"
	on n8 mallory timeout 6 "$OPT/belay" map-worker "$IN/home/mallory/map-0.key" \
		> "$D/wrong_key" 2>&1 && keep wrong_key came_in
	on n8 mallory python3 "$IN/knock.py" "$endpoint" talk > "$D/talked"
	on n8 mallory python3 "$IN/knock.py" "$endpoint" hold > "$D/held"
	touch "$D/home/porter/go"
	until_true 60 done_by porter 8
	on n8 mallory python3 "$IN/knock.py" "$endpoint" hold > "$D/held_later"
	keep memory "$(memory_of_map)"
	until_true 120 job_over "$job"
	secrets >> "$D/secrets"
}

the_key() { find "$D/home/$1/.belay" -name 'map-*.key' -print -quit 2>/dev/null | grep .; }
forged() {
	printf '%s\n' "$@"
	printf '%s\n' "$@" | PYTHONPATH=$BATS_TEST_DIRNAME/../format python3 -c \
		'import sys, xxh3; print("%016x" % xxh3.xxh3_64(sys.stdin.buffer.read(), 0))'
}
random_key() { head -c 400 /dev/urandom | tr -dc '0-9a-zA-Z' | head -c 40; }
done_by() { (($(as "$1" "$OPT/belay" status "$job" --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["chunks"]["done"])') >= $2)); }
memory_of_map() {	# the most that it ever had, in kB
	root bash -c 'for p in /proc/[0-9]*; do
		[[ $(tr "\0" " " < $p/cmdline) != */belay\ map\ * ]] || sed -n "s/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p" $p/status
	done 2>/dev/null' | sort -n | tail -n 1
}

# Where any of the keys in $IN/keys can be found: on command lines, in
# environments and logs, in what the job wrote.
secrets() {
	root bash -c "cd $IN; grep -lzFf keys /proc/[0-9]*/cmdline /proc/[0-9]*/environ
		grep -rlFf keys log ctld spool home/porter/log" 2>/dev/null || true
}

@test "strangers at the port of a map are hung up upon, and the map does not mind" {
	scenario_done port
	cat "$D/wrong_key" "$D/talked" "$D/held" "$D/held_later" "$D/home/porter/log"
	[[ $(kept port mode) == "600 1523" ]]
	[[ ! -e $BATS_FILE_TMPDIR/port.wrong_key ]]
	nothing "$(cat "$D/wrong_key")"	# the worker waited in vain
	grep -qx 'nonsense 20' "$D/talked"
	grep -qx 'keyless 20' "$D/talked"
	(($(sed -n 's/^poured //p' "$D/talked") < 32))
	# more than there are descriptors, if not all of them, and hung up upon
	(($(sed -n 's/^held //p' "$D/held") > 300))
	grep -qx 'left 0' "$D/held"
	grep -qx 'left 0' "$D/held_later"
	echo "memory: $(kept port memory) kB"
	(($(kept port memory) < 100000))
	job_is "$(kept port job)" COMPLETED
	grep -q '400 of 400 done' "$D/home/porter/log"
	run ! grep 'cannot' "$D/home/porter/log"
}

@test "no key is on a command line, in an environment or in a log" {
	scenario_done port
	nothing "$(cat "$D/secrets")"
	cp "$D/keys" "$D/log/planted"	# it would be found
	[[ $(secrets) == log/planted ]]
}

# ---- what root does ---------------------------------------------------------

scenario_traced() {
	local slurmd
	command -v strace >/dev/null || return 0
	new_user watched 1524
	script watched plain 'echo $BELAY_ATTEMPT'
	slurmd=$("$PS" exec "$D" -n n7 -- cat /run/slurm/slurmd.n7.pid)
	"$PS" exec "$D" -n n7 -- sh -c "echo \$\$ > $IN/strace.pid
		exec strace -f -qq -s 300 -e trace=file,process,setuid,setresuid,setreuid,connect,bind \
			-o $IN/trace -p $slurmd" < /dev/null > "$D/strace" 2>&1 &
	until_true 30 is_traced "$slurmd"
	job=$(submit watched -w n7 -o log --belay plain.sh)
	until_true 60 job_over "$job"
	until_true 60 epilog_is_over n7 "$job"
	"$PS" exec "$D" -n n7 -- sh -c "kill \$(cat $IN/strace.pid)"
	until_true 30 is_not_traced "$slurmd"
	grep -qx 1 "$D/home/watched/log"
}
is_traced() { "$PS" exec "$D" -n n7 -- grep -q '^TracerPid:.[1-9]' "/proc/$1/status"; }
is_not_traced() { ! is_traced "$1"; }

@test "root opens nothing of an owner's, from submission to the last epilog" {
	command -v strace >/dev/null || skip "strace is not installed"
	scenario_done traced
	run -0 python3 "$BATS_TEST_DIRNAME/users/traced.py" "$D/trace" watched 1524
	[[ $output == 3 ]]
}
