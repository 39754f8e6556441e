# up.bash: the verbs that start a cluster and end it
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154  # the other parts'

up_fail() {
    local f
    for f in "$D"/log/{init,slurmctld,munged.*,node.*,slurmd.n*}.out "$D"/log/{slurmctld,slurmd.n*}.log; do
        [[ -s $f ]] && { echo "== ${f#"$D/"}"; tail -n 5 "$f"; } >&2
    done
    die "$@"
}

stop_all() {  # returns when nothing is left
    local pid
    if [[ $MODE == user ]]; then end_ours; return; fi
    if [[ ${unshared:-} ]] && kill -STOP "$unshared" 2>/dev/null; then  # stopped, it has the child it has
        for pid in $(ps -o pid= --ppid "$unshared") "$unshared"; do end "$pid" "$pid"; done
    fi
    ! pid=$(recorded "$D/cluster") || end "$pid" "the cluster's first process, $pid,"
}

running() {
    [[ -e $D/settings ]] || return 1
    (load_settings; if [[ $MODE == user ]]; then [[ $(ours) ]]; else recorded "$D/cluster" >/dev/null; fi)
}

verb_up() {
    MODE=root NODES=3 CPUS=2 PORT=0 CONF=() PLUGSTACK=() BINDS=() unshared=
    [[ $EUID == 0 ]] || MODE=user
    up_options "$@"
    up_programs
    up_binds
    up_place
    trap 'trap "" INT TERM HUP; trap - EXIT; say "interrupted"; stop_all 9>&-; exit 130' INT TERM HUP
    trap 'stop_all 9>&-' EXIT
    if [[ $MODE == user ]]; then up_user; else up_root; fi
    trap - EXIT INT TERM HUP
    say "$NODES nodes are idle"
}

up_options() {
    need() { [[ $# -ge 2 ]] || misuse "$1 wants a value"; }
    while (($#)); do
        case $1 in
        -N | --nodes) need "$@"; NODES=$2; shift 2 ;;
        -c | --cpus) need "$@"; CPUS=$2; shift 2 ;;
        --plugin) need "$@"; PLUGSTACK+=("optional $2"); shift 2 ;;
        --plugstack) need "$@"; PLUGSTACK+=("$2"); shift 2 ;;
        --bind) need "$@"; BINDS+=("$2"); shift 2 ;;
        [A-Za-z]*=*) CONF+=("$1"); shift ;;
        *) misuse "up: unknown argument '$1'" ;;
        esac
    done
    [[ $NODES =~ ^[1-9][0-9]?$ && $NODES -le 64 ]] || misuse "--nodes wants a number from 1 to 64, not '$NODES'"
    [[ $CPUS =~ ^[1-9][0-9]{0,3}$ ]] || misuse "--cpus wants a number, not '$CPUS'"
}

up_programs() {
    local b
    for b in munged slurmctld slurmd sinfo scontrol $([[ $MODE == user ]] || echo ip nsenter unshare setpriv); do
        command -v "$b" >/dev/null || die "$b is not installed (looked in $PATH)"
    done
    # in the cluster: the usual places after the one where this Slurm is
    b=$(command -v slurmctld) PATH=${b%/*}:$(command -v sinfo)
    PATH=${PATH%/*}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
}

up_binds() {
    local i src dst
    for ((i = 0; i < ${#BINDS[@]}; i++)); do
        [[ $MODE == root ]] || misuse "--bind needs root"
        src=${BINDS[i]%%:*} dst=${BINDS[i]#*:}
        [[ ${BINDS[i]} == *:* ]] || dst=/run/bind/$(basename "$src")
        [[ -e $src ]] || die "--bind: $src does not exist"
        [[ $dst == /* && $dst != *:* ]] || misuse "--bind SRC[:DST]: DST must be a path that begins with /"
        BINDS[i]=$(realpath "$src"):$dst
    done
}

up_place() {  # DIR: a directory of ours or an empty one; nothing else is ever cleared out
    if [[ -e $D && ! -e $D/.private-slurm ]]; then
        [[ -d $D && -z $(ls -A "$D") ]] || die "$D exists and is not a directory of private-slurm"
    fi
    [[ $MODE == root ]] || user_may_have_place
    umask 022
    mkdir -p "$D" || exit 1
    exec 9> "$D/.private-slurm"
    flock -n 9 || die "$D: another 'up' is at work there"
    ! running || die "$D runs already; 'private-slurm down' ends it"
    [[ ! -e $D/log ]] || { rm -rf "$D/log.old" && mv "$D/log" "$D/log.old"; } || exit 1
    rm -rf --one-file-system "${D:?}"/{ctld,spool,nodes,key,run,etc,mnt,tool,cluster,settings,started,failed}
    mkdir -p "$D"/{etc/belay,log,ctld,spool,nodes,key,home,tool} || exit 1
    chmod 755 "$D"
    cp -r "$SELF" "${SELF%/*}/private" "$D/tool" || exit 1
    head -c 128 /dev/urandom > "$D/key/munge.key" && chmod 600 "$D/key/munge.key" && chmod 700 "$D/key"
}

up_root() {
    local u
    SLURM_USER=root MUNGE=/run/munge RUN=/run/slurm
    ! getent passwd slurm >/dev/null || SLURM_USER=slurm
    for u in "${USERS[@]}"; do
        mkdir -p "$D/home/${u%:*}" && chmod 700 "$D/home/${u%:*}" && chown "${u#*:}:${u#*:}" "$D/home/${u%:*}" || exit 1
    done
    chown "$SLURM_USER" "$D/ctld" "$D/log"
    save_settings
    write_conf || exit 1
    setsid unshare -m -n -u -i -p -f --kill-child --propagation private \
        bash "$D/tool/private-slurm" _cluster "$D" < /dev/null > "$D/log/init.out" 2>&1 9>&- &
    unshared=$!
    until [[ -e $D/started ]]; do
        if [[ -e $D/failed ]] || ! kill -0 "$unshared" 2>/dev/null; then up_fail "the cluster did not start"; fi
        sleep 0.05
    done
    inner _wait 30 9>&- &  # in the background, for a trap waits for what is in the foreground
    wait "$!" || up_fail "the cluster did not come up"
}

verb_down() {
    [[ $# == 0 || ($# == 1 && $1 == --purge) ]] || misuse "down: unknown argument '$1'"
    unshared=
    trap '' INT TERM  # once begun it is brought to its end
    stop_all
    rm -f "$D/cluster" "$D/started" "$D"/nodes/*
    [[ ${1:-} != --purge ]] || purge
}

purge() {  # DIR too, unless the directory above it is not ours
    find "${D:?}" -xdev -mindepth 1 -delete && { rmdir "$D" 2>/dev/null || :; }
}
