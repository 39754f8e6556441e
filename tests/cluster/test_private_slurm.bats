#!/usr/bin/env bats
# private-slurm itself: what it promises, and that it leaves nothing behind.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154  # $output and $status are bats'

bats_require_minimum_version 1.5.0

setup_file() {
    command -v slurmctld slurmd munged >/dev/null || PATH=$PATH:/usr/sbin:/sbin
    command -v slurmctld && command -v slurmd && command -v munged || skip "Slurm and munge are not installed"
    export PS="$BATS_TEST_DIRNAME/private-slurm" D="$BATS_FILE_TMPDIR/a cluster"
    chmod 755 "${BATS_RUN_TMPDIR:-$BATS_FILE_TMPDIR}"
    [[ $EUID != 0 ]] || "$PS" up "$D" --nodes 4 PrologFlags=Alloc
}

teardown_file() { "$PS" down "$D" --purge; }

teardown() {
    local d
    for d in "$BATS_TEST_TMPDIR"/c*; do [[ ! -d $d ]] || as_owner "$d" "$PS" down "$d" --purge; done
}

root_only() { [[ $EUID == 0 ]] || skip "needs root"; }

as_owner() {  # DIR CMD...
    local owner
    owner=$(stat -c %u "$1"); shift
    if [[ $owner == "$EUID" ]]; then "$@"; else as_nobody "$@"; fi
}
as_nobody() { setpriv --reuid nobody --regid "$(id -g nobody)" --clear-groups env -u SLURM_CONF "$@"; }

state_of() { "$PS" exec "$D" sinfo -h -N -n "$1" -o %T; }

until_true() {  # SECONDS CMD...
    local end=$((SECONDS + $1)); shift
    until "$@"; do ((SECONDS < end)) || { echo "not within time: $*"; return 1; }; sleep 0.2; done
}
is_down() { [[ $(state_of "$1") == down* ]]; }

# What could be left behind: mounts, links, files in the places that are covered; and processes, see left_of
traces() {
    cut -d' ' -f5- /proc/self/mountinfo | sort
    ip -o link | cut -d: -f2 | sort
    find /etc /run /mnt -xdev 2>/dev/null | sort
}

