/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reader.c - all that belay believes to be in a root, a line per fact
 *
 *	reader ROOT
 *
 *	run NAME
 *	attempt N BEGIN END DECISION RUN	"begin" or "-", and so on
 *	claim SET.BLOCK		whose owner can be read
 *	done SET K	begun SET K	failed SET K
 *	result SET K		as the worker made it (see worker.c)
 *	checkpoint ID good|damaged|late LABEL	every byte verified
 *	policy DIGEST good|bad	of each run that has one
 *	corrupt JOURNAL REASON
 *
 * What cannot be read ends it with a message and status 1.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/results.h"
#include "base/cleanup.h"
#include "checkpoint/checkpoint.h"
#include "chunk/state.h"
#include "fs/fs.h"
#include "journal/journal.h"
#include "policy/policy.h"

struct reader {
	const char *root;
	struct belay_error err;
	struct { uint32_t number; char name[129]; } sets[64];
	unsigned n_sets;
	char writer[256];
};

static const char *name_of_set(const struct reader *s, uint32_t number)
{
	for (unsigned i = s->n_sets; i-- > 0;)
		if (s->sets[i].number == number)
			return s->sets[i].name;
	return "?";
}

static void note_set(struct reader *s, const struct record *rec,
		     const struct event *e)
{
	if (strcmp(s->writer, rec->writer)) {
		s->n_sets = 0;		/* numbers are a journal's own */
		snprintf(s->writer, sizeof(s->writer), "%s", rec->writer);
	}
	if (e->type != EVENT_SET || s->n_sets == 64)
		return;
	s->sets[s->n_sets].number = e->set;
	memcpy(s->sets[s->n_sets++].name, e->name, sizeof(e->name));
}

/* Done is printed from the folded state, the others from the records. */
static int print_record(const struct record *rec, void *arg)
{
	struct reader *s = arg;
	struct event e;

	if (event_decode(rec, &e, NULL) != 1)
		return 0;
	note_set(s, rec, &e);
	if (e.type == EVENT_CHUNK_BEGIN)
		printf("begun %s %" PRIu64 "\n", name_of_set(s, e.set), e.chunk);
	if (e.type == EVENT_CHUNK_FAIL)
		printf("failed %s %" PRIu64 "\n", name_of_set(s, e.set), e.chunk);
	return 0;
}

static void print_damage(unsigned attempt, const char *journal,
			 const struct journal_end *end, void *arg)
{
	(void)arg;
	if (end->state == JOURNAL_CORRUPT)
		printf("corrupt %u/%s %s\n", attempt, journal, end->reason);
}

static void print_claims(const struct run *r, unsigned n)
{
	_auto_close_ int fd = run_attempt_dir(r, n, NULL), claims = -1;
	_auto_names_ struct fs_names names = { 0 };
	_auto_buf_ struct buf text = { 0 };

	if (fd >= 0)
		claims = fs_subdir_open(fd, "claims", NULL);
	if (claims < 0 || fs_list(claims, &names, NULL) < 0)
		return;
	for (size_t i = 0; i < names.n; i++)
		if (fs_read(claims, names.name[i], 4096, &text, NULL) == 0 &&
		    (!strncmp(buf_text(&text), "shell-", 6) ||
		     !strncmp(buf_text(&text), "api-", 4)))
			printf("claim %s\n", names.name[i]);
}

static int print_attempts(struct reader *s, struct run *r)
{
	for (unsigned i = 0; i < r->n_attempts; i++) {
		const struct attempt *a = &r->attempts[i];

		printf("attempt %u %s %s %s %s\n", a->number,
		       a->begin ? "begin" : "-", a->end ? "end" : "-",
		       a->decided ? "decision" : "-", r->name);
		print_claims(r, a->number);
		s->writer[0] = '\0';
		if (journal_read(r, a->number, JOURNAL_SKIP_LATE, print_record,
				 s, print_damage, &s->err) < 0)
			return -1;
	}
	return 0;
}

static void print_done(const struct chunk_set *set)
{
	for (uint64_t k = 0; k < set->count; k++)
		if (set->status[k] == CHUNK_DONE)
			printf("done %s %" PRIu64 "\n", set->name, k);
}

static bool is_all(const struct belay_array *a, uint64_t k)
{
	const uint64_t *data = a->data;

	for (uint64_t i = 0; i < a->shape[0]; i++)
		if (data[i] != k)
			return false;
	return true;
}

static int print_results(struct reader *s, const struct run *r,
			 const char *set)
{
	struct belay_results *it = api_results_of(r->dir, set, &s->err);
	struct belay_result res;
	int rc = -1;

	while (it && (rc = belay_results_next(it, &res, &s->err)) == 1)
		if (res.n_arrays == 1 && is_all(res.arrays, res.chunk))
			printf("result %s %" PRIu64 "\n", set, res.chunk);
	belay_results_close(it);
	return rc;
}

static int print_chunks(struct reader *s, struct run *r)
{
	struct chunk_state *chunks = chunk_state_load(r, &s->err);
	int rc = 0;

	if (!chunks)
		return -1;
	for (const struct chunk_set *set = chunks->sets; set; set = set->next)
		print_done(set);
	if (chunk_set_find(chunks, "api"))
		rc = print_results(s, r, "api");
	chunk_state_free(chunks);
	return rc;
}

static int print_checkpoints(struct reader *s, struct run *r)
{
	struct checkpoint_list list = { 0 };
	struct belay_error why;

	if (checkpoint_list(r, &list, &s->err) < 0)
		return -1;
	for (unsigned i = 0; i < list.n; i++) {
		struct checkpoint *c = &list.c[i];
		bool bad = checkpoint_check(r, c, true, &why) < 0;

		printf("checkpoint %" PRIu64 " %s %s\n", c->id, c->late ?
		       "late" : c->damaged ? "marked" : bad ? "damaged" :
		       "good", bad ? why.text : c->label);
	}
	checkpoint_list_free(&list);
	return 0;
}

static void print_policy(const struct reader *s, const struct run *r)
{
	_auto_buf_ struct buf text = { 0 };
	char digest[65] = "";

	if (!r->policy[0])
		return;
	if (run_policy_read(s->root, r->cluster, r->policy, &text, NULL) == 0)
		policy_digest(text.data, text.len, digest);
	printf("policy %s %s\n", r->policy,
	       strcmp(digest, r->policy) ? "bad" : "good");
}

/* A run that nobody has told of may be without its run.json. */
static int print_run(const char *cluster, const char *name, void *arg)
{
	struct reader *s = arg;
	_auto_free_ char *dir = NULL;
	struct run *r;
	int rc;

	if (asprintf(&dir, "%s/%s/%s", s->root, cluster, name) < 0)
		return -1;
	r = run_open_dir(dir, &s->err);
	if (!r && s->err.code == BELAY_ENOENT)
		return 0;
	if (!r)
		return -1;
	printf("run %s\n", name);
	print_policy(s, r);
	rc = print_attempts(s, r) < 0 || print_chunks(s, r) < 0 ||
	     print_checkpoints(s, r) < 0 ? -1 : 0;
	run_close(r);
	return rc;
}

int main(int argc, char **argv)
{
	struct reader s = { .root = argc == 2 ? argv[1] : "" };

	if (run_each(s.root, print_run, &s, &s.err) == 0 ||
	    s.err.code == BELAY_ENOENT)
		return 0;
	fprintf(stderr, "reader: %s\n", s.err.text);
	return 1;
}
