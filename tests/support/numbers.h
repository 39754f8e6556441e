/* SPDX-License-Identifier: Apache-2.0 */
/* numbers.h - numbers as records of a journal, written and read back */
#ifndef SUPPORT_NUMBERS_H
#define SUPPORT_NUMBERS_H

#include "journal/journal.h"
#include "tests/support/test.h"

struct heard {
	bool had[4096];
	unsigned n, damaged, late;
	uint64_t seq;
};

struct journal_writer *numbers_open(struct run *r, unsigned n,
				    enum journal_size size, struct tmpdir *d);
void numbers_add(struct journal_writer *w, uint32_t number);	/* < 4096 */

/* All of attempt n; fails when a record is not as it was written. */
struct heard numbers_read(struct run *r, unsigned n, struct tmpdir *d);
/* For journal_read() into a struct heard. */
int numbers_hear(const struct record *rec, void *arg);
void numbers_damage(unsigned attempt, const char *journal,
		    const struct journal_end *end, void *arg);

#endif /* SUPPORT_NUMBERS_H */
