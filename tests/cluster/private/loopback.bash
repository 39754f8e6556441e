# loopback.bash: without root: slurmds on ports of the loopback interface
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154  # the other parts'

# What was started for this cluster, or one node of it, is known by its environment: daemons by the mark that start_*
# gave them, tasks by what slurmstepd gives them. slurmstepd writes its title over its own, but keeps slurmd's log
# open. Descendants that dropped all that are found by ancestry.
ours() {  # [NODE]
    local f p q mine=" " more
    while read -r f; do
        [[ ${1:-} ]] && ! grep -qzxF "PRIVATE_SLURM_NODE=$1" "$f" 2>/dev/null && continue
        p=${f#/proc/}; mine+="${p%/*} "
    done < <(grep -lzxF "PRIVATE_SLURM=$D" /proc/[0-9]*/environ 2>/dev/null)
    while read -r f; do
        grep -qzx "SLURMD_NODENAME=${1:-n[0-9]*}" "$f" 2>/dev/null || continue
        p=${f#/proc/}; mine+="${p%/*} "
    done < <(grep -lzxF "SLURM_CONF=$D/etc/slurm.conf" /proc/[0-9]*/environ 2>/dev/null)
    while read -r f; do
        p=${f#/proc/}; mine+="${p%%/*} "
    done < <(find /proc/[0-9]*/fd -uid "$(id -u)" -lname "$D/log/slurmd.${1:-n*}.log" 2>/dev/null)
    while more=; do
        while read -r p q; do
            [[ $mine == *" $q "* && $mine != *" $p "* ]] && { mine+="$p "; more=1; }
        done < <(ps -u "$(id -u)" -o pid=,ppid=)
        [[ $more ]] || break
    done
    for p in $mine; do [[ $p == "$$" || $p == "$BASHPID" ]] || echo "$p"; done
}

# shellcheck disable=SC2120  # they are, by others
end_ours() {  # [NODE]: until there are none; slurmd first, so that no more come
    local i p pids
    [[ ! ${1:-} ]] || { p=$(daemon slurmd "$RUN/slurmd.$1.pid") && kill -9 "$p"; }
    for ((i = 0; i < 100; i++)); do
        mapfile -t pids < <(ours "$@")
        ((${#pids[@]})) || return 0
        kill -9 "${pids[@]}" 2>/dev/null
        sleep 0.05
    done
    die "some processes do not end: ${pids[*]}"
}

free_ports() {  # NODES: the first of NODES + 1 free ones, below those that the kernel gives out
    local used base i tries
    used=$(awk 'FNR > 1 { sub(/.*:/, "", $2); print $2 }' /proc/net/tcp /proc/net/tcp6 2>/dev/null)
    for ((tries = 0; tries < 100; tries++)); do
        base=$((10000 + RANDOM % 20000))
        for ((i = 0; i <= $1; i++)); do
            grep -qx "$(printf '%04X' $((base + i)))" <<< "$used" && continue 2
        done
        echo "$base"
        return
    done
    return 1
}

user_may_have_place() {
    SLURM_USER=$(id -un 2>/dev/null) || die "user id $EUID has no name here, and Slurm needs one"
    # slurm.conf must name it
    [[ $D =~ ^[A-Za-z0-9/._+@-]+$ ]] || die "$D: without root only letters, digits and ._+@- can be in its name"
    ((${#D} <= 64)) || die "$D: too long by $((${#D} - 64)) for the names of sockets below it"
}

up_user() {
    local tries i
    MUNGE=$D/run RUN=$D/run
    mkdir -p "$D/run" "$D/home/$SLURM_USER" && chmod 700 "$D/home/$SLURM_USER" || exit 1
    for ((tries = 0; tries < 3; tries++)); do
        PORT=$(free_ports "$NODES") || die "found no $((NODES + 1)) free ports in a row"
        save_settings
        write_conf || exit 1
        {
            start_munged ctl && start_slurmctld &&
                for ((i = 1; i <= NODES; i++)); do mkdir -p "$D/spool/n$i"; start_slurmd "n$i"; done
        } 9>&- || up_fail "the cluster did not start"
        wait_idle 30 && return
        # somebody else may have taken a port since we looked
        grep -qi 'address already in use' "$D"/log/*.log || break
        end_ours 9>&-
    done
    up_fail "the cluster did not come up"
}
