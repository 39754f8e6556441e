# processes.bash: which process is meant; a pid alone is never trusted
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154  # the other parts'

BOOT=$(cat /proc/sys/kernel/random/boot_id)

start_time() {  # PID: when it started, in ticks since boot; fails when it is gone or a zombie
    local s
    { read -r s < "/proc/$1/stat"; } 2>/dev/null || return 1
    read -ra s <<< "${s##*) }"
    [[ ${s[0]} != [ZX] ]] && echo "${s[19]}"
}

record() {  # FILE: remember this very process, by its pid in the namespace whose /proc is mounted
    local pid
    read -r pid _ < /proc/self/stat
    echo "$pid $(start_time "$pid") $BOOT" > "$1.new" && mv "$1.new" "$1"
}

recorded() {  # FILE: the pid recorded there, if that process lives
    local pid start boot
    { read -r pid start boot < "$1"; } 2>/dev/null || return 1
    [[ $boot == "$BOOT" && $(start_time "$pid") == "$start" ]] && echo "$pid"
}

daemon() {  # NAME PIDFILE: the pid in PIDFILE, if it is NAME's and was started for this cluster
    local pid comm
    { read -r pid < "$2" && read -r comm < "/proc/$pid/comm"; } 2>/dev/null || return 1
    [[ $comm == "$1" ]] && start_time "$pid" >/dev/null &&
        grep -qzxF "PRIVATE_SLURM=$D" "/proc/$pid/environ" 2>/dev/null && echo "$pid"
}

end() {  # PID WHAT: returns when it is no more
    local i
    kill -9 "$1" 2>/dev/null
    for ((i = 0; i < 500; i++)); do start_time "$1" >/dev/null || return 0; sleep 0.02; done
    die "$2 does not end"
}
