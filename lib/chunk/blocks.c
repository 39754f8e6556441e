/* SPDX-License-Identifier: Apache-2.0 */
/*
 * blocks.c - which writer hands out which chunks in this attempt
 *
 * A block is ours if its name was published with ours in it, which can happen
 * once.  So a process that died in between has either taken it, and whoever
 * goes on with its journal finds it, or it is still free.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "base/text.h"
#include "chunk/blocks.h"

#define BLOCKS 256	/* of a set, at most */

struct block_name { char text[160]; };

static struct block_name name_of(const struct chunk_blocks *b, uint64_t block)
{
	struct block_name name;

	snprintf(name.text, sizeof(name.text), "%s.%" PRIu64, b->set->name,
		 block);
	return name;
}

int chunk_blocks_open(struct chunk_blocks *b, const struct run *r,
		      unsigned attempt, const char *owner,
		      const struct chunk_set *set, struct belay_error *err)
{
	_auto_close_ int fd = run_attempt_dir(r, attempt, err);

	*b = (struct chunk_blocks){
		.dirfd = -1, .run = r, .attempt = attempt, .owner = owner,
		.set = set,
	};
	b->size = (set->count + BLOCKS - 1) / BLOCKS;
	if (!b->size)
		b->size = 1;
	if (fd < 0)
		return -1;
	b->dirfd = fs_subdir_make(fd, "claims", err);
	if (b->dirfd < 0 || fs_list(b->dirfd, &b->taken, err) < 0)
		return -1;
	return 0;
}

void chunk_blocks_close(struct chunk_blocks *b)
{
	if (b->dirfd >= 0)
		close(b->dirfd);
	fs_names_free(&b->taken);
}

uint64_t chunk_blocks_count(const struct chunk_blocks *b)
{
	return (b->set->count + b->size - 1) / b->size;
}

bool chunk_block_is_taken(const struct chunk_blocks *b, uint64_t block)
{
	return fs_names_has(&b->taken, name_of(b, block).text);
}

/* The owner, and a check over that and the place: a name with one letter
 * changed would be nobody's, and its chunks would wait for nobody. */
static int describe(const struct chunk_blocks *b, const char *name,
		    const char *owner, struct buf *out,
		    struct belay_error *err)
{
	_auto_buf_ struct buf all = { 0 };

	buf_printf(&all, "%s/%u/%s/%s", b->run->submission, b->attempt, name,
		   owner);
	buf_printf(out, "%s\n%016" PRIx64 "\n", owner,
		   check64(buf_text(&all), all.len, 0));
	return all.failed || out->failed ? err_nomem(err) : 0;
}

int chunk_block_take(struct chunk_blocks *b, uint64_t block,
		     struct belay_error *err)
{
	struct block_name name = name_of(b, block);
	_auto_buf_ struct buf text = { 0 };

	if (describe(b, name.text, b->owner, &text, err) < 0)
		return -1;
	return fs_publish(b->dirfd, name.text, text.data, text.len, err);
}

static int read_owner(const struct chunk_blocks *b, const char *name,
		      char owner[RUN_NAME_SIZE], struct belay_error *err)
{
	_auto_buf_ struct buf text = { 0 }, right = { 0 };
	size_t len;

	if (fs_read(b->dirfd, name, 2 * RUN_NAME_SIZE, &text, err) < 0)
		return -1;
	len = strcspn(buf_text(&text), "\n");
	snprintf(owner, RUN_NAME_SIZE, "%.*s", (int)len, buf_text(&text));
	if (describe(b, name, owner, &right, err) < 0)
		return -1;
	if (text.len != right.len || memcmp(text.data, right.data, text.len))
		return err_set(err, BELAY_ECORRUPT, "who hands out these "
			       "chunks does not match its check: "
			       "'attempts/%06u/claims/%s'", b->attempt, name);
	return 0;
}

int chunk_block_is_ours(const struct chunk_blocks *b, uint64_t block,
			struct belay_error *err)
{
	char owner[RUN_NAME_SIZE];

	if (!chunk_block_is_taken(b, block))
		return 0;
	if (read_owner(b, name_of(b, block).text, owner, err) < 0)
		return -1;
	return !strcmp(owner, b->owner);
}
