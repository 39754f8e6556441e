/* SPDX-License-Identifier: Apache-2.0 */
/* test_protect.c - memory that is protected comes back, or is not touched */

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "tests/support/packs.h"
#include "tests/support/places.h"

static uint64_t called_with[4];
static unsigned called;

static void on_recovery(struct belay *b, const struct belay_info *info,
			uint64_t id, void *arg)
{
	assert_ptr_equal(arg, &called);
	assert_ptr_equal(info, belay_info(b));
	called_with[called++] = id;
}

static void protect(struct place *p)
{
	places_protect(p);
	assert_ok(belay_on_recovery(p->b, on_recovery, &called, &p->d->err),
		  &p->d->err);
}

static void test_protected_memory_is_recovered(void **state)
{
	struct place p = places_enter(*state);
	struct belay_error *err = &p.d->err;
	uint64_t id = 0;

	called = 0;
	protect(&p);
	assert_int_equal(belay_recover(p.b, &id, err), 0);
	assert_int_equal(called, 0);
	places_fill(5);
	assert_int_equal(belay_checkpoint(p.b, NULL, &id, err), 1);
	places_fill(6);
	assert_int_equal(belay_checkpoint(p.b, NULL, &id, err), 1);
	places_enter_again(&p);
	protect(&p);
	places_fill(0);
	assert_int_equal(belay_recover(p.b, &id, err), 1);
	assert_int_equal(id, 2);
	assert_true(places_field[0] == 6 &&
		    places_field[PLACES_N - 1] == 6 + PLACES_N - 1);
	assert_int_equal(called, 1);
	assert_int_equal(called_with[0], 2);
	places_leave(&p);
}

static void spoil(struct place *p, const char *id)
{
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/checkpoints/%s/part.0", p->r->dir, id);
	fd = open(path, O_WRONLY);
	assert_int_equal(pwrite(fd, "spoilt", 6, 4096 + 1000), 6);
	close(fd);
}

static void test_a_damaged_one_is_stepped_over(void **state)
{
	struct place p = places_enter(*state);
	struct belay_error *err = &p.d->err;
	uint64_t id = 0;

	protect(&p);
	places_fill(1);
	assert_int_equal(belay_checkpoint(p.b, NULL, &id, err), 1);
	places_fill(2);
	assert_int_equal(belay_checkpoint(p.b, NULL, &id, err), 1);
	spoil(&p, "000002");
	places_enter_again(&p);
	protect(&p);
	assert_int_equal(belay_recover(p.b, &id, err), 1);
	assert_int_equal(id, 1);
	assert_true(places_field[7] == 8);
	assert_int_equal(packs_files(p.r, "000002.damaged"), 1);
	places_leave(&p);
}

static void test_what_has_another_shape_is_not_touched(void **state)
{
	const uint64_t shape[] = { PLACES_N };
	struct place p = places_enter(*state);
	struct belay_array other = places_array();
	struct belay_error *err = &p.d->err;

	protect(&p);
	places_fill(3);
	assert_int_equal(belay_checkpoint(p.b, NULL, NULL, err), 1);
	other.dims = 1;
	other.shape = shape;
	assert_ok(belay_protect(p.b, "field", &other, err), err);
	places_fill(9);
	assert_fails(belay_recover(p.b, NULL, err), err, BELAY_ECONFIG,
		     "'field' is f64 [100000] here, and was f64 [1000, 100] in "
		     "checkpoint 1");
	assert_true(places_field[0] == 9);
	assert_ok(belay_unprotect(p.b, "field", err), err);
	assert_fails(belay_unprotect(p.b, "field", err), err, BELAY_ENOENT,
		     "'field' is not protected");
	assert_fails(belay_checkpoint(p.b, NULL, NULL, err), err, BELAY_EINVAL,
		     "nothing is protected");
	places_leave(&p);
}

static void test_what_is_no_array_is_refused_in_words(void **state)
{
	static const uint64_t huge[] = { UINT64_MAX, 8 }, none[] = { 0 },
			      two[] = { 2 };
	static const struct {
		const char *name;
		struct belay_array a;
		const char *words;
	} cases[] = {
		{ "p", { .type = BELAY_F64 }, "array 'p' has no data" },
		{ "p", { .type = BELAY_I8, .dims = 1, .shape = two },
		  "array 'p' has no data" },
		{ "p", { .type = 99, .data = places_field },
		  "array 'p': no such type: 99" },
		{ "p", { .dims = 1, .data = places_field },
		  "array 'p': 1 dimensions without their lengths" },
		{ "p", { .dims = 17, .shape = huge, .data = places_field },
		  "17 dimensions" },
		{ "p", { .type = BELAY_F64, .dims = 2, .shape = huge,
			 .data = places_field }, "larger than any memory" },
		{ "", { .data = places_field }, "use 1 to 255 bytes" },
		{ NULL, { .data = places_field }, "use 1 to 255 bytes" },
	};
	struct place p = places_enter(*state);
	struct belay_array empty = { .dims = 1, .shape = none };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_fails(belay_protect(p.b, cases[i].name, &cases[i].a,
					   &p.d->err), &p.d->err, BELAY_EINVAL,
			     cases[i].words);
	assert_fails(belay_protect(p.b, "p", NULL, &p.d->err), &p.d->err,
		     BELAY_EINVAL, "an array must be given");
	assert_fails(belay_checkpoint(p.b, NULL, NULL, &p.d->err), &p.d->err,
		     BELAY_EINVAL, "nothing is protected");
	assert_ok(belay_protect(p.b, "p", &empty, &p.d->err), &p.d->err);
	assert_int_equal(belay_checkpoint(p.b, NULL, NULL, &p.d->err), 1);
	assert_int_equal(belay_recover(p.b, NULL, &p.d->err), 1);
	places_leave(&p);
}

static void test_a_scalar_is_said_in_words_too(void **state)
{
	struct place p = places_enter(*state);
	struct belay_array one = { .type = BELAY_I32, .data = places_field };

	assert_ok(belay_protect(p.b, "n", &one, &p.d->err), &p.d->err);
	assert_int_equal(belay_checkpoint(p.b, NULL, NULL, &p.d->err), 1);
	one.type = BELAY_F32;
	assert_ok(belay_protect(p.b, "n", &one, &p.d->err), &p.d->err);
	assert_fails(belay_recover(p.b, NULL, &p.d->err), &p.d->err,
		     BELAY_ECONFIG, "'n' is f32 here, and was i32 in");
	places_leave(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_TMPDIR(test_protected_memory_is_recovered),
		TEST_IN_TMPDIR(test_a_damaged_one_is_stepped_over),
		TEST_IN_TMPDIR(test_what_has_another_shape_is_not_touched),
		TEST_IN_TMPDIR(test_what_is_no_array_is_refused_in_words),
		TEST_IN_TMPDIR(test_a_scalar_is_said_in_words_too),
	};

	return cmocka_run_group_tests_name("protect", tests, NULL, NULL);
}
