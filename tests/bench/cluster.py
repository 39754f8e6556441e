#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""cluster.py NOTES LOG AGENTS, or EPILOGS: rows about what a job pays for belay"""

import datetime
import glob
import re
import sys

LINE = re.compile(r"\[([0-9T:.-]+)\] (.*)")
STARTED = re.compile(r".*\b(?:Allocate|Started) JobId=(\d+) ")
ENDED = re.compile(r".*_job_complete: JobId=(\d+) done")
LEFT = re.compile(r".*_slurm_rpc_epilog_complete: JobId=(\d+) ")  # the last one


def percentile(values, p):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * p / 100))]


def row(what, ours, theirs, unit, limit):
    """All of it in unit; limit is on the p99 of what is added."""
    base = percentile(theirs, 50) if theirs else 0
    added = percentile(ours, 50) - base, percentile(ours, 99) - base
    beside = "; without %.1f (p99 %.1f), added %.1f (p99 %.1f)" % (
        base, percentile(theirs, 99), *added) if theirs else ""
    print("%-36s %8.1f %-3s (p99 %.1f)%s%s; %d times" % (
        what, percentile(ours, 50), unit, percentile(ours, 99), beside,
        "; limit %g" % limit if limit else "", len(ours)))


def log_times(log):
    """When each job was started, was done, and left COMPLETING, in ms."""
    times = {}
    for line in open(log, errors="replace"):
        got = LINE.match(line)
        for name, pattern in (("started", STARTED), ("done", ENDED), ("left", LEFT)):
            if got and (job := pattern.match(got[2])):
                when = datetime.datetime.fromisoformat(got[1]).timestamp() * 1000
                times.setdefault(job[1], {})[name] = when
    return times


def spans(notes, times, of):
    """{with: [...], without: [...]}: of(job's times, its script's start and end)"""
    found = {"with": [], "without": []}
    for path in glob.glob(notes + "/*"):
        kind, job, begin, end = open(path).read().split()
        span = of(times.get(job, {}), float(begin) * 1000, float(end) * 1000)
        if span is not None:
            found[kind].append(span)
    return found


def between(a, b):
    return None if a is None or b is None else b - a


def jobs(notes, log, agents):
    times = log_times(log)
    rows = (
        ("start: allocated to script", 0, lambda t, begin, end: between(t.get("started"), begin)),
        ("end: script to end of COMPLETING", 500, lambda t, begin, end: between(end, t.get("left"))),
        ("of that COMPLETING", 500, lambda t, begin, end: between(t.get("done"), t.get("left"))),
    )
    for what, limit, of in rows:
        found = spans(notes, times, of)
        row(what, found["with"], found["without"], "ms", limit)
    for moment, limit in (("begin", 50), ("end", 0), ("after", 0)):
        took, worked = [], []
        for path in glob.glob(f"{agents}/times.{moment}.*"):
            begin, end, *cpu = open(path).read().split()
            took.append((float(end) - float(begin)) * 1000)
            worked.append(sum(cpu_ms(text) for text in cpu[2:]))
        row("belay-agent " + moment, took, [], "ms", limit)
        row("of that on a processor", worked, [], "ms", 0)


def cpu_ms(text):
    """Of bash's times: 0m0.012s"""
    minutes, seconds = text.rstrip("s").split("m")
    return int(minutes) * 60000 + float(seconds) * 1000


def epilogs(path):
    found = {"with": [], "without": []}
    for line in open(path):
        kind, us = line.split()
        found[kind].append(float(us))
    base = percentile(found["without"], 50)
    print("%-36s %8.1f us  without %.1f; added %.1f; limit 1000; %d times" % (
        "spank epilog of a job without", percentile(found["with"], 50), base,
        percentile(found["with"], 50) - base, len(found["with"])))


epilogs(sys.argv[1]) if len(sys.argv) == 2 else jobs(*sys.argv[1:])
