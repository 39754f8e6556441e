/* SPDX-License-Identifier: Apache-2.0 */
/*
 * claim.c - of all that want a run at once, one has it
 *
 * lib/run/claim.c says why one begins and no other is fenced, as long as each
 * looks before it claims, and looks again where another was first.  The look is
 * here: Slurm must not have started this job anew since, and whoever has begun
 * must not be at work any more.
 *
 * A number that was claimed and has not begun says nothing of its owner, who may
 * be dead, and so nobody gives way to it.  It is made void instead, and its
 * owner, if it lives, gives way to who has begun behind it; not to who made it
 * void, for that one may have met the same.
 */

#include <string.h>

#include "base/clock.h"
#include "dispatch/opening.h"

/* So often, and so long between, is looked for whoever goes on in our place: it
 * has claimed after us, and has as much to do. */
#define LOOKS 40
#define LOOK_MS 100

static bool is_ours(const struct opening *o, const struct begin *b)
{
	return run_begin_is_of(b, o->m->job_id, o->m->hint.submission);
}

/* What was seen of an attempt holds as long as it is the last one. */
static int look(struct opening *o, struct belay_error *err)
{
	const struct attempt *a = run_newest(o->run);
	unsigned last = a ? a->number : 0;

	if (o->looked && last == o->previous)
		return 0;
	if (o->looked && a && is_ours(o, a->begin))
		opening_ask(o);		/* is this start the late one? */
	o->looked = true;
	o->previous = last;
	return opening_check_start(o, err) < 0 ||
	       opening_check_holder(o, err) < 0 ? -1 : 0;
}

int opening_claim(struct opening *o, struct belay_error *err)
{
	int rc;

	for (unsigned tries = 0;; tries++) {
		if (look(o, err) < 0)
			return -1;
		rc = run_claim(o->run, &o->begin, &o->number, err);
		o->claimed_ns = clock_mono_ns();
		if (rc)
			return rc < 0 ? -1 : run_reload(o->run, err);
		if (run_claim_again(o->run, tries, err) < 0)
			return -1;
	}
}

/* ---- what was claimed is void ---- */

static bool is_settled(const struct opening *o)
{
	const struct attempt *last = run_newest(o->run);

	return last && last->number >= o->number;
}

/* Whoever has begun behind us; else who is on its way to that, as what was made
 * void since says: a start of our own job, if there is one. */
static const struct begin *winner_of(const struct opening *o)
{
	const struct begin *winner = NULL;

	if (is_settled(o))
		return run_newest(o->run)->begin;
	for (unsigned i = 0; i < o->run->n_attempts; i++) {
		const struct attempt *a = &o->run->attempts[i];

		if (a->number >= o->number && a->voided &&
		    (!winner || is_ours(o, a->voided)))
			winner = a->voided;
	}
	return winner;
}

static bool has_begun(const struct opening *o)
{
	const struct attempt *a = run_attempt(o->run, o->number);

	return a && a->begin;
}

/* By a start of our own job: that one goes on, and a requeue would hit it. */
int opening_heed_void(struct opening *o, struct belay_error *err)
{
	const struct begin *winner;

	if (run_reload(o->run, err) < 0)
		return -1;
	for (int i = 0; i < LOOKS && !is_settled(o); i++) {
		clock_sleep_ms(LOOK_MS);
		if (run_reload(o->run, err) < 0)
			return -1;
	}
	if (has_begun(o))
		return 0;	/* NFS has lost the reply */
	winner = winner_of(o);
	if (!winner || is_ours(o, winner))
		return err_set(err, BELAY_EFENCED, "another start of job %s "
			       "has run '%s'", o->m->job, o->run->name);
	return opening_yield_to(o, winner, err);
}
