/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attempt.c - attempts begun, ended, decided; and the fence
 *
 * The claim is a directory made exclusively (see claim.c): whoever makes
 * attempts/000004 fences attempt 3, from that moment.  What an attempt says
 * about itself is published once, so of two that try the first stands.
 */

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/json.h"
#include "base/text.h"
#include "fs/fs.h"
#include "run/attempt.h"
#include "run/codec.h"

const char *attempt_name(unsigned n, char out[ATTEMPT_NAME])
{
	snprintf(out, ATTEMPT_NAME, "%06u", n);
	return out;
}

/* The attempt number that a directory's name stands for, or 0. */
static unsigned name_number(const char *name)
{
	uint64_t n;

	if (strlen(name) < 6 || text_u64(name, UINT32_MAX / 2, &n) < 0)
		return 0;
	return (unsigned)n;
}

static int raise_to(const char *name, void *arg)
{
	unsigned n = name_number(name), *newest = arg;

	*newest = n > *newest ? n : *newest;
	return 0;
}

/* The greatest number that is claimed.  Asked after every sync, so nothing is
 * kept or sorted. */
static int find_newest(int attemptsfd, unsigned *newest,
		       struct belay_error *err)
{
	*newest = 0;
	return fs_each_name(attemptsfd, raise_to, newest, err);
}

/* ---- reading ---- */

static void attempts_free(struct attempt *list, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		begin_free(list[i].begin);
		begin_free(list[i].voided);
		end_free(list[i].end);
		decided_free(list[i].decided);
	}
	free(list);
}

/* Read name of the listed directory into text: 1, or 0 when it has none. */
static int read_listed(int fd, const struct fs_names *names, const char *name,
		       struct buf *text, struct belay_error *err)
{
	if (!fs_names_has(names, name))
		return 0;
	return fs_read(fd, name, JSON_MAX_BYTES, text, err) < 0 ? -1 : 1;
}

static int load_begin(const struct run *r, struct attempt *a,
		      const struct buf *text, struct belay_error *err)
{
	struct begin *b = begin_decode(r, a->number, text, err);

	if (b && b->is_void)
		a->voided = b;
	else
		a->begin = b;
	return b ? 0 : -1;
}

static int attempt_load(struct run *r, const char *name, struct attempt *a,
			struct belay_error *err)
{
	_auto_close_ int fd = fs_subdir_open(r->attemptsfd, name, err);
	_auto_names_ struct fs_names names = { 0 };
	_auto_buf_ struct buf text = { 0 };
	int rc;

	if (fd < 0 || fs_list(fd, &names, err) < 0)
		return -1;
	rc = read_listed(fd, &names, "begin.json", &text, err);
	if (rc < 0 || (rc && load_begin(r, a, &text, err) < 0))
		return -1;
	rc = read_listed(fd, &names, "end.json", &text, err);
	if (rc < 0 || (rc && !(a->end = end_decode(r, a->number, &text, err))))
		return -1;
	rc = read_listed(fd, &names, "decision.json", &text, err);
	if (rc < 0 || (rc && !(a->decided = decided_decode(r, a->number, &text,
						       err))))
		return -1;
	return 0;
}

static int by_number(const void *x, const void *y)
{
	const struct attempt *a = x, *b = y;

	return (a->number > b->number) - (a->number < b->number);
}

static int load_all(struct run *r, const struct fs_names *names,
		    struct attempt *list, unsigned *n, struct belay_error *err)
{
	for (size_t i = 0; i < names->n; i++) {
		struct attempt *a = &list[*n];

		a->number = name_number(names->name[i]);
		if (!a->number)
			continue;
		++*n;
		if (attempt_load(r, names->name[i], a, err) < 0)
			return err_prefix(err, "%s, attempt %u", r->dir,
					  a->number);
	}
	qsort(list, *n, sizeof(*list), by_number);
	return 0;
}

/*
 * A begin.json may come late, from an agent that the disk held up: a later
 * attempt has begun without having seen it, and has taken the cut of those
 * before.  To believe it would move that cut.
 */
static void drop_late_begins(struct attempt *list, unsigned n)
{
	for (unsigned i = n; i-- > 0;) {
		const struct begin *b = list[i].begin;

		for (unsigned k = i; b && b->previous >= 0 && k-- > 0 &&
		     list[k].number > b->previous;) {
			begin_free(list[k].begin);
			list[k].begin = NULL;
		}
	}
}

/* What is known is given up only for all that is there: a cut that is not
 * known any more would let late records count. */
int run_reload(struct run *r, struct belay_error *err)
{
	_auto_names_ struct fs_names names = { 0 };
	struct attempt *list;
	unsigned n = 0;

	if (fs_list(r->attemptsfd, &names, err) < 0)
		return err_prefix(err, "%s/attempts", r->dir);
	list = calloc(names.n + 1, sizeof(*list));
	if (!list)
		return err_nomem(err);
	if (load_all(r, &names, list, &n, err) < 0) {
		attempts_free(list, n);
		return -1;
	}
	drop_late_begins(list, n);
	attempts_free(r->attempts, r->n_attempts);
	r->attempts = list;
	r->n_attempts = n;
	return 0;
}

