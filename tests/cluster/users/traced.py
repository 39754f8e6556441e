#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# traced.py TRACE NAME UID - what root did on a node through a whole job
#
# TRACE is of `strace -f` of slurmd: files, processes and changes of ids.  Says
# what must not be: a path with a component NAME, or a component of belay's, that
# was used with the effective uid 0; and an agent executed as anybody but UID, or
# by a process that had, as root, opened more than the table below.  The last
# line is the number of agents.

import re
import sys

# Of the C library and its name services; without a slash: walked by components.
ALLOWED = re.compile(
    r"/dev/null|/proc/self/oom_score_adj|"
    r"/etc/(nsswitch\.conf|passwd|group|ld\.so\.cache|host\.conf|resolv\.conf)|"
    r"(/usr)?/lib(64)?/([a-z0-9_]*-linux-gnu/)?(lib[a-z0-9_]*\.so[.0-9]*)?|"
    r"(/var)?/run/nscd/socket|(/run)?/systemd/userdb/.*|/|"
    r"|etc|run|host|usr|local|lib|userdb|systemd")

trace, name, uid = sys.argv[1], sys.argv[2], int(sys.argv[3])
PRIVATE = {name, ".belay", "jobs", "attempts", "checkpoints", "policies"}


class Process:
    def __init__(self, parent=None):
        self.ids = list(parent.ids) if parent else [0, 0, 0]
        self.opened = []        # as root, since it was forked


processes, agents, wrong = {}, 0, []


def whole_calls(lines):
    """Calls in two lines as one, where they end; clone where it begins."""
    begun = {}
    for line in lines:
        pid, text = line.split(None, 1)
        text = text.rstrip()
        if text.endswith("<unfinished ...>"):
            begun[pid] = text[:-len("<unfinished ...>")]
        elif text.startswith("<... "):
            rest = text.split("resumed>", 1)[1]
            yield int(pid), begun.pop(pid, "") + rest
        else:
            yield int(pid), text


def change_ids(process, call, args):
    values = [int(v) for v in re.findall(r"-?\d+", args.split(")")[0])]
    if call == "setuid":
        values = values * 3
    elif call == "setreuid":
        values.append(values[1])        # the saved one follows
    elif call != "setresuid":
        return
    process.ids = [old if new == -1 else new
                   for old, new in zip(process.ids, values)]


def look_at_file(pid, process, call, path, line):
    if process.ids[1] != 0 or call == "getcwd":
        return
    process.opened.append(path)
    if PRIVATE & set(path.split("/")):
        wrong.append("%d as root: %s" % (pid, line))


def look_at_agent(pid, process, line):
    global agents
    agents += 1
    if process.ids != [uid] * 3:
        wrong.append("%d is %s: %s" % (pid, process.ids, line))
    for path in process.opened:
        if not ALLOWED.fullmatch(path):
            wrong.append("%d opened %s as root, then: %s" % (pid, path, line))


with open(trace, errors="replace") as f:
    for pid, line in whole_calls(f):
        match = re.match(r"(\w+)\((.*)", line)
        if not match:
            continue
        call, args = match.groups()
        process = processes.setdefault(pid, Process())
        forked = re.search(r"= (\d+)$", line)
        if call in ("clone", "clone3", "fork", "vfork") and forked:
            child = int(forked.group(1))
            if child not in processes or not processes[child].opened:
                processes[child] = Process(process)
            continue
        if re.search(r"= -1 E(PERM|INVAL)", line):
            continue
        if call.startswith("set"):
            change_ids(process, call, args)
            continue
        path = re.search(r'"([^"]*)"', args)
        if not path:
            continue
        if call == "execve":
            if path.group(1).endswith("/belay-agent"):
                look_at_agent(pid, process, line)
            process.opened = []
        else:
            look_at_file(pid, process, call, path.group(1), line)

print("\n".join(wrong + [str(agents)]))
