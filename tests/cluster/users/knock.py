#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# knock.py tcp://HOST:PORT talk|hold - a stranger at the door of a map
#
# talk: nonsense, then without a key, then announces a message of 1 GiB and pours
# zeros.  hold: opens 400 connections and says nothing, until all are hung up.
# Prints what came of it, one "word number" a line.

import os
import select
import socket
import sys
import time

HOST, PORT = sys.argv[1][len("tcp://"):].rsplit(":", 1)
MIB = bytes(1 << 20)


def knock(patience=5):
    try:
        return socket.create_connection((HOST, int(PORT)), timeout=patience)
    except OSError:
        return None


def greeting(mechanism):
    return b"\xff" + bytes(8) + b"\x7f\x03\x00" + mechanism.ljust(20, b"\0") + bytes(32)


def said(count, *parts):
    """How many of so many visitors got in, say this, and are hung up upon."""
    done = 0
    for _ in range(count):
        s = knock()
        if not s:
            continue
        try:
            for part in parts:
                s.sendall(part() if callable(part) else part)
            while s.recv(4096):
                pass
            done += 1
        except ConnectionError:
            done += 1
        except OSError:
            pass
        s.close()
    return done


def pour():
    s = knock()
    taken = 0
    try:
        s.sendall(greeting(b"CURVE") + b"\x06" + (1 << 30).to_bytes(8, "big"))
        while taken < 64:
            s.sendall(MIB)
            taken += 1
    except OSError:
        pass
    s.close()
    return taken


def hold(count, patience):
    held = [s for s in (knock(1) for _ in range(count)) if s]
    print("held", len(held))
    end = time.monotonic() + patience
    poll = select.poll()
    for s in held:
        poll.register(s, select.POLLRDHUP | select.POLLHUP)
    while held and time.monotonic() < end:
        gone = {fd for fd, _ in poll.poll(1000)}
        for s in [s for s in held if s.fileno() in gone]:
            poll.unregister(s)
            s.close()
            held.remove(s)
    return len(held)


if sys.argv[2] == "talk":
    print("nonsense", said(20, lambda: os.urandom(1000)))
    # a mechanism without keys, and its READY with nothing in it
    print("keyless", said(20, greeting(b"NULL"), b"\x04\x06\x05READY"))
    print("poured", pour())
else:
    print("left", hold(400, 60))
