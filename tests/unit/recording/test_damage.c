/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_damage.c - every file of a run, damaged in every way, under its reader
 *
 * Afterwards the reader sees the truth or names the file that is damaged: no
 * chunk is done that was not, no attempt ended otherwise than it did, nothing
 * is restored that was not saved.  EVERY=1 leaves no bit out.
 */

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "chunk/session.h"
#include "run/codec.h"
#include "tests/support/damage.h"
#include "tests/support/runs.h"
#include "tests/support/testrun.h"

/* No power is cut here, so nothing has to wait for the disk. */
#define NO_WAIT(name)				\
	int __wrap_##name(int fd);		\
	int __wrap_##name(int fd)		\
	{					\
		(void)fd;			\
		return 0;			\
	}
NO_WAIT(fsync)
NO_WAIT(fdatasync)

#define CHUNKS 6
#define OURS "0123456789abcdef0123456789abcdef"
#define THEIRS "fedcba9876543210fedcba9876543210"

/* ---- a run with some of everything ---- */

static void finish_chunks(struct run *r, unsigned n, uint64_t from, uint64_t to,
			  struct belay_error *err)
{
	struct event e = { .type = EVENT_SET, .set = 1, .count = CHUNKS,
			   .name = "main", .node = "n1" };
	struct journal_writer *w = journal_open(r, n, "map", JOURNAL_SMALL, err);

	assert_non_null(w);
	assert_true(event_add(w, &e, err));
	e.type = EVENT_CHUNK_DONE;
	for (e.chunk = from; e.chunk < to; e.chunk++) {
		assert_true(event_add(w, &e, err));
		assert_ok(journal_commit(w, err), err);
	}
	journal_close(w);
}

static void end_attempt(struct run *r, unsigned n, struct belay_error *err)
{
	char nodes[] = "n1", line[] = "node n1 is DOWN", *lines[] = { line };
	struct end e = { .end_us = 1763907093000000, .by = "after",
			 .cause = "node_fail", .exit_code = -1, .signal = 15,
			 .suspects = nodes, .evidence = lines,
			 .n_evidence = 1 };
	struct exclusion x = { "n1", 1763993493000000 };
	struct decided g = { .by = "after", .action = "failover",
			     .rule = "preset", .counts = true,
			     .reason = "a node died", .delay_s = 4,
			     .attempts_left = 9, .policy = "standard",
			     .exclude = &x, .n_exclude = 1 };

	assert_ok(run_publish_end(r, n, &e, err), err);
	assert_ok(run_publish_decision(r, n, &g, err), err);
	assert_ok(run_reload(r, err), err);
}

static void begin_attempt(struct run *r, struct belay_error *err)
{
	uint64_t ids[] = { 1 };
	char nodes[] = "n[1-3]";
	struct begin b = { .nodes = nodes, .batch_host = "n1",
			   .begin_us = 1763907083123456,
			   .action = "failover", .job = "12", .job_id = 12,
			   .checkpoints = ids };
	unsigned n = testrun_claim(r, err);

	b.n_checkpoints = n > 1;
	run_begin_self(&b);
	assert_ok(run_reload(r, err), err);
	assert_ok(journal_cut(r, n, &b, err), err);
	assert_ok(run_publish_begin(r, n, &b, err), err);
	assert_ok(run_reload(r, err), err);
	free(b.cut);
}

static void take_snapshot(struct run *r, unsigned n, struct belay_error *err)
{
	struct chunk_state *s = chunk_state_load(r, err);

	assert_non_null(s);
	assert_ok(chunk_snapshot_write(r, n, s, err), err);
	chunk_state_free(s);
}

/* Two attempts; where it lies. */
static char *live(const char *root, const char *submission, bool snapshot)
{
	struct run_spec spec = { .root = root, .cluster = "mc", .name = "12",
				 .submission = submission,
				 .preset = "standard", .work_dir = "/home/al" };
	struct belay_error err = { 0 };
	bool fresh, renamed;
	struct run *r = run_create(&spec, &fresh, &renamed, &err);
	char *dir;

	if (!r)
		fail_msg("%s", err.text);
	begin_attempt(r, &err);
	finish_chunks(r, 1, 0, 3, &err);
	runs_checkpoint(r, 1, "first");
	end_attempt(r, 1, &err);
	begin_attempt(r, &err);
	if (snapshot)
		take_snapshot(r, 2, &err);
	finish_chunks(r, 2, 3, 5, &err);
	runs_checkpoint(r, 2, "second");
	end_attempt(r, 2, &err);
	dir = strdup(r->dir);
	run_close(r);
	return dir;
}

/* ---- what a reader sees ---- */

struct seen {
	struct belay_error err;		/* it could not be opened */
	struct buf records;
	char chunks[CHUNKS + 1];	/* 'd' is done */
	unsigned damaged;
};

