/* SPDX-License-Identifier: Apache-2.0 */
/* packs.c - packed checkpoints for tests */

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/packs.h"

struct packed_writer *packs_begin(struct run *r, unsigned n,
				  const struct packed_options *opt,
				  const void *data, uint64_t bytes,
				  struct belay_error *err)
{
	struct belay_array a = { .name = PACKS_NAME, .type = BELAY_U8,
				 .dims = 1, .shape = &bytes,
				 .data = (void *)(uintptr_t)data };
	struct packed_writer *w = packed_begin(r, n, opt, err);

	if (!w || packed_put(w, &a, err) == 0)
		return w;
	packed_abandon(w);
	return NULL;
}

int packs_write(struct run *r, unsigned n, const struct packed_options *opt,
		const void *data, uint64_t bytes, struct packed_done *done,
		struct belay_error *err)
{
	struct packed_writer *w = packs_begin(r, n, opt, data, bytes, err);

	return w ? packed_commit(w, done, err) : -1;
}

void packs_expect(struct run *r, uint64_t id, unsigned rank, const void *data,
		  uint64_t bytes)
{
	const struct belay_entry *e = NULL;
	struct checkpoint_list list;
	struct belay_error err = { 0 };
	struct packed_reader *p = NULL;
	char *got = malloc(bytes + 1);

	assert_ok(checkpoint_list(r, &list, &err), &err);
	if (checkpoint_find(&list, id))
		p = packed_open(r, checkpoint_find(&list, id), &err);
	if (p)
		e = packed_find(p, rank, PACKS_NAME, &err);
	if (!e || e->bytes != bytes ||
	    packed_read(p, e, 0, got, bytes, 1, &err) < 0)
		fail_msg("checkpoint %llu, rank %u: %s",
			 (unsigned long long)id, rank, err.text);
	assert_int_equal(e->rank, rank);
	assert_memory_equal(got, data, bytes);
	packed_close(p);
	checkpoint_list_free(&list);
	free(got);
}

static const char *wanted;
static unsigned found;

static int count(const char *path, const struct stat *st, int type,
		 struct FTW *at)
{
	(void)st;
	(void)type;
	if (!strncmp(path + at->base, wanted, strlen(wanted)))
		found++;
	return 0;
}

unsigned packs_files(struct run *r, const char *begin)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/checkpoints", r->dir);
	wanted = begin;
	found = 0;
	nftw(path, count, 16, FTW_PHYS);
	return found;
}
