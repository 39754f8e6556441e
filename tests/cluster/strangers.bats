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
	# shellcheck disable=SC2086  # a list
	scenarios_start ${SCENARIOS:-squat policy}
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
