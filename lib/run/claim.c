/* SPDX-License-Identifier: Apache-2.0 */
/*
 * claim.c - of all that want to begin an attempt at once, one does
 *
 * Two things can be done once only, whoever tries: to make the directory of a
 * number, and to link its begin.json.  So there are two steps, taken on what the
 * directory was when it was read, with L for the newest attempt that had begun:
 *
 *	void	each number behind L that has not begun, from the least to the
 *		greatest: a begin.json that says so is put there first
 *	claim	the number behind the greatest, by making its directory
 *
 * and where either finds that another was there first, nothing is known any
 * more and both are taken again.  Whoever owns a number that was made void is
 * told so when it publishes its begin.  Therefore:
 *
 * - When a claim succeeds nothing behind L has begun, nor ever will, but for the
 *   number itself; and what L needs to be for that, nobody at work, can be
 *   looked at before.  So no claim fences an attempt that is at work, and no
 *   two that do not know of each other begin.
 * - Not all give way.  Of the numbers that were made take the greatest.  If it
 *   is void, then whoever made it so had nothing left to void and claims the
 *   next; that there is none says that it has died.  Else its owner begins.
 * - A number is made once and stays, so no two ever have the same.
 */

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "fs/fs.h"
#include "run/attempt.h"
#include "run/codec.h"

#define TRIES 8
#define PAUSE_MS 10		/* at most, after the first; then twice that */

/* Its bytes are durable before its name is there.  The name need not be: who
 * could still publish dies of the same power cut that takes it. */
static int make_void(const struct run *r, unsigned n, const struct begin *by,
		     struct belay_error *err)
{
	_auto_buf_ struct buf text = { 0 };
	struct begin b = *by;

	b.is_void = true;
	b.previous = -1;
	begin_encode(r, n, &b, &text);
	return attempt_publish(r, n, "begin.json", &text, fs_publish_first,
			       err);
}

static int void_all(const struct run *r, unsigned behind,
		    const struct begin *by, struct belay_error *err)
{
	int rc = 1;

	for (unsigned i = 0; rc == 1 && i < r->n_attempts; i++) {
		const struct attempt *a = &r->attempts[i];

		if (a->number > behind && !a->voided)
			rc = make_void(r, a->number, by, err);
	}
	return rc;
}

int run_claim(const struct run *r, const struct begin *by, unsigned *number,
	      struct belay_error *err)
{
	const struct attempt *last = run_newest(r);
	unsigned n = run_newest_number(r) + 1;
	char name[ATTEMPT_NAME];
	int rc = void_all(r, last ? last->number : 0, by, err);

	if (rc == 1) {
		rc = fs_claim(r->attemptsfd, attempt_name(n, name), err);
		if (rc < 0)
			err_prefix(err, "%s", r->dir);
	}
	if (rc == 1)
		*number = n;
	return rc;
}

/* Of several in step one must fall out of it. */
static int pause_ms(unsigned tries)
{
	unsigned most = PAUSE_MS << tries, random = 0;

	text_random(&random, sizeof(random));
	return (int)(1 + random % most);
}

int run_claim_again(struct run *r, unsigned tries, struct belay_error *err)
{
	if (tries + 1 >= TRIES)
		return err_set(err, BELAY_EBUSY, "run '%s' is wanted by too "
			       "many at once", r->name);
	clock_sleep_ms(pause_ms(tries));
	return run_reload(r, err);
}
