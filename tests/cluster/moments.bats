#!/usr/bin/env bats
# The moments of a job whose script asks for them itself, without the plugin.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154  # $output and $status are bats'

bats_require_minimum_version 1.5.0

setup_file() {
    [[ $EUID == 0 ]] || skip "needs root"
    command -v slurmctld slurmd munged >/dev/null || PATH=$PATH:/usr/sbin:/sbin
    command -v slurmctld && command -v slurmd && command -v munged || skip "Slurm and munge are not installed"
    export PS="$BATS_TEST_DIRNAME/private-slurm" D="$BATS_FILE_TMPDIR/cluster"
    chmod 755 "${BATS_RUN_TMPDIR:-$BATS_FILE_TMPDIR}"
    "$PS" up "$D" --nodes 3 --bind "$(realpath "${BUILD:-build}"):/run/belay" \
        KillWait=5 SchedulerParameters=bf_interval=5,sched_interval=5  # there is no epilog of ours to make it faster
    cat > "$D/home/alice/job.sh" <<'JOB'
#!/bin/bash
eval "$(/run/belay/belay begin --policy="${POLICY:-standard}")"
env | grep ^BELAY_ | grep -v HINT | sort > "env.$SLURM_JOB_ID.$BELAY_ATTEMPT"
hostname > "host.$SLURM_JOB_ID.$BELAY_ATTEMPT"
./work
/run/belay/belay end $?
JOB
    chmod 755 "$D/home/alice/job.sh"
}

teardown_file() { [[ ! $D ]] || "$PS" down "$D" --purge; }

alice() { "$PS" exec "$D" -u alice -- "$@"; }

work() {  # the script's real work, from stdin
    { echo '#!/bin/bash'; cat; } > "$D/home/alice/work"
    chmod 755 "$D/home/alice/work"
}

submit() { alice sbatch --parsable -o out.%j --open-mode=append "$@" job.sh; }

until_true() {  # SECONDS CMD...
    local end=$((SECONDS + $1)); shift
    until "$@"; do ((SECONDS < end)) || { echo "not within time: $*"; return 1; }; sleep 0.2; done
}

has_begun() { [[ -s $D/home/alice/host.$1.$2 ]]; }
given() { grep -xF -- "$3" "$D/home/alice/env.$1.$2"; }
record() { cat "$D/home/alice/.belay/private/$1/attempts/$2/$3.json"; }
field() { alice scontrol -o show job "$1" | grep -oE "(^| )$2=[^ ]*" | cut -d= -f2 | head -n 1; }
is() { [[ $(field "$1" "$2") == "$3" ]]; }

@test "a script that fails is run again" {
    work <<< '[[ $BELAY_ATTEMPT == 2 ]]'
    id=$(submit)
    until_true 60 has_begun "$id" 2
    given "$id" 1 BELAY_ACTION=start
    given "$id" 2 BELAY_ACTION=retry
    given "$id" 2 BELAY_PREVIOUS_CAUSE=failed
    until_true 20 is "$id" JobState COMPLETED
    [[ $(record "$id" 000001 decision) == *'"action": "retry"'* ]]
    [[ $(record "$id" 000002 end) == *'"cause": "completed"'* ]]
    grep -F 'belay: attempt 1: failed; retry' "$D/home/alice/out.$id"
}

@test "a node that dies in silence is found out by the next begin, and left out" {
    work <<< '[[ $BELAY_ATTEMPT == 2 ]] || sleep 300'
    id=$(submit --export=ALL,POLICY=failover)
    until_true 20 has_begun "$id" 1
    node=$(cat "$D/home/alice/host.$id.1")
    "$PS" kill "$D" "$node" power
    until_true 30 is "$id" JobState PENDING
    alice scontrol update "jobid=$id" StartTime=now
    until_true 40 has_begun "$id" 2
    given "$id" 2 BELAY_ACTION=failover
    given "$id" 2 BELAY_PREVIOUS_CAUSE=node_fail
    given "$id" 2 "BELAY_SUSPECT_NODES=$node"
    until_true 20 is "$id" JobState COMPLETED
    "$PS" revive "$D" "$node"
    "$PS" wait "$D" 30
}

@test "a script that may not be followed by another is held" {
    printf 'version: 1\nattempts: {max: 1}\n' > "$D/home/alice/once.yaml"
    work <<< 'exit 1'
    id=$(submit --export=ALL,POLICY=once.yaml)
    until_true 20 is "$id" Priority 0
    is "$id" JobState PENDING
    [[ $(record "$id" 000001 decision) == *'"action": "hold"'* ]]
    work <<< 'exit 0'
    alice scontrol release "$id"
    alice scontrol update "jobid=$id" StartTime=now+4  # not in the second of the kill
    until_true 60 is "$id" JobState COMPLETED
    given "$id" 2 BELAY_ACTION=retry
}

@test "a job id that Slurm gives again is another run" {
    work <<< 'exit 0'
    id=$(submit)
    until_true 20 is "$id" JobState COMPLETED
    run -0 alice env SLURM_JOB_ID="$id" SLURM_CLUSTER_NAME=private /run/belay/belay begin
    [[ $output == *"BELAY_RUN='$id.2'"* ]]
}

@test "slurmctld that is away is waited for" {
    work <<< '[[ $BELAY_ATTEMPT == 2 ]] || { touch there; sleep 9; exit 1; }'
    id=$(submit)
    until_true 20 test -e "$D/home/alice/there"
    sleep 7  # until slurmctld has saved the job
    "$PS" controller "$D" stop
    sleep 5
    "$PS" controller "$D" start
    until_true 60 has_begun "$id" 2
    until_true 20 is "$id" JobState COMPLETED
    [[ $(record "$id" 000001 end) == *'"by": "end"'* ]]
}

@test "look says what Slurm says" {
    work <<< 'sleep 60'
    id=$(submit)
    until_true 20 has_begun "$id" 1
    run -0 alice /run/belay/belay-agent look "$id"
    [[ $output == *'"state": "RUNNING"'* && $output == *"\"job\": \"$id\""* ]]
    alice scancel "$id"
    run -0 alice /run/belay/belay-agent look 999999	# an answer, too
    [[ $output == *'"cluster": "'*'"state": null'* && $output != *'"job"'* ]]
    run -2 alice /run/belay/belay-agent look x
}
