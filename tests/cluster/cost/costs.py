#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""costs.py DIR LOG UID... - what each agent has cost

DIR has what ./agent wrote down, LOG is slurmctld's with DebugFlags=Protocol: it
names every request, who sent it and from where.  Prints a line for each agent,
in the order of their beginnings:

    MOMENT JOB NODE RESTART REQUESTS DURABLE NAME,NAME...

and for requests of these users from a node while no agent of theirs ran there

    stray - NODE - 1 0 NAME
"""

import datetime
import glob
import os
import re
import sys

RECEIVED = re.compile(
    r"\[([0-9T:.-]+)\] .*received opcode (\w+) from .*\b10\.77\.0\.(\d+)\D.*uid (\d+)")
SYNC = re.compile(r"^\d+ +(fsync|fdatasync|sync|syncfs|sync_file_range|msync)\(.*= 0$")
DSYNC = re.compile(r"^\d+ +openat\(.*O_D?SYNC.* = \d+<(.*)>$")
WRITE = re.compile(r"^\d+ +p?writev?(?:64)?\(\d+<([^>]*)>.* = \d+$")
SLACK = 0.003  # the log has milliseconds


def durable(path):
    """Barriers, and writes to files that were opened to be written durably."""
    n, synced = 0, set()
    if not os.path.exists(path):  # it begins just now
        return 0
    for line in open(path, errors="replace"):
        line = line.rstrip("\n")
        n += bool(SYNC.match(line))
        if opened := DSYNC.match(line):
            synced.add(opened[1])
        elif (written := WRITE.match(line)) and written[1] in synced:
            n += 1
    return n


def agents(where):
    for start in glob.glob(where + "/*.from"):
        base = start[: -len(".from")]
        moment, job, node, restart, _ = os.path.basename(base).split(".")
        end = base + ".to"
        until = float(open(end).read()) if os.path.exists(end) else 1e12
        yield {"moment": moment, "job": job, "node": node, "restart": restart,
               "from": float(open(start).read()), "to": until,
               "durable": durable(base + ".calls"), "names": []}


def requests(log, users):
    for line in open(log, errors="replace"):
        got = RECEIVED.match(line)
        if got and int(got[3]) > 10 and got[4] in users:
            when = datetime.datetime.fromisoformat(got[1]).timestamp()
            yield when, "n%d" % (int(got[3]) - 10), got[2].replace("REQUEST_", "")


def main():
    found = sorted(agents(sys.argv[1]), key=lambda a: a["from"])
    for when, node, name in requests(sys.argv[2], sys.argv[3:]):
        of = [a for a in found if a["node"] == node
              and a["from"] - SLACK <= when <= a["to"] + SLACK]
        if of:
            of[-1]["names"].append(name)
        else:
            print("stray -", node, "- 1 0", name)
    for a in found:
        print(a["moment"], a["job"], a["node"], a["restart"], len(a["names"]),
              a["durable"], ",".join(a["names"]) or "-")


main()
