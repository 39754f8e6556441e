# conf.bash: slurm.conf and what goes with it, and what one call of private-slurm has to tell the next
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154  # the other parts'

# ---- what differs between versions of Slurm ---------------------------------------------------------------------
# One slurm.conf serves 20.11 to 26.05. slurmd loads a cgroup plugin in any case, and here it must not look for
# cgroups unless it is asked to.

idle_cgroup_plugin() {
    local version
    version=$(slurmctld -V) && version=${version##* }
    case $version in
    2[01].*) ;;                                # there is no such setting
    22.* | 23.*) echo "CgroupPlugin=cgroup/v1" ;;  # does not look before it is used
    *) echo "CgroupPlugin=disabled" ;;
    esac
}

# The keys that a caller may set in other files; all others are slurm.conf's.
TMP_KEYS='^(basepath|autobasepath|dirs|initscript|shared)='
CGROUP_KEYS='^(cgroup[a-z]*|constrain[a-z]*|allowed[a-z]*|ignoresystemd[a-z]*|signalchildrenprocesses)='

write_cgroup_conf() {
    local line k=
    for line in "${CONF[@]}"; do
        [[ ${line,,} =~ $CGROUP_KEYS ]] && echo "$line"
        [[ ${line,,} != cgroupplugin=* ]] || k=1
    done
    [[ $k ]] || idle_cgroup_plugin
}

# ---- configuration ----------------------------------------------------------------------------------------------

write_conf() {
    local etc=$D/etc line k D=$D
    [[ $MODE == user ]] || D=$INNER  # the name the daemons know it by
    local -A theirs=()
    for line in "${CONF[@]}"; do k=${line%%=*}; theirs[${k,,}]=1; done
    { conf_defaults; conf_nodes; conf_theirs; } > "$etc/slurm.conf" || return
    write_cgroup_conf > "$etc/cgroup.conf" || return
    printf '%s\n' "${CONF[@]}" | grep -iE "$TMP_KEYS" > "$etc/job_container.conf"
    printf '%s\n' "${PLUGSTACK[@]}" > "$etc/plugstack.conf"
}

conf_defaults() {  # but for the keys that are in theirs
    local line k
    while read -r line; do
        k=${line%%=*}
        [[ ${theirs[${k,,}]:-} ]] || echo "$line"
    done < <(conf_where; conf_ours)
}

conf_where() {
    if [[ $MODE != user ]]; then echo "SlurmctldHost=ctl(10.77.0.1)"; return; fi
    cat <<EOF
SlurmctldHost=$(hostname -s)(127.0.0.1)
SlurmctldPort=$PORT
SlurmdUser=$SLURM_USER
AuthInfo=socket=$MUNGE/munge.socket.2
EOF
}

conf_ours() {
    cat <<EOF
ClusterName=private
SlurmUser=$SLURM_USER
AuthType=auth/munge
StateSaveLocation=$D/ctld
SlurmdSpoolDir=$D/spool/%n
SlurmctldPidFile=$RUN/slurmctld.pid
SlurmdPidFile=$RUN/slurmd.%n.pid
SlurmctldLogFile=$D/log/slurmctld.log
SlurmdLogFile=$D/log/slurmd.%n.log
LogTimeFormat=iso8601_ms
SlurmctldDebug=debug
SlurmdDebug=debug
JobCompType=jobcomp/filetxt
JobCompLoc=$D/log/jobcomp.log
PlugStackConfig=$D/etc/plugstack.conf
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SwitchType=switch/none
MpiDefault=none
MailProg=/bin/true
SlurmdParameters=config_overrides
SlurmdTimeout=5
MessageTimeout=2
ReturnToService=2
EOF
}

conf_nodes() {
    local i where
    for ((i = 1; i <= NODES; i++)); do
        where=NodeAddr=10.77.0.$((10 + i))
        [[ $MODE != user ]] || where="NodeHostname=$(hostname -s) NodeAddr=127.0.0.1 Port=$((PORT + i))"
        echo "NodeName=n$i $where CPUs=$CPUS RealMemory=1000"
    done
    [[ ${theirs[partitionname]:-} ]] || echo "PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP"
}

conf_theirs() {
    local line k
    for line in "${CONF[@]}"; do
        [[ ! ${line,,} =~ $CGROUP_KEYS && ! ${line,,} =~ $TMP_KEYS ]] || continue
        k=${line%%=*}  # of AuthInfo the socket is ours, the rest theirs
        [[ $MODE == user && ${k,,} == authinfo && $line != *socket=* ]] && line+=,socket=$MUNGE/munge.socket.2
        echo "$line"
    done
}

save_settings() {
    declare -p MODE NODES CPUS PORT SLURM_USER CONF PLUGSTACK BINDS MUNGE RUN PATH |
        sed 's/^declare /declare -g /' > "$D/settings"
}

load_settings() {
    [[ -e $D/settings ]] || die "$D: no private-slurm was started there"
    [[ -O $D/settings ]] || die "$D belongs to another user"  # it is about to be executed
    # shellcheck disable=SC1091  # written by save_settings
    . "$D/settings"
}
