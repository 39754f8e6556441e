/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_part_model.c - checkpoints of memory that changes at random, each with
 *                     one before it as its base: all that are kept come back
 *
 * SEED, ROUNDS: another sequence, a longer one.
 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/parts.h"

#define ENTRIES 5
#define LARGEST (7 * PACK_BLOCK)
#define KEPT 6

/* A checkpoint: its directory, and what was in memory. */
struct kept {
	unsigned number;	/* 0: none here */
	int dirfd;
	uint64_t size[ENTRIES];
	uint8_t *data[ENTRIES];
};

static struct {
	struct tmpdir *d;
	uint64_t size[ENTRIES];
	uint8_t *data[ENTRIES];
	struct kept kept[KEPT];
	unsigned next, referred;
} world;

static uint64_t any(uint64_t below)
{
	return (uint64_t)rand() % below;
}

static void change_memory(void)
{
	for (int i = 0; i < ENTRIES; i++) {
		uint64_t at, n;

		if (any(4) == 0)
			world.size[i] = any(3) ? any(LARGEST + 1) : any(5000);
		for (uint64_t runs = any(3); runs; runs--) {
			at = any(LARGEST);
			n = any(LARGEST - at < 70000 ? LARGEST - at : 70000);
			if (any(2))
				part_fill(world.data[i] + at, n, any(1u << 30));
			else
				memset(world.data[i] + at, (int)any(256), n);
		}
	}
}

static void check_kept(const struct kept *k)
{
	struct tmpdir *d = world.d;
	struct pack_reader *r = pack_open(k->dirfd, "part", NULL, &d->err);
	char name[8];

	if (!r)
		fail_msg("%s", d->err.text);
	assert_int_equal(pack_count(r), ENTRIES);
	for (int i = 0; i < ENTRIES; i++) {
		snprintf(name, sizeof(name), "e%d", i);
		part_expect(d, r, name, k->data[i], k->size[i]);
	}
	pack_close(r);
}

static void delete_kept(struct kept *k)
{
	char command[128];

	if (!k->number)
		return;
	close(k->dirfd);
	snprintf(command, sizeof(command), "rm -r %s/%u", world.d->path,
		 k->number);
	assert_int_equal(system(command), 0);
	for (int i = 0; i < ENTRIES; i++)
		free(k->data[i]);
	k->number = 0;
}

/* Links to all that may be referred to; the unused are unlinked afterwards. */
static void link_parents(const struct kept *from, const struct kept *to,
			 struct pack_options *opt, char as[32])
{
	struct pack_parent p[PACK_PARENTS_MAX];
	unsigned n;

	opt->base = pack_open(from->dirfd, "part", NULL, &world.d->err);
	assert_non_null(opt->base);
	snprintf(as, 32, "parent.%u", from->number);
	opt->base_as = as;
	assert_int_equal(linkat(from->dirfd, "part", to->dirfd, as, 0), 0);
	n = pack_base_parents(opt->base, p);
	assert_true(n < PACK_PARENTS_MAX);
	for (unsigned i = 0; i < n; i++)
		assert_int_equal(linkat(from->dirfd, p[i].name, to->dirfd,
					p[i].name, 0), 0);
}

static void put_all(struct pack_writer *w, struct kept *k)
{
	struct tmpdir *d = world.d;
	char name[8];

	for (int i = 0; i < ENTRIES; i++) {
		snprintf(name, sizeof(name), "e%d", i);
		k->size[i] = world.size[i];
		k->data[i] = malloc(LARGEST);
		memcpy(k->data[i], world.data[i], LARGEST);
		assert_ok(part_put_bytes(w, name, world.data[i], world.size[i],
					 &d->err), &d->err);
	}
}

/* What was put asynchronously may change at once. */
static void scribble(const struct pack_options *opt, uint8_t *saved[ENTRIES])
{
	for (int i = 0; opt->async && i < ENTRIES; i++) {
		memset(world.data[i], 0x55, LARGEST);
		memcpy(world.data[i], saved[i], LARGEST);
	}
}

static void drop_unused_links(const struct kept *k, const struct pack_sum *sum)
{
	struct stat st;
	char name[32];

	for (unsigned n = 0; n < world.next; n++) {
		bool used = false;

		snprintf(name, sizeof(name), "parent.%u", n);
		for (unsigned i = 0; i < sum->n_parents; i++)
			used = used || !strcmp(name, sum->parent[i].name);
		if (!used)
			unlinkat(k->dirfd, name, 0);
		else
			assert_int_equal(fstatat(k->dirfd, name, &st, 0), 0);
	}
	world.referred += sum->n_parents;
}

static void checkpoint(void)
{
	static const int levels[] = { 0, 0, 1, 3, PACK_ZSTD_AUTO };
	struct kept *k = &world.kept[any(KEPT)], *from = &world.kept[any(KEPT)];
	struct tmpdir *d = world.d;
	struct pack_options opt = part_options();
	struct pack_writer *w;
	struct pack_sum sum;
	char name[32], as[32];

	opt.async = any(2);
	opt.verify = any(3) == 0;
	opt.threads = 1 + (unsigned)any(3);
	opt.memory_max = any(2) ? 0 : 1 + any(4u << 20);
	opt.zstd_level = levels[any(5)];
	delete_kept(k);
	snprintf(name, sizeof(name), "%u", ++world.next);
	assert_int_equal(mkdirat(d->fd, name, 0700), 0);
	k->number = world.next;
	k->dirfd = openat(d->fd, name, O_RDONLY | O_DIRECTORY);
	if (from->number && from != k && any(5))
		link_parents(from, k, &opt, as);
	w = pack_create(k->dirfd, "part", &opt, &d->err);
	assert_non_null(w);
	put_all(w, k);
	scribble(&opt, k->data);
	assert_ok(pack_finish(w, &sum, &d->err), &d->err);
	assert_int_equal(sum.proof != PACK_UNVERIFIED, opt.verify);
	pack_close(opt.base);
	drop_unused_links(k, &sum);
}

static void test_all_that_is_kept_comes_back(void **state)
{
	const char *seed = getenv("SEED"), *rounds = getenv("ROUNDS");
	unsigned n = rounds ? (unsigned)atoi(rounds) : 60;
	unsigned with = seed ? (unsigned)atoi(seed) : (unsigned)getpid();

	world.d = *state;
	srand(with);
	printf("# SEED=%u ROUNDS=%u\n", with, n);
	for (int i = 0; i < ENTRIES; i++)
		world.data[i] = calloc(1, LARGEST);
	while (n--) {
		change_memory();
		checkpoint();
		for (int i = 0; i < KEPT; i++)
			if (world.kept[i].number && (!n || any(3) == 0))
				check_kept(&world.kept[i]);
	}
	assert_true(world.referred > 10 || rounds);
	for (int i = 0; i < KEPT; i++)
		delete_kept(&world.kept[i]);
	for (int i = 0; i < ENTRIES; i++)
		free(world.data[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_TMPDIR(test_all_that_is_kept_comes_back),
	};

	return cmocka_run_group_tests_name("part_model", tests, NULL, NULL);
}
