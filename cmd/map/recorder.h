/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recorder.h - make events durable without making anybody wait
 *
 * One thread owns the journal.  It is given a batch at a time; what happens
 * while that is being synced makes the next batch.
 */
#ifndef CMD_MAP_RECORDER_H
#define CMD_MAP_RECORDER_H

#include <stdbool.h>
#include <stddef.h>

#include "journal/event.h"

struct recorder;

/* w NULL: nothing is kept, everything counts as recorded. */
struct recorder *recorder_new(struct journal_writer *w, struct belay_error *err);
/* Readable when a batch has been dealt with. */
int recorder_fd(const struct recorder *r);
bool recorder_is_busy(const struct recorder *r);
/* Begin to record n events, which stay the caller's and where they are until
 * the batch has been dealt with.  Not while busy. */
void recorder_begin(struct recorder *r, const struct event *events, size_t n);
/* Try once more what failed. */
void recorder_retry(struct recorder *r);
/* 1: all durable; -1: not, and why; 0: not dealt with yet. */
int recorder_collect(struct recorder *r, struct belay_error *err);
/* Waits for a batch that is on its way.  Does not close the journal. */
void recorder_free(struct recorder *r);

#endif /* CMD_MAP_RECORDER_H */
