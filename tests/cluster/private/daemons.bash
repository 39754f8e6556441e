# daemons.bash: munged, slurmctld and slurmd; the same commands with and without namespaces
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154  # the other parts'

clean() {  # CMD...: with an environment of ours and the signals bash takes from background jobs given back
    env -i --default-signal=INT,QUIT PATH="$PATH" LC_ALL=C PRIVATE_SLURM="$D" SLURM_CONF="$D/etc/slurm.conf" "$@"
}

start_munged() {  # WHERE: returns when it answers
    clean PRIVATE_SLURM_NODE="$1" munged --force --key-file="$D/key/munge.key" --log-file="$D/log/munged.$1.log" \
        --socket="$MUNGE/munge.socket.2" --pid-file="$MUNGE/munged.pid" --seed-file="$MUNGE/seed" \
        < /dev/null >> "$D/log/munged.$1.out" 2>&1
}

start_slurmctld() { clean slurmctld < /dev/null >> "$D/log/slurmctld.out" 2>&1; }

start_slurmd() {  # NODE [-b]
    clean PRIVATE_SLURM_NODE="$1" slurmd -N "$@" < /dev/null >> "$D/log/slurmd.$1.out" 2>&1
}

wait_idle() {  # SECONDS
    local end=$((SECONDS + $1)) seen=
    while :; do
        seen=$(SLURM_CONF=$D/etc/slurm.conf sinfo -h -N -o '%N=%T' 2>&1 | sort -u)
        [[ $(grep -c '=idle$' <<< "$seen") == "$NODES" ]] && return
        ((SECONDS < end)) || break
        sleep 0.1
    done
    say "not all nodes are idle after $1 s: ${seen//$'\n'/ }"
    return 1
}

do_controller() {  # stop|start|restart
    local pid i
    if [[ $1 != start ]]; then
        pid=$(daemon slurmctld "$RUN/slurmctld.pid") || { [[ $1 == restart ]] || die "slurmctld does not run"; }
        [[ ! $pid ]] || end "$pid" slurmctld
    fi
    [[ $1 != stop ]] || return 0
    ! daemon slurmctld "$RUN/slurmctld.pid" >/dev/null || die "slurmctld runs already"
    start_slurmctld || die "slurmctld did not start: $(tail -n 3 "$D/log/slurmctld.out")"
    for ((i = 0; i < 100; i++)); do
        SLURM_CONF=$D/etc/slurm.conf scontrol ping 2>/dev/null | grep -q 'is UP' && return
        sleep 0.1
    done
    die "slurmctld does not answer: $(tail -n 5 "$D/log/slurmctld.log")"
}

kill_slurmd() {  # NODE
    local pid
    pid=$(daemon slurmd "$RUN/slurmd.$1.pid") || die "slurmd of $1 does not run"
    end "$pid" "slurmd of $1"
}