static void see_records(const struct run *r, struct buf *out)
{
	struct buf one = { 0 };

	run_encode(r, out);
	for (unsigned i = 0; i < r->n_attempts; i++) {
		const struct attempt *a = &r->attempts[i];

		/* each is sealed by itself */
		assert_true(a->begin && a->end && a->decided);
		begin_encode(r, a->number, a->begin, &one);
		buf_add(out, one.data, one.len);
		buf_clear(&one);
		end_encode(r, a->number, a->end, &one);
		buf_add(out, one.data, one.len);
		buf_clear(&one);
		decided_encode(r, a->number, a->decided, &one);
		buf_add(out, one.data, one.len);
		buf_clear(&one);
	}
	buf_free(&one);
}

static void see_chunks(struct run *r, struct seen *s)
{
	struct chunk_state *state = chunk_state_load(r, &s->err);
	const struct chunk_set *set;

	assert_non_null(state);
	set = chunk_set_find(state, "main");
	for (int i = 0; i < CHUNKS; i++)
		s->chunks[i] = set ? *chunk_status_word[set->status[i]] : 'p';
	s->damaged = state->damaged;
	chunk_state_free(state);
}

static void look(const char *dir, struct seen *s)
{
	struct run *r;

	buf_clear(&s->records);
	s->err.text[0] = '\0';
	r = run_open_dir(dir, &s->err);
	if (!r)
		return;
	see_records(r, &s->records);
	see_chunks(r, s);
	run_close(r);
}

/* ---- one file, damaged ---- */

struct victim {
	char path[600];
	const char *name;	/* what a complaint has to say */
	const char *dir;
	struct seen truth;
	unsigned complaints, shrugs;
};

static void fail_with(const struct victim *v, const char *damage,
		      const char *what)
{
	fail_msg("%s, %s: %s", v->path, damage, what);
}

static void check_record(const char *damage, const struct bytes *bad, void *arg)
{
	struct victim *v = arg;
	struct seen s = { .damaged = 0 };

	damage_write(v->path, bad);
	look(v->dir, &s);
	if (s.err.text[0]) {
		v->complaints++;
		if (!strstr(s.err.text, v->name) || !strstr(s.err.text, v->dir))
			fail_with(v, damage, s.err.text);
	} else if (strcmp(buf_text(&s.records), buf_text(&v->truth.records))) {
		fail_with(v, damage, "it is believed");
	} else {
		v->shrugs++;
	}
	buf_free(&s.records);
}

static void check_journal(const char *damage, const struct bytes *bad, void *arg)
{
	struct victim *v = arg;
	struct seen s = { .damaged = 0 };

	damage_write(v->path, bad);
	look(v->dir, &s);
	if (s.err.text[0])
		fail_with(v, damage, s.err.text);
	for (int i = 0; i < CHUNKS; i++)
		if (s.chunks[i] == 'd' && v->truth.chunks[i] != 'd')
			fail_with(v, damage, "a chunk is done that was not");
	/* in the newest attempt an end that is torn is no damage */
	if (strcmp(s.chunks, v->truth.chunks) && !s.damaged &&
	    strstr(v->path, "/000001/"))
		fail_with(v, damage, "records are lost, and nobody says so");
	v->complaints += s.damaged > 0;
	v->shrugs += !s.damaged;
	buf_free(&s.records);
}

static void check_restored(const struct victim *v, struct run *r,
			   const struct checkpoint *c, const char *damage)
{
	char into[256];
	struct belay_error err;

	snprintf(into, sizeof(into), "%s/restored", v->dir);
	if (checkpoint_restore(r, c, into, &err) < 0)
		fail_with(v, damage, err.text);
	assert_file(into, "state", c->id == 1 ? "first" : "second");
	assert_file(into, "sub/data", "0123456789");
	snprintf(into, sizeof(into), "rm -r '%s/restored'", v->dir);
	assert_int_equal(system(into), 0);
}

static void check_checkpoint(const char *damage, const struct bytes *bad,
			     void *arg)
{
	struct victim *v = arg;
	struct belay_error err = { 0 };
	struct run *r = run_open_dir(v->dir, &err);
	struct checkpoint_list list;

	damage_write(v->path, bad);
	assert_ok(checkpoint_list(r, &list, &err), &err);
	assert_int_equal(list.n, 2);
	for (unsigned i = 0; i < 2; i++) {
		const struct checkpoint *c = &list.c[i];

		if (checkpoint_check(r, c, true, &err) == 0) {
			v->shrugs++;
			if (i == 1 || v->complaints % 64 == 0)
				check_restored(v, r, c, damage);
			continue;
		}
		v->complaints++;
		if (i == 0 || !strstr(err.text, v->name))
			fail_with(v, damage, err.text);
	}
	checkpoint_list_free(&list);
	run_close(r);
}

