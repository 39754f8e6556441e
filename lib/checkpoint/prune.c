/* SPDX-License-Identifier: Apache-2.0 */
/*
 * prune.c - delete what newer checkpoints stand in for
 *
 * The newest good one is what everything else relies on, so nothing goes
 * unless it is older than that.  Which one that is, is for the newest attempt to
 * say: it may have found damaged what was good when we looked.  So each deletion
 * comes after a look for a newer attempt, as an acknowledgement does.
 */

#include <unistd.h>

#include "base/cleanup.h"
#include "checkpoint/checkpoint.h"
#include "checkpoint/store.h"
#include "fs/fs.h"

static bool is_good(const struct checkpoint *c)
{
	return !c->late && !c->damaged;
}

/* What a crash left half deleted, or a dead attempt half written. */
static void sweep(const struct run *r, int dirfd)
{
	_auto_names_ struct fs_names names = { 0 };
	unsigned attempt, newest = run_newest_number(r);

	if (fs_list_all(dirfd, &names, NULL) < 0)
		return;
	for (size_t i = 0; i < names.n; i++) {
		const char *name = names.name[i];

		if (fs_is_discarded(name) ||
		    (store_is_staging(name, &attempt) && attempt < newest))
			fs_remove(dirfd, name, NULL);
	}
}

static int64_t stretch_of(const struct checkpoint *c, double every_s)
{
	return (int64_t)((double)c->created_us / 1e6 / every_s);
}

/* The first good one in its stretch of time, whichever others are there. */
static bool is_milestone(const struct checkpoint_list *list,
			 const struct checkpoint *c, double every_s)
{
	if (every_s <= 0)
		return false;
	for (const struct checkpoint *older = c; older-- > list->c;)
		if (is_good(older) &&
		    stretch_of(older, every_s) == stretch_of(c, every_s))
			return false;
	return true;
}

/* The newest are skipped until `keep` good ones were met; of the rest all go
 * but milestones and an unreadable one, which may be good after all. */
static int discard_old(const struct run *r, unsigned n, int dirfd,
		       const struct checkpoint_list *list, unsigned keep,
		       double every_s, struct belay_error *err)
{
	char name[CHECKPOINT_NAME];
	unsigned good = 0;
	int deleted = 0;

	for (unsigned i = list->n; i-- > 0;) {
		const struct checkpoint *c = &list->c[i];
		bool old = is_good(c) ? good >= keep : good > 0;

		good += is_good(c);
		if (!old || c->unreadable ||
		    (is_good(c) && is_milestone(list, c, every_s)))
			continue;
		if (run_check_fence(r, n, err) < 0 ||
		    fs_discard(dirfd, store_name(c->id, name), err) < 0)
			return -1;
		deleted++;
	}
	return deleted;
}

int checkpoint_prune(struct run *r, unsigned n, unsigned keep,
		     double keep_every_s, struct belay_error *err)
{
	struct checkpoint_list list;
	_auto_close_ int dirfd = -1;
	int rc;

	if (!keep)
		return err_set(err, BELAY_EINVAL, "at least one checkpoint is "
			       "kept");
	if (run_reload(r, err) < 0)
		return -1;
	if (!n)
		n = run_newest_number(r);
	if (run_check_fence(r, n, err) < 0 ||
	    checkpoint_list(r, &list, err) < 0)
		return -1;
	if (!list.n) {
		checkpoint_list_free(&list);
		return 0;
	}
	dirfd = store_open(r, false, err);
	rc = dirfd < 0 ? -1 : discard_old(r, n, dirfd, &list, keep,
					   keep_every_s, err);
	if (rc >= 0)
		sweep(r, dirfd);
	checkpoint_list_free(&list);
	return rc;
}
