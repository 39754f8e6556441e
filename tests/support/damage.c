/* SPDX-License-Identifier: Apache-2.0 */
/* damage.c - what a disk may make of a file's bytes */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/damage.h"
#include "tests/support/test.h"

struct damage {
	const struct bytes *good;
	struct bytes bad;
	damage_fn f;
	void *arg;
	unsigned n;
};

/* Let it be seen, and make it good again. */
static void show(struct damage *d, const char *what)
{
	const struct bytes *good = d->good;

	if (d->bad.len != good->len ||
	    memcmp(d->bad.data, good->data, good->len)) {
		d->f(what, &d->bad, d->arg);
		d->n++;
	}
	memcpy(d->bad.data, good->data, good->len);
	d->bad.len = good->len;
}

static void tear(struct damage *d, size_t step)
{
	char what[64];

	for (size_t len = 0; len < d->good->len; len += step) {
		snprintf(what, sizeof(what), "cut off at %zu", len);
		d->bad.len = len;
		show(d, what);
	}
}

static void flip(struct damage *d, size_t step)
{
	char what[64];

	for (size_t bit = 0; bit < d->good->len * 8; bit += step) {
		snprintf(what, sizeof(what), "bit %zu of byte %zu flipped",
			 bit % 8, bit / 8);
		d->bad.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		show(d, what);
	}
}

static size_t part(const struct bytes *b, size_t at, size_t block)
{
	return at >= b->len ? 0 : b->len - at < block ? b->len - at : block;
}

static void spoil_block(struct damage *d, size_t at, size_t block,
			const struct bytes *other)
{
	size_t n = part(d->good, at, block), next = part(d->good, at + n, block);
	size_t theirs = part(other, at, n);
	uint8_t *here = d->bad.data + at;
	const uint8_t *good = d->good->data + at;
	char what[64];

#define SHOW(how) \
	snprintf(what, sizeof(what), "%zu bytes at %zu " how, n, at); \
	show(d, what)
	memset(here, 0, n);
	SHOW("zeroed");
	memcpy(here, good + n, next);
	memcpy(here + next, good, n);
	SHOW("swapped with the next");
	memcpy(here + n, good, n < next ? n : next);
	SHOW("written over the next");
	if (theirs)
		memcpy(here, other->data + at, theirs);
	SHOW("taken from another");
}

unsigned damage_each(const struct bytes *good, const struct bytes *other,
		     size_t step, damage_fn f, void *arg)
{
	struct damage d = { .good = good, .f = f, .arg = arg };

	d.bad.data = malloc(good->len + 1);
	assert_non_null(d.bad.data);
	memcpy(d.bad.data, good->data, good->len);
	d.bad.len = good->len;
	if (step) {
		tear(&d, (step + 7) / 8);
		flip(&d, step);
	}
	for (size_t block = 512; block <= 4096; block *= 8)
		for (size_t at = 0; at < good->len; at += block)
			spoil_block(&d, at, block, other);
	d.bad.len = other->len < good->len ? other->len : good->len;
	memcpy(d.bad.data, other->data, d.bad.len);
	if (other->len <= good->len)
		show(&d, "another file in its place");
	free(d.bad.data);
	return d.n;
}

struct bytes damage_read(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct bytes b = { 0 };
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		fail_msg("cannot read '%s'", path);
	b.len = (size_t)st.st_size;
	b.data = malloc(b.len + 1);
	assert_non_null(b.data);
	assert_int_equal(read(fd, b.data, b.len), b.len);
	close(fd);
	return b;
}

void damage_write(const char *path, const struct bytes *b)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);

	if (fd < 0)
		fail_msg("cannot write '%s'", path);
	assert_int_equal(write(fd, b->data, b->len), b->len);
	close(fd);
}
