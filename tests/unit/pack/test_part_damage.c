/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_part_damage.c - a byte that is wrong is seen, or was nobody's
 *
 * A bit in every byte of small parts, and more; EVERY=1 flips all of them.
 */

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/support/damage.h"
#include "tests/support/parts.h"

#define A_BYTES 700u
#define B_BYTES 5000u

static uint8_t a_data[A_BYTES], b_data[B_BYTES];

static struct {
	struct tmpdir *d;
	const char *name;	/* of the file that is damaged */
	struct digest want;	/* of "part", which is read */
	unsigned refused, harmless;
} view;

static void write_part(struct tmpdir *d, const char *name,
		       const struct pack_options *opt)
{
	struct pack_writer *w = pack_create(d->fd, name, opt, &d->err);
	struct pack_sum sum;

	assert_non_null(w);
	assert_ok(part_put_bytes(w, "a", a_data, A_BYTES, &d->err), &d->err);
	assert_ok(part_put_bytes(w, "b", b_data, B_BYTES, &d->err), &d->err);
	assert_ok(pack_finish(w, &sum, &d->err), &d->err);
	view.want = sum.index;
}

static bool reads(struct pack_reader *r, const char *name, const void *want,
		  uint64_t bytes)
{
	uint8_t got[B_BYTES];
	const struct belay_entry *e = pack_find(r, name);
	struct belay_error err = { 0 };

	assert_non_null(e);
	if (pack_read(r, e, 0, got, bytes, 1, &err) < 0) {
		assert_int_equal(err.code, BELAY_ECORRUPT);
		assert_non_null(strstr(err.text, name));
		return false;
	}
	assert_memory_equal(got, want, bytes);
	return true;
}

/* Seen, or every byte is as it was. */
static void look(const char *what, const struct bytes *bad, void *arg)
{
	struct belay_error err = { 0 };
	struct pack_reader *r;
	char path[128];

	(void)what;
	(void)arg;
	snprintf(path, sizeof(path), "%s/%s", view.d->path, view.name);
	damage_write(path, bad);
	r = pack_open(view.d->fd, "part", &view.want, &err);
	if (!r)
		assert_true(err.code == BELAY_ECORRUPT ||
			    strstr(err.text, "newer belay"));
	if (r && reads(r, "a", a_data, A_BYTES) &&
	    reads(r, "b", b_data, B_BYTES)) {
		assert_ok(pack_verify(r, 1, &err), &err);
		view.harmless++;
	} else {
		view.refused++;
		assert_true(!r || pack_verify(r, 1, &err) < 0);
	}
	pack_close(r);
}

static void damage(struct tmpdir *d, const char *name, const char *other)
{
	char path[128];
	struct bytes good, stranger;

	view.d = d;
	view.name = name;
	view.refused = view.harmless = 0;
	snprintf(path, sizeof(path), "%s/%s", d->path, other);
	stranger = damage_read(path);
	snprintf(path, sizeof(path), "%s/%s", d->path, name);
	good = damage_read(path);
	damage_each(&good, &stranger, getenv("EVERY") ? 1 : 7, look, NULL);
	printf("# %s: %u refused, %u harmless\n", name, view.refused,
	       view.harmless);
	damage_write(path, &good);
	free(good.data);
	free(stranger.data);
}

static void test_no_damage_of_a_part_gives_wrong_bytes(void **state)
{
	struct tmpdir *d = *state;
	struct pack_options opt = part_options();

	part_fill(a_data, A_BYTES, 1);
	memset(b_data, 'b', B_BYTES);
	opt.attempt++;
	write_part(d, "other", &opt);
	for (int level = 0; level < 4; level += 3) {
		opt = part_options();
		opt.zstd_level = level;
		write_part(d, "part", &opt);
		damage(d, "part", "other");
		/* header, index, footer and blocks; not what is between */
		assert_true(view.refused > view.harmless / 3);
		unlinkat(d->fd, "part", 0);
	}
}

static void test_no_damage_of_a_parent_gives_wrong_bytes(void **state)
{
	struct tmpdir *d = *state;
	struct pack_options opt = part_options();

	part_fill(a_data, A_BYTES, 1);
	part_fill(b_data, B_BYTES, 2);
	write_part(d, "parent", &opt);
	write_part(d, "other", &opt);
	opt.base = pack_open(d->fd, "parent", NULL, &d->err);
	opt.base_as = "parent";
	a_data[0]++;
	write_part(d, "part", &opt);
	pack_close(opt.base);
	damage(d, "parent", "other");
	assert_true(view.refused > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_TMPDIR(test_no_damage_of_a_part_gives_wrong_bytes),
		TEST_IN_TMPDIR(test_no_damage_of_a_parent_gives_wrong_bytes),
	};

	/* so many files that a disk would be all there is to wait for */
	if (access("/dev/shm", W_OK) == 0)
		setenv("TMPDIR", "/dev/shm", 0);
	return cmocka_run_group_tests_name("part_damage", tests, NULL, NULL);
}
