# SPDX-License-Identifier: Apache-2.0
"""proof.py EVENTS RECORDS CHUNKS - hold belay's account against the chunks' own

EVENTS is what `belay events --json --all --late` printed; RECORDS is a directory
in which every execution of a chunk left a file run.CHUNK.ATTEMPT.N, made by
exclusive create and known to nobody in belay.  It is about the chunks of the
set "main".  Fails, with words, unless
  - every chunk ended done exactly once,
  - no chunk that was done before an attempt's cut was executed by it,
  - nothing is done that was not executed.
"""
import collections
import json
import os
import sys

events_file, records, chunks = sys.argv[1], sys.argv[2], int(sys.argv[3])

done = collections.defaultdict(list)
for event in json.load(open(events_file)):
    if (event["event"] == "chunk_done" and event["set"] == "main"
            and not event.get("late")):
        done[int(event["chunk"])].append(int(event["attempt"]))

executed = collections.defaultdict(list)
for name in os.listdir(records):
    _, chunk, attempt, _ = name.split(".")
    executed[int(chunk)].append(int(attempt))

wrong = []
for chunk in range(chunks):
    if len(done[chunk]) != 1:
        wrong.append(f"chunk {chunk} is done {len(done[chunk])} times, not once")
        continue
    again = [a for a in executed[chunk] if a > done[chunk][0]]
    if again:
        wrong.append(f"chunk {chunk} was done in attempt {done[chunk][0]} "
                     f"and executed again in {again}")
    if done[chunk][0] not in executed[chunk]:
        wrong.append(f"chunk {chunk} is done in attempt {done[chunk][0]} "
                     "but was not executed there")
extra = set(done) | set(executed)
extra -= set(range(chunks))
if extra:
    wrong.append(f"chunks that should not be: {sorted(extra)}")

total = sum(len(e) for e in executed.values())
print(f"{chunks} chunks, {total} executions, {len(wrong)} wrong")
print("\n".join(wrong))
sys.exit(1 if wrong else 0)
