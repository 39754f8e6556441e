#!/usr/bin/env bats
# belay in a stack with other plugins: good ones, failing ones, one for another
# Slurm.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016,SC2154  # job scripts; $output and $status are bats'
#
# plugstack.conf is read again for each step, so each test writes its own; that
# there are epilogs slurmd has learned at its start.

bats_require_minimum_version 1.5.0
load support

setup_file() {
	need_cluster
	export P=$BATS_FILE_TMPDIR/plugins
	mkdir -m 755 "$P"
	# shellcheck disable=SC2086  # a list
	cc -shared -fPIC ${SLURM_CPPFLAGS:-} -o "$P/neighbour.so" \
		"$BATS_TEST_DIRNAME/neighbours/neighbour.c"
	cp "$BUILD/spank_belay.so" "$P/belay.so"
	cluster_start 2 --cpus 8 --bind "$P:/run/bind/plugins" \
		--plugin /run/bind/plugins/neighbour.so
}
teardown_file() { cluster_stop; }

setup() {
	rm -f "$ALICE"/*
	cat > "$ALICE/job.sh" <<-'EOF'
	#!/bin/bash
	#SBATCH --requeue --open-mode=append -o out
	echo "attempt ${BELAY_ATTEMPT:-none} cause ${BELAY_PREVIOUS_CAUSE:-none}" \
		"user_init ${NEIGHBOUR_USER_INIT:-no} saw ${NEIGHBOUR_SAW:-none}" \
		"forked ${NEIGHBOUR_FORKED:-no} unwanted ${UNWANTED:-gone}"
	[ "${BELAY_ATTEMPT:-2}" -ge 2 ] || exit 3
	EOF
	chmod 755 "$ALICE/job.sh"
}

teardown() {
	[ -e "$D/settings" ] || return 0
	root scancel -u alice
	# what the neighbour broke is not for the next test to repair
	root scontrol update nodename=n1,n2 state=resume 2>/dev/null || true
	"$PS" wait "$D" 120
}

BELAY="optional $OPT/spank_belay.so agent=$OPT/belay-agent"
NEIGHBOUR=/run/bind/plugins/neighbour.so

stack() { printf '%s\n' "$@" > "$D/etc/plugstack.conf"; }

submit() { alice sbatch --parsable "$@" job.sh; }

ended() { until_true 150 job_over "$1"; }

# The words that begin the lines of ~/out.
attempts() { sed -n 's/^attempt \(.*\) user_init.*/\1/p' "$ALICE/out" | paste -sd,; }

@test "a good neighbour behind belay finds its work done, and does its own" {
	stack "$BELAY" "optional $NEIGHBOUR"
	job=$(alice env UNWANTED=here sbatch --parsable --belay --neighbour=word job.sh)
	ended "$job"
	job_is "$job" COMPLETED
	[[ $(attempts) == "1 cause none,2 cause failed" ]]
	grep -q 'attempt 1 .*user_init forked saw 1 forked yes unwanted gone' "$ALICE/out"
	grep -q 'attempt 2 .*user_init forked saw 2 forked yes unwanted gone' "$ALICE/out"
	no_node_drained
}

@test "and in front of it" {
	stack "optional $NEIGHBOUR" "$BELAY"
	job=$(submit --belay --neighbour=word)
	ended "$job"
	[[ $(attempts) == "1 cause none,2 cause failed" ]]
	grep -q 'attempt 2 .*user_init forked saw none forked yes' "$ALICE/out"
}

@test "an optional neighbour that fails in every hook takes nothing from belay" {
	local hook lines=()
	for hook in init init_post_opt user_init task_init_privileged task_init \
		task_exit exit job_epilog; do
		lines+=("optional $NEIGHBOUR fail=$hook")
	done
	for hook in "${!lines[@]}"; do
		stack "$BELAY" "${lines[hook]}"
		rm -f "$ALICE/out"
		job=$(submit --belay)
		ended "$job"
		echo "${lines[hook]}: $(attempts)"
		[[ $(attempts) == "1 cause none,2 cause failed" ]]
	done
	no_node_drained
}

@test "the option of a neighbour that is refused refuses the job, not belay" {
	stack "$BELAY" "optional $NEIGHBOUR"
	run ! alice sbatch --belay --neighbour=refuse job.sh
	[[ $output == *"neighbour"* ]]
	[[ $output != *"belay"* ]]
}

# What Slurm makes of a required plugin that fails is Slurm's; belay has begun
# the attempt before that and must not be the one that makes it worse: the same
# happens to the job and to the nodes as without it.
@test "a required neighbour that fails does what it does without belay" {
	local with without hook
	for hook in task_init job_epilog; do
		stack "required $NEIGHBOUR fail=$hook"
		without=$(fate)
		stack "$BELAY" "required $NEIGHBOUR fail=$hook"
		with=$(fate --belay=none)
		echo "$hook: without belay: $without; with: $with"
		[[ $with == "$without" ]]
	done
	stack "$BELAY" "required $NEIGHBOUR fail=task_init"
	job=$(submit --belay)
	until_true 60 attempts_at_least "$job" 2	# belay tries again
	run -0 belay why "$job"
	echo "$output"
	[[ $output == *'the script failed (failed, exit status 1)'* ]]
	alice scancel "$job"
}

# How a job ends and how its node is afterwards, under the stack of now.
fate() {
	local job state
	printf '#!/bin/sh\ntrue\n' > "$ALICE/true.sh"
	job=$(alice sbatch --parsable --no-requeue -w n1 -o /dev/null "$@" true.sh)
	until_true 90 job_over "$job" >&2
	until_true 60 left_node "$job" >&2
	state=$(root sinfo -h -n n1 -o %T)
	root scontrol update nodename=n1 state=resume 2>/dev/null || true
	echo "$(job_field "$job" JobState) ${state%\*}"
}
left_node() { [[ $(root sinfo -h -n n1 -o %T) != *completing* ]]; }

# stamp FILE YY.MM: makes FILE a plugin for that Slurm, as Slurm looks at it
stamp() {
	python3 - "$1" "$(nm -D --defined-only "$1" | awk '$3 == "plugin_version" { print $1 }')" "$2" <<-'EOF'
	import struct, sys
	path, at, release = sys.argv[1], int(sys.argv[2], 16), sys.argv[3]
	elf = bytearray(open(path, "rb").read())
	phoff, phsize, phnum = (struct.unpack_from("<Q", elf, 32)[0],
	                        *struct.unpack_from("<HH", elf, 54))
	for i in range(phnum):	# PT_LOAD: where the symbol is in the file
	    kind, _, off, addr, _, size = struct.unpack_from("<IIQQQQ", elf, phoff + i * phsize)
	    if kind == 1 and addr <= at < addr + size:
	        at += off - addr
	        break
	major, minor = map(int, release.split("."))
	old = struct.unpack_from("<I", elf, at)[0]
	assert 20 <= old >> 16 <= 40, hex(old)
	struct.pack_into("<I", elf, at, major << 16 | minor << 8)
	open(path, "wb").write(elf)
	EOF
}

@test "a plugin made for another Slurm is refused by it, and jobs run as without" {
	stamp "$P/belay.so" 21.08
	stack "optional /run/bind/plugins/belay.so agent=$OPT/belay-agent"
	run ! submit --belay
	[[ $output == *"unrecognized option '--belay'"* ]]
	[[ $output == *"ncompatible"*"version"* || $output == *"21.08"* ]]
	job=$(submit)
	ended "$job"
	job_is "$job" COMPLETED
	[[ $(attempts) == "none cause none" ]]
	no_node_drained
}

@test "a job that was submitted before runs on nodes whose plugin is for another Slurm" {
	stack "$BELAY"
	job=$(submit --belay -H)
	stamp "$P/belay.so" 21.08
	stack "optional /run/bind/plugins/belay.so agent=$OPT/belay-agent"
	alice scontrol release "$job"
	ended "$job"
	job_is "$job" COMPLETED
	[[ $(attempts) == "none cause none" ]]
	no_node_drained
}
