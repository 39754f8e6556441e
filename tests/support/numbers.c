/* SPDX-License-Identifier: Apache-2.0 */
/* numbers.c - numbers as records of a journal */

#include "base/bytes.h"
#include "tests/support/numbers.h"
#include "tests/support/testrun.h"

int numbers_hear(const struct record *rec, void *arg)
{
	struct heard *h = arg;
	struct cursor c = cursor_over(rec->payload, rec->len);
	uint32_t number = get_u32(&c);

	assert_int_equal(rec->len, 4 + number % 50);
	assert_in_range(number, 0, 4095);
	assert_int_equal(rec->type, 32);
	if (rec->late) {
		h->late++;
		return 0;
	}
	assert_false(h->had[number]);
	assert_int_equal(rec->seq, ++h->seq);
	h->had[number] = true;
	h->n++;
	return 0;
}

void numbers_damage(unsigned attempt, const char *journal,
		    const struct journal_end *end, void *arg)
{
	struct heard *h = arg;

	(void)attempt;
	(void)journal;
	if (end->state == JOURNAL_CORRUPT)
		h->damaged++;
}

struct heard numbers_read(struct run *r, unsigned n, struct tmpdir *d)
{
	struct heard h = { .n = 0 };

	assert_ok(journal_read(r, n, JOURNAL_WITH_LATE, numbers_hear, &h,
			       numbers_damage, &d->err), &d->err);
	return h;
}

void numbers_add(struct journal_writer *w, uint32_t number)
{
	uint8_t payload[4 + 50] = { 0 };

	set_u32(payload, number);
	assert_int_not_equal(journal_add(w, 32, payload, 4 + number % 50, NULL),
			     0);
}

struct journal_writer *numbers_open(struct run *r, unsigned n,
				    enum journal_size size, struct tmpdir *d)
{
	struct journal_writer *w = journal_open(r, n, "test", size, &d->err);

	if (!w)
		fail_msg("%s", d->err.text);
	return w;
}
