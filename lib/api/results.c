/* SPDX-License-Identifier: Apache-2.0 */
/*
 * results.c - what chunks have computed, from wherever it was recorded
 *
 * The journals are read in the order in which completions count, a segment at a
 * time: the first completion of a chunk is the one that counts, and memory is
 * taken for the results of one segment only.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/array.h"
#include "api/chunks.h"
#include "api/results.h"
#include "base/cleanup.h"
#include "base/digest.h"
#include "chunk/fold.h"
#include "fs/fs.h"
#include "journal/walk.h"

struct found {			/* a completion that counts */
	uint64_t chunk, duration_us;
	int64_t time_us;
	uint16_t node;		/* see chunk/nodes.h */
	struct event_result result;
};

struct belay_results {
	struct run *run;
	char set[129];
	unsigned next_attempt;	/* in run->attempts */
	struct journal_walker *walker;	/* of the attempt before that */
	struct chunk_state *state;	/* what has been found */
	struct event event;	/* one for all: it is large */
	struct found *found;	/* of the segment that was read last */
	size_t n_found, cap_found, at;
	char writer[RUN_NAME_SIZE];	/* of that segment */
	struct belay_error *err;
	/* of the result that was given last */
	void *bytes;
	struct belay_array *arrays;
};

/* ---- reading journals ---- */

static int keep(struct belay_results *it, const struct event *e)
{
	struct found *grown = it->found;

	if (it->n_found == it->cap_found) {
		size_t cap = it->cap_found ? 2 * it->cap_found : 64;

		grown = realloc(it->found, cap * sizeof(*grown));
		if (!grown)
			return err_nomem(it->err);
		it->found = grown;
		it->cap_found = cap;
	}
	grown[it->n_found++] = (struct found){
		.chunk = e->chunk, .duration_us = e->duration_us,
		.time_us = e->time_us, .result = e->result,
		.node = chunk_node_number(&it->state->fold->nodes, e->node),
	};
	snprintf(it->writer, sizeof(it->writer), "%s", e->writer);
	return 0;
}

static int see(const struct record *rec, void *arg)
{
	struct belay_results *it = arg;
	struct event *e = &it->event;
	const struct chunk_set *set;

	if ((rec->type != EVENT_SET && rec->type != EVENT_CHUNK_DONE) ||
	    event_decode(rec, e, NULL) <= 0)
		return 0;
	if (chunk_turn_to_journal(it->state, e) < 0)
		return err_nomem(it->err);
	set = e->type == EVENT_CHUNK_DONE ? chunk_set_of(it->state, e) : NULL;
	if (set && !strcmp(set->name, it->set) &&
	    set->status[e->chunk] != CHUNK_DONE && keep(it, e) < 0)
		return -1;
	return chunk_state_fold(it->state, e, it->err);
}

/* The walker of the next attempt: 1, or 0 when all were walked. */
static int next_walker(struct belay_results *it, struct belay_error *err)
{
	struct journal_walk walk = {
		.run = it->run, .late = JOURNAL_SKIP_LATE, .record = see,
		.arg = it,
	};

	if (it->next_attempt == it->run->n_attempts)
		return 0;
	walk.attempt = it->run->attempts[it->next_attempt++].number;
	walk.cut = run_cut_of(it->run, walk.attempt);
	it->walker = journal_walker_open(&walk, err);
	return it->walker ? 1 : -1;
}

/* Read until something is found: 1, or 0 at the end. */
static int read_on(struct belay_results *it, struct belay_error *err)
{
	bool more;
	int rc;

	it->n_found = it->at = 0;
	while (!it->n_found) {
		if (!it->walker) {
			rc = next_walker(it, err);
			if (rc <= 0)
				return rc;
		}
		it->err = err;
		if (journal_walker_step(it->walker, &more, err) < 0)
			return -1;
		if (more)
			continue;
		journal_walker_close(it->walker);
		it->walker = NULL;
	}
	return 1;
}

/* ---- results ---- */

static unsigned attempt_of(const struct belay_results *it)
{
	return it->run->attempts[it->next_attempt - 1].number;
}

