/* SPDX-License-Identifier: Apache-2.0 */
/* open.c - a part and its parents, judged by their headers and ends */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "fs/bulk.h"
#include "pack/reader.h"

/* What both ends of a file say. */
struct ends {
	struct pack_header header;
	uint64_t identity;
	struct pack_footer footer;
};

static int not_good(const char *name, const char *wrong, bool newer,
		    struct belay_error *err)
{
	return err_set(err, newer ? BELAY_EFAILED : BELAY_ECORRUPT, "%s: '%s'",
		       wrong, name);
}

static int read_ends(int fd, const char *name, uint64_t size, struct ends *ends,
		     struct belay_error *err)
{
	uint8_t head[PACK_HEADER], foot[PACK_FOOTER];
	const char *wrong = NULL;
	bool newer = false;

	if (size < PACK_HEADER + PACK_FOOTER)
		return not_good(name, "too short for a part", false, err);
	if (fs_bulk_read(fd, head, sizeof(head), 0, name, err) < 0)
		return -1;
	wrong = pack_header_decode(head, &ends->header, &ends->identity,
				   &newer);
	if (wrong)
		return not_good(name, wrong, newer, err);
	if (fs_bulk_read(fd, foot, sizeof(foot), size - PACK_FOOTER, name,
			 err) < 0)
		return -1;
	wrong = pack_footer_decode(foot, ends->identity, &ends->footer);
	if (!wrong && ends->footer.size != size)
		wrong = "it has another size than it says";
	return wrong ? not_good(name, wrong, false, err) : 0;
}

static int read_index(struct pack_reader *r, const struct ends *ends,
		      struct belay_error *err)
{
	const struct pack_footer *f = &ends->footer;
	_auto_free_ uint8_t *bytes = malloc(f->len ? f->len : 1);
	struct digest d;
	const char *wrong;

	if (!bytes)
		return err_nomem(err);
	if (fs_bulk_read(r->source.fd[0], bytes, f->len, f->at, r->name,
			 err) < 0)
		return -1;
	d = digest_of(bytes, f->len);
	if (memcmp(&d, &f->digest, sizeof(d)) != 0)
		return not_good(r->name, "the index is damaged", false, err);
	wrong = pack_index_decode(bytes, f->len, f->at, &r->source.ix);
	if (wrong == pack_no_memory)
		return err_nomem(err);
	if (!wrong && r->source.ix.identity != ends->identity)
		wrong = "the index is another part's";
	return wrong ? not_good(r->name, wrong, false, err) : 0;
}

static int open_parent(struct pack_reader *r, int dirfd, unsigned n,
		       struct belay_error *err)
{
	const struct pack_parent *p = &r->source.ix.parent[n];
	_auto_close_ int fd = -1;
	struct ends ends;
	uint64_t size;

	fd = fs_bulk_open(dirfd, p->name, &size, err);
	if (fd < 0 || read_ends(fd, p->name, size, &ends, err) < 0)
		return err_prefix(err, "'%s' needs", r->name);
	if (size != p->size ||
	    memcmp(&ends.footer.digest, &p->index, sizeof(p->index)) != 0)
		return err_set(err, BELAY_ECORRUPT, "'%s' needs '%s': it is "
			       "another file", r->name, p->name);
	r->source.fd[n + 1] = take_fd(&fd);
	return 0;
}

static void fill_sum(struct pack_reader *r, const struct pack_footer *f)
{
	struct pack_index *ix = &r->source.ix;

	r->sum = (struct pack_sum){ .index = f->digest, .size = f->size,
				    .stored = pack_index_count(ix),
				    .n_parents = ix->n_parents };
	memcpy(r->sum.parent, ix->parent, sizeof(ix->parent));
	for (size_t i = 0; i < ix->n_entries; i++) {
		r->sum.bytes += ix->entry[i]->e.bytes;
		ix->entry[i]->e.rank = r->header.rank;
	}
}

static int open_all(struct pack_reader *r, int dirfd, const struct digest *want,
		    struct belay_error *err)
{
	struct ends ends;
	uint64_t size;

	r->source.fd[0] = fs_bulk_open(dirfd, r->name, &size, err);
	if (r->source.fd[0] < 0 ||
	    read_ends(r->source.fd[0], r->name, size, &ends, err) < 0)
		return -1;
	if (want && memcmp(want, &ends.footer.digest, sizeof(*want)) != 0)
		return not_good(r->name, "it is another part", false, err);
	r->header = ends.header;
	if (read_index(r, &ends, err) < 0)
		return -1;
	for (unsigned n = 0; n < r->source.ix.n_parents; n++)
		if (open_parent(r, dirfd, n, err) < 0)
			return -1;
	fill_sum(r, &ends.footer);
	return 0;
}

struct pack_reader *pack_open(int dirfd, const char *name,
			      const struct digest *want,
			      struct belay_error *err)
{
	struct pack_reader *r = calloc(1, sizeof(*r));

	if (!r) {
		err_nomem(err);
		return NULL;
	}
	r->pid = getpid();
	r->source.name = r->name;
	memset(r->source.fd, -1, sizeof(r->source.fd));
	if (text_format(r->name, sizeof(r->name), "%s", name) < 0)
		err_set(err, BELAY_EINVAL, "name is too long: '%s'", name);
	else if (open_all(r, dirfd, want, err) == 0)
		return r;
	pack_close(r);
	return NULL;
}

void pack_close(struct pack_reader *r)
{
	if (!r)
		return;
	for (unsigned i = 0; i <= PACK_PARENTS_MAX; i++)
		base_closep(&r->source.fd[i]);
	pack_index_fini(&r->source.ix);
	free(r);
}

const struct pack_sum *pack_sum(const struct pack_reader *r)
{
	return &r->sum;
}

size_t pack_count(const struct pack_reader *r)
{
	return r->source.ix.n_entries;
}

const struct belay_entry *pack_entry(const struct pack_reader *r, size_t i)
{
	return i < pack_count(r) ? &r->source.ix.entry[i]->e : NULL;
}

const struct belay_entry *pack_find(const struct pack_reader *r,
				    const char *name)
{
	const struct pack_entry *e = pack_index_find(&r->source.ix, name);

	return e ? &e->e : NULL;
}

/* One that is used by less than half costs more room than it saves; the fullest
 * are kept when there are too many, one place being base's own. */
unsigned pack_base_parents(const struct pack_reader *base,
			   struct pack_parent parent[PACK_PARENTS_MAX])
{
	const struct pack_index *ix = &base->source.ix;
	unsigned n = 0, least = 0;

	for (unsigned i = 0; i < ix->n_parents; i++)
		if (ix->parent[i].used >= ix->parent[i].size / 2)
			parent[n++] = ix->parent[i];
	if (n < PACK_PARENTS_MAX)
		return n;
	for (unsigned i = 1; i < n; i++)
		if (parent[i].used < parent[least].used)
			least = i;
	parent[least] = parent[--n];
	return n;
}