void run_close(struct run *r)
{
	if (!r)
		return;
	attempts_free(r->attempts, r->n_attempts);
	if (r->attemptsfd >= 0)
		close(r->attemptsfd);
	if (r->dirfd >= 0)
		close(r->dirfd);
	free(r->dir);
	free(r);
}

struct attempt *run_attempt(const struct run *r, unsigned n)
{
	for (unsigned i = 0; i < r->n_attempts; i++) {
		if (r->attempts[i].number == n)
			return &r->attempts[i];
	}
	return NULL;
}

struct attempt *run_newest(const struct run *r)
{
	for (unsigned i = r->n_attempts; i-- > 0;) {
		if (r->attempts[i].begin)
			return &r->attempts[i];
	}
	return NULL;
}

unsigned run_newest_number(const struct run *r)
{
	return r->n_attempts ? r->attempts[r->n_attempts - 1].number : 0;
}

/* ---- the fence ---- */

int run_fence_fd(int attemptsfd, unsigned n, struct belay_error *err)
{
	unsigned newest;

	if (find_newest(attemptsfd, &newest, err) < 0)
		return -1;
	if (newest > n)
		return err_set(err, BELAY_EFENCED, "attempt %u has begun; "
			       "attempt %u does not count any more", newest, n);
	if (newest < n)
		return err_set(err, BELAY_ENOENT, "attempt %u is gone; was its "
			       "directory removed?", n);
	return 0;
}

int run_check_fence(const struct run *r, unsigned n, struct belay_error *err)
{
	return run_fence_fd(r->attemptsfd, n, err);
}

const struct begin *run_cut_of(const struct run *r, unsigned n)
{
	for (unsigned i = 0; i < r->n_attempts; i++) {
		if (r->attempts[i].number > n && r->attempts[i].begin)
			return r->attempts[i].begin;
	}
	return NULL;
}

const struct cut_entry *run_cut_find(const struct begin *b, unsigned attempt,
				     const char *journal)
{
	for (unsigned i = 0; i < b->n_cut; i++) {
		if (b->cut[i].attempt == attempt &&
		    !strcmp(b->cut[i].journal, journal))
			return &b->cut[i];
	}
	return NULL;
}

/* ---- writing ---- */

int run_attempt_dir(const struct run *r, unsigned n, struct belay_error *err)
{
	char name[ATTEMPT_NAME];

	return fs_subdir_open(r->attemptsfd, attempt_name(n, name), err);
}

int run_journal_dir(const struct run *r, unsigned n, bool make,
		    struct belay_error *err)
{
	_auto_close_ int fd = run_attempt_dir(r, n, err);

	if (fd < 0)
		return -1;
	return make ? fs_subdir_make(fd, "journal", err) :
		      fs_subdir_open(fd, "journal", err);
}

int attempt_publish(const struct run *r, unsigned n, const char *name,
		    const struct buf *text, publish_fn *how,
		    struct belay_error *err)
{
	_auto_close_ int fd = -1;
	int rc;

	if (text->failed)
		return err_nomem(err);
	fd = run_attempt_dir(r, n, err);
	rc = fd < 0 ? -1 : how(fd, name, text->data, text->len, err);
	return rc < 0 ? err_prefix(err, "%s", r->dir) : rc;
}

/* The newest before n that has begun, as far as r knows: what its cut is of. */
static unsigned begun_before(const struct run *r, unsigned n)
{
	for (unsigned i = r->n_attempts; i-- > 0;)
		if (r->attempts[i].number < n && r->attempts[i].begin)
			return r->attempts[i].number;
	return 0;
}

int run_publish_begin(struct run *r, unsigned n, const struct begin *b,
		      struct belay_error *err)
{
	_auto_buf_ struct buf text = { 0 };
	struct begin whole = *b;

	whole.previous = begun_before(r, n);
	begin_encode(r, n, &whole, &text);
	return attempt_publish(r, n, "begin.json", &text, fs_publish, err);
}

int run_publish_end(struct run *r, unsigned n, const struct end *e,
		    struct belay_error *err)
{
	_auto_buf_ struct buf text = { 0 };

	end_encode(r, n, e, &text);
	return attempt_publish(r, n, "end.json", &text, fs_publish_first, err);
}

int run_publish_decision(struct run *r, unsigned n, const struct decided *d,
			 struct belay_error *err)
{
	_auto_buf_ struct buf text = { 0 };

	decided_encode(r, n, d, &text);
	return attempt_publish(r, n, "decision.json", &text, fs_publish, err);
}

int run_settle(const struct run *r, unsigned n, struct belay_error *err)
{
	_auto_close_ int fd = run_attempt_dir(r, n, err);

	if (fd < 0 || fs_sync(fd, "attempt", err) < 0)
		return err_prefix(err, "%s", r->dir);
	return 0;
}
