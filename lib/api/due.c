/* SPDX-License-Identifier: Apache-2.0 */
/*
 * due.c - is it time for a checkpoint
 *
 * Asked for it is by belay_request_checkpoint(), or by a file ask-checkpoint.N
 * of the attempt, which others publish; there are as many requests as files.
 */

#include <string.h>

#include "api/saves.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "fs/fs.h"

#define LOOK_NS 1000000000ll
#define FIRST_S 60		/* until the cost of one is known */
#define MTBF_UNKNOWN_S 86400

/* Newton's, for libm would be one more library. */
static double root(double x)
{
	double y = x > 1 ? x : 1;

	for (int i = 0; x > 0 && i < 64; i++)
		y = (y + x / y) / 2;
	return x > 0 ? y : 0;
}

/*
 * J. T. Daly, "A higher order estimate of the optimum checkpoint interval for
 * restart dumps", Future Generation Computer Systems 22 (2006), equation 37.
 * Its first term is that of J. W. Young, "A first order approximation to the
 * optimum checkpoint interval", Communications of the ACM 17 (1974).
 */
double api_daly(double cost_s, double mtbf_s)
{
	double x = cost_s / (2 * mtbf_s);

	if (x >= 1)
		return mtbf_s;
	return root(2 * cost_s * mtbf_s) * (1 + root(x) / 3 + x / 9) - cost_s;
}

static unsigned count_requests(const struct belay *b)
{
	static const char ask[] = "ask-checkpoint.";
	_auto_names_ struct fs_names names = { 0 };
	_auto_close_ int fd = run_attempt_dir(b->run, b->attempt, NULL);
	unsigned n = 0;

	if (fd < 0 || fs_list(fd, &names, NULL) < 0)
		return 0;
	for (size_t i = 0; i < names.n; i++)
		n += !strncmp(names.name[i], ask, sizeof(ask) - 1);
	return n;
}

static void look(const struct belay *b, int64_t now)
{
	struct api_saves *s = b->saves;
	unsigned n;

	if (s->looked_ns && now - s->looked_ns < LOOK_NS)
		return;
	s->looked_ns = now;
	n = count_requests(b);
	if (n > s->asked)
		s->asked = n;
}

void api_due_answer(struct belay *b)
{
	struct api_saves *s = b->saves;

	atomic_store(&b->asked, 0);
	s->answered = s->asked;
	s->since_ns = clock_mono_ns();
	s->since_chunks = b->n_done;
}

/* Seconds from one to the next, or 0: it goes by chunks. */
static double interval(const struct belay *b)
{
	const struct settings *set = &b->settings;
	double cost_s = b->saves ? b->saves->cost_s : 0;

	if (set->interval_s > 0)
		return set->interval_s;
	if (set->interval_chunks)
		return 0;
	if (cost_s <= 0)
		return FIRST_S;
	return api_daly(cost_s, set->mtbf_s > 0 ? set->mtbf_s :
						  MTBF_UNKNOWN_S);
}

static bool is_due(const struct belay *b, int64_t now)
{
	const struct api_saves *s = b->saves;
	double every_s = interval(b);

	if (every_s > 0)
		return (double)(now - s->since_ns) / 1e9 >= every_s;
	return b->n_done - s->since_chunks >= b->settings.interval_chunks;
}

int belay_should_checkpoint(struct belay *b)
{
	_auto_turn_ struct belay *mine = api_enter(b, NULL);
	int64_t now = clock_mono_ns();

	if (!mine || !api_saves(b, NULL))
		return 0;
	look(b, now);
	return atomic_load(&b->asked) || b->saves->asked > b->saves->answered ||
	       is_due(b, now);
}

void belay_request_checkpoint(struct belay *b)
{
	if (b)
		atomic_store(&b->asked, 1);
}

int belay_statistics(struct belay *b, struct belay_statistics *out,
		     struct belay_error *err)
{
	_auto_turn_ struct belay *mine = api_enter(b, err);
	struct checkpoint_list list;
	struct belay_statistics s = { 0 };

	if (!mine || api_need(out, "a place for the statistics", err) < 0 ||
	    !api_saves(b, err) || run_reload(b->run, err) < 0 ||
	    checkpoint_list(b->run, &list, err) < 0)
		return -1;
	s = b->saves->stat;
	s.kept = list.n;
	s.checkpoints = list.n ? list.c[list.n - 1].id : 0;
	s.chunks_done = b->n_done;
	s.chunks_failed = b->n_failed;
	s.results_bytes = b->result_bytes;
	s.interval_us = (uint64_t)(interval(b) * 1e6);
	checkpoint_list_free(&list);
	*out = s;
	return 0;
}
