# cluster.bash: the namespaces of a cluster, as they are made and entered
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154  # the other parts'

TOOL=$INNER/tool/private-slurm  # what was started, and with it these parts, as the cluster sees it
USERS=(alice:1501 bob:1502)  # beside those of the machine

in_cluster() {  # CMD...: as root on the controller
    local pid
    pid=$(recorded "$D/cluster") || die "$D: not running"
    nsenter -t "$pid" -m -n -u -i -p -- "$@"
}
inner() { in_cluster bash "$TOOL" "$@"; }

first_of_cluster() {  # the cluster's first process; $1 is DIR as seen from outside
    set -e
    record "$1/cluster"
    mount -t proc proc /proc
    D=$1
    load_settings
    make_run
    make_etc
    bind_the_rest
    make_bridge
    chown "$SLURM_USER" /run/slurm
    {
        if start_munged ctl && start_slurmctld; then
            for ((i = 1; i <= NODES; i++)); do boot "n$i"; done
            : > "$D/started"
        else
            : > "$D/failed"
        fi
    } &
    first_process
}

make_run() {  # of our own, put together aside because DIR or a bound directory may lie below the old one
    local b src dst dir=$D
    mkdir -p "$dir/mnt"
    mount -t tmpfs -o mode=755 tmpfs "$dir/mnt"
    mkdir -p "$dir"/mnt/{private-slurm,munge,slurm,netns,lock,bind,host-etc}
    mount --bind "$dir" "$dir/mnt/private-slurm"
    for b in "${BINDS[@]}"; do
        src=${b%%:*} dst=${b#*:}
        case $dst in /run/*) dst=$dir/mnt/${dst#/run/} ;; *) continue ;; esac
        if [[ -d $src ]]; then mkdir -p "$dst"; else mkdir -p "${dst%/*}"; : > "$dst"; fi
        mount --rbind "$src" "$dst"
    done
    mount --bind /etc "$dir/mnt/host-etc"
    mount -n --move "$dir/mnt" /run  # -n: there is no /run/mount to note it in
    D=$INNER
    cd /
}

make_etc() {  # of our own: links to the machine's, which stays as it is
    local e u i
    mount -t tmpfs -o mode=755 tmpfs /etc
    ln -s /run/host-etc/* /run/host-etc/.[!.]* /etc/
    for e in passwd group hosts hostname slurm belay; do rm -f "/etc/$e"; done
    # '*', not 'x': they have no shadow entry, and without one their own environment could not be had from su
    { cat /run/host-etc/passwd; for u in "${USERS[@]}"; do
        echo "${u%:*}:*:${u#*:}:${u#*:}::$D/home/${u%:*}:/bin/bash"; done; } > /etc/passwd
    { cat /run/host-etc/group; for u in "${USERS[@]}"; do echo "${u%:*}:x:${u#*:}:"; done; } > /etc/group
    { echo "127.0.0.1 localhost"; echo "10.77.0.1 ctl"
      for ((i = 1; i <= NODES; i++)); do echo "10.77.0.$((10 + i)) n$i"; done; } > /etc/hosts
    ln -s "$D/etc" /etc/slurm
    ln -s "$D/etc/belay" /etc/belay
}

bind_the_rest() {  # what is not below /run
    local b src dst
    for b in "${BINDS[@]}"; do
        src=${b%%:*} dst=${b#*:}
        case $dst in
        /run/*) continue ;;
        /etc/*) if [[ -d $src ]]; then mkdir -p "$dst"; else : > "$dst"; fi ;;
        *) [[ -e $dst ]] || { say "$dst does not exist, and only below /run or /etc can it be made"; exit 1; } ;;
        esac
        mount --rbind "$src" "$dst"
    done
}

make_bridge() {  # the network, with the controller on it
    hostname ctl
    ip link set lo up
    ip link add br0 type bridge
    ip addr add 10.77.0.1/24 dev br0
    ip link set br0 up
    : > /run/netns/ctl
    mount --bind /proc/self/ns/net /run/netns/ctl
}

first_process() {  # what a first process has to do: be there, and with SIGCHLD ignored the kernel reaps its orphans
    exec env --ignore-signal=CHLD sleep infinity
}
