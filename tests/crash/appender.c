/* SPDX-License-Identifier: Apache-2.0 */
/*
 * appender.c - a process that records numbers until it is killed
 *
 *	appender append RUN_DIR ATTEMPT	prints each number once it may be relied on
 *	appender read RUN_DIR ATTEMPT	prints what is there, and any damage
 *
 * Numbers go on where the journals of the attempt end.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "journal/event.h"

static int fail(const struct belay_error *err)
{
	fprintf(stderr, "appender: %s\n", err->text);
	return 1;
}

static int take_greatest(const struct record *rec, void *arg)
{
	struct event e;

	if (event_decode(rec, &e, NULL) == 1 && e.chunk >= *(uint64_t *)arg)
		*(uint64_t *)arg = e.chunk + 1;
	return 0;
}

/* Batches of one to five, each said after it is committed. */
static int append(struct run *r, unsigned n, struct belay_error *err)
{
	struct event e = { .type = EVENT_CHUNK_DONE, .set = 1 };
	struct journal_writer *w;
	char line[32];
	uint64_t said;

	if (journal_read(r, n, JOURNAL_SKIP_LATE, take_greatest, &e.chunk,
			 NULL, err) < 0)
		return fail(err);
	said = e.chunk;
	w = journal_open(r, n, "crash", getpid() % 2 ? JOURNAL_SMALL :
			 JOURNAL_LARGE, err);
	while (w) {
		for (unsigned i = 0; i <= e.chunk % 5; i++, e.chunk++)
			if (!event_add(w, &e, err))
				return fail(err);
		if (journal_commit(w, err) < 0)
			return fail(err);
		for (; said < e.chunk; said++) {
			int len = snprintf(line, sizeof(line), "%" PRIu64 "\n",
					   said);

			if (write(1, line, (size_t)len) != len)
				return 1;
		}
	}
	return fail(err);
}

static int print_number(const struct record *rec, void *arg)
{
	struct event e;

	(void)arg;
	if (event_decode(rec, &e, NULL) == 1)
		printf("%" PRIu64 "\n", e.chunk);
	return 0;
}

static void print_damage(unsigned attempt, const char *journal,
			 const struct journal_end *end, void *arg)
{
	(void)attempt;
	(void)arg;
	if (end->state == JOURNAL_CORRUPT)
		printf("%s: %s\n", journal, end->reason);
}

int main(int argc, char **argv)
{
	struct belay_error err = { 0 };
	unsigned n = argc == 4 ? (unsigned)atoi(argv[3]) : 0;
	struct run *r = n ? run_open_dir(argv[2], &err) : NULL;

	if (!r)
		return fail(&err);
	if (!strcmp(argv[1], "append"))
		return append(r, n, &err);
	if (journal_read(r, n, JOURNAL_SKIP_LATE, print_number, NULL,
			 print_damage, &err) < 0)
		return fail(&err);
	run_close(r);
	return 0;
}
