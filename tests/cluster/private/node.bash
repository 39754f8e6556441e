# node.bash: the namespaces of a node, within the cluster's own
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154  # the other parts'

# Linux 6.18 numbers namespaces for each processor by itself, and a process may hold (by a bind mount, as Slurm does
# where each job has a /tmp of its own) only one with a higher number than its own: so a node that needs to, and all
# that comes of it, stays on one processor, and all nodes on the same one.
steady() {
    [[ -s $D/etc/job_container.conf ]] || return 0
    local list
    list=$(taskset -cp "$$") && list=${list##*: } && echo taskset -c "${list%%[-,]*}"
}

boot() {  # NODE [-b]: the namespaces of a node; its first process records itself
    # shellcheck disable=SC2046  # words
    setsid $(steady) unshare -m -n -u -i -p -f --kill-child --propagation private \
        bash "$TOOL" _node "$@" < /dev/null > "$D/log/node.$1.out" 2>&1 &
}

first_of_node() {  # NODE [-b]
    local n=$1
    set -e
    record "$D/nodes/$n"
    mount -t proc proc /proc
    hostname "$n"
    for e in /run/munge /run/slurm /dev/shm; do mount -t tmpfs -o "mode=$(stat -c %a "$e")" tmpfs "$e"; done
    ip link set lo up
    nsenter --net=/run/netns/ctl ip link del "v$n" 2>/dev/null || :  # of an earlier life
    ip link add eth0 type veth peer name "v$n" netns ctl
    nsenter --net=/run/netns/ctl ip link set "v$n" master br0 up
    ip addr add "10.77.0.$((10 + ${n#n}))/24" dev eth0
    ip link set eth0 up
    mkdir -p "$D/spool/$n"
    { start_munged "$n" && start_slurmd "$@"; } &
    first_process
}

on_node() {  # NODE CMD...
    local pid
    pid=$(recorded "$D/nodes/$1") || die "$1 is down"
    shift
    nsenter -t "$pid" -m -n -u -i -p -- "$@"
}

port() { bridge link set dev "v$1" state "$2"; }  # 0 drops every packet, 3 forwards; the carrier stays

ns_kill() {  # NODE KIND
    local pid
    pid=$(recorded "$D/nodes/$1") || die "$1 is down already"
    case $2 in
    network) port "$1" 0 ;;
    power)
        port "$1" 0  # first, for the kernel says goodbye on the sockets of those it kills
        end "$pid" "$1"
        ip link del "v$1" 2>/dev/null || : ;;
    procs) on_node "$1" bash "$TOOL" _kill_procs "$1" ;;
    slurmd) on_node "$1" bash "$TOOL" _kill_slurmd "$1" ;;
    esac
}

ns_revive() {  # NODE
    if recorded "$D/nodes/$1" >/dev/null; then
        port "$1" 3
        on_node "$1" bash "$TOOL" _start_slurmd "$1"
    else
        boot "$1" -b
        booted "$1"
    fi
}

booted() {  # NODE: until the booted node has its slurmd
    local i
    for ((i = 0; i < 100; i++)); do
        recorded "$D/nodes/$1" >/dev/null && on_node "$1" bash "$TOOL" _has_slurmd "$1" && return
        sleep 0.1
    done
    die "$1 did not boot: $(tail -n 3 "$D/log/node.$1.out" "$D/log/slurmd.$1.out")"
}

ns_exec() {  # USER NODE CMD...: inside
    local u=$1 n=$2 priv=()
    shift 2
    getent passwd "$u" >/dev/null || die "no user $u"
    priv=(setpriv --reuid "$u" --regid "$(id -g "$u")" --init-groups --reset-env
        env "PATH=$PATH" "TERM=${TERM:-dumb}" bash -c 'cd ~ 2>/dev/null || cd /; exec "$@"' -)
    if [[ $n ]]; then on_node "$n" "${priv[@]}" "$@"; else exec "${priv[@]}" "$@"; fi
}