static int read_file(struct belay_results *it, const struct event_result *r,
		     struct belay_error *err)
{
	_auto_close_ int attempt = run_attempt_dir(it->run, attempt_of(it),
						   err);
	_auto_close_ int fd = attempt < 0 ? -1 :
			      fs_subdir_open(attempt, "results", err);
	char name[RUN_NAME_SIZE + 32];
	struct digest is;

	snprintf(name, sizeof(name), "%s.%04u.dat", it->writer, r->segment);
	if (fd < 0 || fs_read_at(fd, name, r->offset, it->bytes, r->length,
				 err) < 0)
		return -1;
	is = digest_of(it->bytes, r->length);
	if (memcmp(is.bytes, r->digest, sizeof(is.bytes)))
		return err_set(err, BELAY_ECORRUPT, "'%s' does not match its "
			       "digest at byte %" PRIu64, name, r->offset);
	return 0;
}

/* The bytes of a result, where they are aligned. */
static int read_bytes(struct belay_results *it, const struct event_result *r,
		      struct belay_error *err)
{
	free(it->bytes);
	it->bytes = malloc(r->length + 1);
	if (!it->bytes)
		return err_nomem(err);
	switch (r->kind) {
	case RESULT_INLINE:
		memcpy(it->bytes, r->bytes, r->length);
		return 0;
	case RESULT_FILE:
		return read_file(it, r, err);
	default:
		return err_set(err, BELAY_EFAILED, "a newer belay has recorded "
			       "the result");
	}
}

static int read_arrays(struct belay_results *it, const struct event_result *r,
		       unsigned *n, struct belay_error *err)
{
	free(it->arrays);
	it->arrays = NULL;
	*n = 0;
	if (r->kind == RESULT_NONE)
		return 0;
	if (read_bytes(it, r, err) < 0)
		return -1;
	return api_decode_result(it->bytes, r->length, &it->arrays, n, err);
}

/* A file that is gone is damage, too: its bytes were there. */
static int tell(const struct found *f, struct belay_error *err)
{
	if (err && err->code == BELAY_ENOENT)
		err->code = BELAY_ECORRUPT;
	return err_prefix(err, "chunk %" PRIu64, f->chunk);
}

int belay_results_next(struct belay_results *it, struct belay_result *result,
		       struct belay_error *err)
{
	const struct found *f;
	unsigned n;
	int rc = 1;

	if (api_need(it, "the results", err) < 0 ||
	    api_need(result, "a place for a result", err) < 0)
		return -1;
	if (it->at == it->n_found)
		rc = read_on(it, err);
	if (rc <= 0)
		return rc;
	f = &it->found[it->at++];
	if (read_arrays(it, &f->result, &n, err) < 0)
		return tell(f, err);
	*result = (struct belay_result){
		.chunk = f->chunk, .attempt = attempt_of(it),
		.node = chunk_node_name(&it->state->fold->nodes, f->node),
		.duration_us = f->duration_us, .done_us = f->time_us,
		.arrays = it->arrays, .n_arrays = n,
	};
	return 1;
}

struct belay_results *api_results_of(const char *dir, const char *set,
				     struct belay_error *err)
{
	struct belay_results *it = calloc(1, sizeof(*it));

	if (!it) {
		err_nomem(err);
		return NULL;
	}
	snprintf(it->set, sizeof(it->set), "%s", set ? set : "main");
	it->state = chunk_state_new();
	it->run = it->state ? run_open_dir(dir, err) : NULL;
	if (it->run)
		return it;
	if (!it->state)
		err_nomem(err);
	belay_results_close(it);
	return NULL;
}

/* It has a view of the run of its own, so the handle goes on as it likes. */
struct belay_results *belay_results_open(struct belay *b, const char *set,
					 struct belay_error *err)
{
	_auto_turn_ struct belay *mine = api_enter(b, err);

	if (!mine || api_commit(b, err) < 0)
		return NULL;
	return api_results_of(b->run->dir, set, err);
}

void belay_results_close(struct belay_results *it)
{
	if (!it)
		return;
	journal_walker_close(it->walker);
	chunk_state_free(it->state);
	run_close(it->run);
	free(it->found);
	free(it->bytes);
	free(it->arrays);
	free(it);
}