/* ---- all files ---- */

struct reader {
	const char *file;	/* of attempt or checkpoint 2 unless it says 1 */
	const char *older;	/* the same of an older one, or another kind */
	const char *name;
	damage_fn check;
	size_t step;
};

static void path_of(char out[600], const char *dir, const char *file)
{
	char command[700];
	FILE *found;

	snprintf(command, sizeof(command), "echo %s/%s", dir, file);
	found = popen(command, "r");
	assert_non_null(fgets(out, 600, found));
	assert_int_equal(pclose(found), 0);
	out[strcspn(out, "\n")] = '\0';
}

static void damage_file(const struct reader *reader, const char *ours,
			const char *theirs)
{
	struct victim v = { .name = reader->name, .dir = ours };
	struct bytes good, other;
	char path[600];
	unsigned n = 0;
	size_t step = getenv("EVERY") ? 1 : reader->step;

	path_of(v.path, ours, reader->file);
	good = damage_read(v.path);
	look(ours, &v.truth);
	assert_string_equal(v.truth.err.text, "");
	assert_string_equal(v.truth.chunks, "dddddp");
	path_of(path, theirs, reader->file);
	other = damage_read(path);
	n += damage_each(&good, &other, step, reader->check, &v);
	free(other.data);
	path_of(path, ours, reader->older);
	other = damage_read(path);
	n += damage_each(&good, &other, 0, reader->check, &v);
	free(other.data);
	damage_write(v.path, &good);
	free(good.data);
	buf_free(&v.truth.records);
	print_message("# %s: %u damaged versions, %u complaints, %u times "
		      "the truth\n", reader->file, n, v.complaints, v.shrugs);
}

static void damage_files(struct tmpdir *d, const struct reader *readers,
			 bool snapshot)
{
	char root[80], *ours = live(d->path, OURS, snapshot), *theirs;

	snprintf(root, sizeof(root), "%s/other", d->path);
	assert_int_equal(mkdir(root, 0700), 0);
	theirs = live(root, THEIRS, snapshot);
	for (; readers->file; readers++)
		damage_file(readers, ours, theirs);
	free(ours);
	free(theirs);
}

#define A1 "attempts/000001/"
#define A2 "attempts/000002/"

static void test_a_damaged_record_is_named_and_never_believed(void **state)
{
	static const struct reader readers[] = {
		{ A1 "begin.json", A2 "begin.json", "begin.json",
		  check_record, 3 },
		{ A2 "begin.json", A1 "begin.json", "begin.json",
		  check_record, 3 },
		{ A2 "end.json", A1 "end.json", "end.json", check_record, 3 },
		{ A2 "end.json", A2 "decision.json", "end.json",
		  check_record, 3 },
		{ A1 "decision.json", A2 "decision.json", "decision.json",
		  check_record, 3 },
		/* one of another run is contradicted by the others */
		{ "run.json", A1 "end.json", "", check_record, 3 },
		{ 0 }
	};

	damage_files(*state, readers, false);
}

static void test_no_damage_makes_a_chunk_done(void **state)
{
	static const struct reader readers[] = {
		{ A1 "journal/*.log", A2 "journal/*.log", "", check_journal,
		  311 },
		{ A2 "journal/*.log", A1 "journal/*.log", "", check_journal,
		  311 },
		{ 0 }
	};

	damage_files(*state, readers, false);
}

static void test_a_damaged_snapshot_is_passed_over(void **state)
{
	static const struct reader readers[] = {
		{ "snapshots/000002.snap", "run.json", "", check_journal, 3 },
		{ 0 }
	};

	damage_files(*state, readers, true);
}

static void test_what_is_restored_is_what_was_saved(void **state)
{
	static const struct reader readers[] = {
		{ "checkpoints/000002/MANIFEST", "checkpoints/000001/MANIFEST",
		  "MANIFEST", check_checkpoint, 5 },
		{ "checkpoints/000002/state", "checkpoints/000001/state",
		  "'state'", check_checkpoint, 1 },
		{ "checkpoints/000002/sub/data", "checkpoints/000001/state",
		  "'sub/data'", check_checkpoint, 1 },
		{ 0 }
	};

	damage_files(*state, readers, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_TMPDIR(test_a_damaged_record_is_named_and_never_believed),
		TEST_IN_TMPDIR(test_no_damage_makes_a_chunk_done),
		TEST_IN_TMPDIR(test_a_damaged_snapshot_is_passed_over),
		TEST_IN_TMPDIR(test_what_is_restored_is_what_was_saved),
	};

	return cmocka_run_group_tests_name("damage", tests, NULL, NULL);
}