left_of() {  # DIR: the processes that have it mounted or in their arguments
    local d=${1#/*/} f  # in mountinfo it begins at its file system's root
    for f in $(grep -lF "$d" /proc/[0-9]*/{mountinfo,cmdline} 2>/dev/null | cut -d/ -f3 | sort -un); do
        [[ $f == "$$" || $f == "$BASHPID" ]] || ps -o pid=,stat=,args= -p "$f" | grep -v ' Z' || :
    done
}

@test "a step over three nodes runs as a complete user" {
    root_only
    run -0 "$PS" exec "$D" -u alice srun -N3 hostname
    [[ $(sort <<< "$output") == $'n1\nn2\nn3' ]]
    run -0 "$PS" exec "$D" -u alice -- sh -c 'id -u; id -un; id -Gn; echo "$USER $HOME"; pwd; hostname'
    [[ $output == $'1501\nalice\nalice\nalice /run/private-slurm/home/alice\n/run/private-slurm/home/alice\nctl' ]]
    [[ $(stat -c %a:%u "$D/home/alice" "$D/home/bob") == $'700:1501\n700:1502' ]]
    run "$PS" exec "$D" -u alice -n n3 -- sh -c 'hostname; exit 7'
    [[ $status == 7 && $output == n3 ]]
}

@test "--export=NONE finds a user's own environment" {
    root_only
    echo 'export OF_MY_OWN=yes' > "$D/home/bob/.bash_profile"
    run -0 "$PS" exec "$D" -u bob -- sbatch --wait -o env --export=NONE --wrap env
    grep -qx OF_MY_OWN=yes "$D/home/bob/env"
    run ! grep -h 'user environment variables' "$D"/log/slurmd.n*.log
}

@test "what is Slurm's to choose is left to Slurm" {
    root_only
    run ! grep -Ei '^(AuthInfo|KillWait|SchedulerParameters|JobRequeue|PluginDir)=' "$D/etc/slurm.conf"
    run -0 "$PS" exec "$D" scontrol show config
    grep -q '^KillWait *= 30 sec' <<< "$output"
    grep -q '^PrologFlags *= Alloc' <<< "$output"
    grep -q '^SlurmdTimeout *= 5 sec' <<< "$output"
    run ! grep -F "$BATS_FILE_TMPDIR" "$D/etc/slurm.conf"
}

@test "power and network are lost and come back" {
    root_only
    "$PS" exec "$D" -u alice -- sh -c 'sbatch -w n3 -o /dev/null --no-requeue --wrap "while sleep 0.2; do date +%s >> beat; done"'
    until_true 10 test -s "$D/home/alice/beat"
    "$PS" kill "$D" n2 power
    "$PS" kill "$D" n3 network
    run -1 "$PS" kill "$D" n2 power
    [[ $output == *"n2 is down already"* ]]
    until_true 20 is_down n2
    until_true 20 is_down n3
    # its processes live and reach the shared directory; no packet passes
    (($(tail -n 1 "$D/home/alice/beat") >= $(date +%s) - 2))
    run ! "$PS" exec "$D" -n n3 timeout 1 bash -c ': < /dev/tcp/10.77.0.1/6817'
    grep -q 'Nodes n.* not responding, setting DOWN' "$D/log/slurmctld.log"
    [[ $(head -n 1 "$D/log/slurmctld.log") =~ ^\[[0-9-]{10}T[0-9:]{8}\.[0-9]{3}\] ]]
    "$PS" revive "$D" n2
    "$PS" revive "$D" n3
    "$PS" wait "$D" 50
}

@test "slurmd alone dies and its job goes on; procs dies and all is gone" {
    root_only
    "$PS" exec "$D" -u bob -- sbatch -w n1 -o /dev/null --no-requeue --wrap 'echo $$ > pid; exec sleep 1000'
    until_true 10 test -s "$D/home/bob/pid"
    "$PS" kill "$D" n1 slurmd
    "$PS" exec "$D" -n n1 kill -0 "$(< "$D/home/bob/pid")"
    run ! "$PS" exec "$D" -n n1 pgrep -x slurmd
    "$PS" revive "$D" n1
    "$PS" kill "$D" n1 procs
    run ! "$PS" exec "$D" -n n1 pgrep 'slurmd|slurmstepd|sleep 1000'
    "$PS" revive "$D" n1
    "$PS" exec "$D" scancel -u bob
    "$PS" wait "$D" 30
}

@test "the controller dies and comes back with its jobs" {
    root_only
    id=$("$PS" exec "$D" -u alice sbatch --parsable --hold --wrap true)
    touch "$BATS_TEST_TMPDIR/submitted"  # slurmctld answers sbatch before it saves, up to 5 s later
    until_true 10 test "$D/ctld/job_state" -nt "$BATS_TEST_TMPDIR/submitted"
    "$PS" controller "$D" restart
    "$PS" controller "$D" stop
    run -1 "$PS" controller "$D" stop
    run ! "$PS" exec "$D" squeue
    "$PS" controller "$D" start
    run -0 "$PS" exec "$D" squeue -h -j "$id" -o %i
    [[ $output == "$id" ]]
    "$PS" exec "$D" scancel "$id"
    "$PS" wait "$D" 20
}

@test "up is refused where one runs, where a stranger's files are, and for nonsense" {
    run -1 "$PS" up /etc
    [[ $output == *"not a directory of private-slurm"* ]]
    run -2 "$PS" up "$BATS_TEST_TMPDIR/c1" --nodes 0
    run -2 "$PS" up "$BATS_TEST_TMPDIR/c1" nonsense
    run -2 "$PS" up
    run -2 "$PS" frobnicate x
    run -1 "$PS" exec "$BATS_TEST_TMPDIR/c1" true
    run -0 "$PS" help
    root_only
    run -1 "$PS" up "$D"
    [[ $output == *"runs already"* ]]
    run -2 "$PS" kill "$D" n9 power
    run -2 "$PS" kill "$D" n1 gently
}

@test "two at once; plugstack, /etc/belay and bound directories are seen inside only" {
    root_only
    c=$BATS_TEST_TMPDIR/c2
    mkdir "$BATS_TEST_TMPDIR/source" && echo hello > "$BATS_TEST_TMPDIR/source/file"
    "$PS" up "$c" -N 1 --bind "$BATS_TEST_TMPDIR/source" --plugin '/nonexistent/spank_none.so a b' SlurmdTimeout=7
    [[ $(< "$c/etc/plugstack.conf") == 'optional /nonexistent/spank_none.so a b' ]]
    echo 'default: none' > "$c/etc/belay/site.yaml"
    run -0 --separate-stderr "$PS" exec "$c" -u alice srun cat /etc/belay/site.yaml /run/bind/source/file
    [[ $output == $'default: none\nhello' ]]
    run -0 "$PS" exec "$c" -u alice srun hostname
    run -0 "$PS" exec "$D" -u alice srun hostname
    [[ ! -e /run/private-slurm && ! -e /run/bind && $(grep -c '^alice:.*private-slurm' /etc/passwd) == 0 ]]
    "$PS" down "$c"
    [[ -s $c/log/slurmctld.log ]]
    "$PS" down "$c"
    run -1 "$PS" status "$c"
    "$PS" up "$c" -N 1  # again, where one has been
    [[ -s $c/log.old/slurmctld.log ]]
    "$PS" down "$c" --purge
    [[ ! -e $c ]]
    "$PS" down "$c"
}

@test "a crashed one is found and cleared away" {
    root_only
    c=$BATS_TEST_TMPDIR/c3
    "$PS" up "$c" -N 1
    kill -9 "$(cut -d' ' -f1 "$c/cluster")"
    until_true 5 bash -c '! "$0" status "$1"' "$PS" "$c"
    "$PS" up "$c" -N 1
    "$PS" exec "$c" -u bob srun true
}

@test "a signal in the midst of up, or a failure, leaves nothing behind" {
    root_only
    before=$(traces)
    c=$BATS_TEST_TMPDIR/c4
    for delay in 0.03 0.06 0.1 0.15 0.2 0.3; do
        for signal in INT TERM; do
            env --default-signal=INT "$PS" up "$c" -N 3 2> "$BATS_TEST_TMPDIR/err" & pid=$!
            sleep "$delay"
            kill -s "$signal" "$pid" 2>/dev/null || :
            wait "$pid" || [[ $? == 130 || $? -gt 128 ]]
            "$PS" down "$c"  # it may have been faster than the signal
        done
    done
    run -1 "$PS" up "$c" ClusterName=
    [[ $output == *"did not"* ]]
    run -1 "$PS" up "$c" NoSuchKey=1
    [[ $output == *NoSuchKey* ]]
    after=$(traces)
    [[ $after == "$before" ]] || { diff <(echo "$before") <(echo "$after"); false; }
    run -0 left_of "$c"
    [[ ! $output ]]
}

@test "without root and without a name: the refusal says so" {
    [[ $EUID == 0 ]] || skip "needs root to become somebody"
    ! getent passwd 61234 >/dev/null || skip "user id 61234 has a name here"
    chmod 777 "$BATS_TEST_TMPDIR"
    chmod 755 "$BATS_FILE_TMPDIR"
    cp -r "$PS" "${PS%/*}/private" "$BATS_TEST_TMPDIR"
    run -1 setpriv --reuid 61234 --clear-groups "$BATS_TEST_TMPDIR/private-slurm" up "$BATS_TEST_TMPDIR/c"
    [[ $output == *"user id 61234 has no name here, and Slurm needs one" ]]
    [[ ! -e $BATS_TEST_TMPDIR/c ]]
}

@test "without root: a job runs to its end, a node dies, others are not touched" {
    c=$BATS_TEST_TMPDIR/cu
    run=()
    if [[ $EUID == 0 ]]; then
        chmod 755 "$BATS_TEST_TMPDIR" "$BATS_FILE_TMPDIR"
        mkdir "$c" && chown nobody "$c"
        cp -r "$PS" "${PS%/*}/private" "$BATS_TEST_TMPDIR"
        PS=$BATS_TEST_TMPDIR/private-slurm run=(as_nobody)
    fi
    ((${#c} <= 64)) || skip "the name of bats' directory is too long for sockets"
    "${run[@]}" "$PS" up "$c"
    "${run[@]}" "$PS" exec "$c" sbatch -W -N2 -o out --wrap 'srun -l printenv SLURMD_NODENAME'
    [[ $(sort "$c"/home/*/out) == $'0: n1\n1: n2' ]]
    "${run[@]}" "$PS" exec "$c" sbatch -w n2 -o /dev/null --no-requeue --wrap 'sleep 1001 & setsid sleep 1002 & sleep 1003'
    "${run[@]}" "$PS" exec "$c" sbatch -w n1 -o /dev/null --no-requeue --wrap 'sleep 1004'
    until_true 10 pgrep -f 'sleep 1003'
    until_true 10 pgrep -f 'sleep 1004'
    run -1 "${run[@]}" "$PS" kill "$c" n2 network
    [[ $output == *"needs a cluster started by root"* ]]
    "${run[@]}" "$PS" kill "$c" n2 power
    run ! pgrep -f 'sleep 100[123]'
    pgrep -f 'sleep 1004'
    "${run[@]}" "$PS" revive "$c" n2
    "${run[@]}" "$PS" controller "$c" restart
    "${run[@]}" "$PS" exec "$c" scancel -u nobody
    "${run[@]}" "$PS" down "$c" --purge
    run ! pgrep -f 'sleep 100[1234]'
    run ! pgrep -f "$c/"
    for pid in $(pgrep -u nobody); do  # slurmstepd hides its name and its environment, not where it is
        run ! grep -F "$c" <<< "$(readlink "/proc/$pid/cwd" "/proc/$pid/fd/"* 2>/dev/null)"
    done
}
