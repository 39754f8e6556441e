/* SPDX-License-Identifier: Apache-2.0 */
/* session.c - the run and the attempt that a map records in */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cmd/map/own_run.h"
#include "cmd/map/session.h"
#include "dispatch/stored.h"
#include "fs/fs.h"

/* Replaying this many records takes longer than writing a snapshot. */
#define SNAPSHOT_CHUNKS 5000

/* ---- the job's ---------------------------------------------------------- */

static int join_job(struct session *s, const struct session_spec *spec,
		    const char *dir, struct belay_error *err)
{
	const char *text = getenv("BELAY_ATTEMPT");
	uint64_t attempt;

	if (!text || text_u64(text, UINT32_MAX / 2, &attempt) < 0 || !attempt)
		return err_set(err, BELAY_EINVAL, "BELAY_RUN_DIR is set and "
			       "BELAY_ATTEMPT is no attempt");
	s->run = run_open_dir(dir, err);
	if (!s->run)
		return -1;
	if (spec->run && strcmp(spec->run, s->run->name))
		return err_set(err, BELAY_EINVAL, "the job's run is '%s', not "
			       "'%s'; leave --run out", s->run->name, spec->run);
	s->attempt = (unsigned)attempt;
	return run_check_fence(s->run, s->attempt, err);
}

static int stand_alone(struct session *s, const char *why,
		       struct belay_error *err)
{
	uint8_t random[4];
	char hex[9];

	fprintf(stderr, "belay map: unprotected, nothing is recorded: %s\n",
		why);
	if (text_random(random, sizeof(random)) < 0)
		return err_sys(err, "cannot make a name");
	text_hex(random, sizeof(random), hex);
	snprintf(s->name, sizeof(s->name), "unprotected-%s", hex);
	s->attempt = 1;
	s->state = chunk_state_new();
	return s->state ? 0 : err_nomem(err);
}

/* ---- its policy --------------------------------------------------------- */

/* Somebody else has to say that a policy cannot be read: chunks need it only
 * for two numbers, and those have defaults. */
static int take_policy(struct session *s, struct belay_error *err)
{
	struct belay_error why;
	struct policy *p = calloc(1, sizeof(*p));
	int rc = 0;

	if (!p)
		return err_nomem(err);
	if (s->run && stored_policy_of(s->run, p, &why) < 0) {
		fprintf(stderr, "belay map: the run's policy is not used: %s\n",
			why.text);
		rc = policy_preset("standard", p, err);
	} else if (!s->run) {
		rc = policy_preset("standard", p, err);
	}
	s->chunk_attempts = p->chunk_attempts;
	s->chunk_timeout_s = p->chunk_timeout_s;
	free(p);
	return rc;
}

/* ---- its set ------------------------------------------------------------ */

struct chunk_set *session_define(struct chunk_state *state,
				 const struct session_spec *spec,
				 struct belay_error *err)
{
	const struct digest command = command_digest(spec->command);

	return chunk_set_define(state, spec->set, spec->items->count,
				spec->items->digest.bytes, command.bytes, err);
}

/* ---- what was done before ----------------------------------------------- */

/* Has nobody recorded in this attempt yet? */
static bool is_untouched(const struct session *s)
{
	_auto_close_ int fd = run_journal_dir(s->run, s->attempt, false, NULL);
	_auto_names_ struct fs_names names = { 0 };

	return fd < 0 || (fs_list(fd, &names, NULL) == 0 && !names.n);
}

/* A snapshot only saves time: without it all goes on. */
static void write_snapshot(struct session *s)
{
	struct belay_error err;
	uint64_t n[5], total;

	chunk_totals(s->state, n, &total);
	if (n[CHUNK_DONE] < SNAPSHOT_CHUNKS || !is_untouched(s))
		return;
	if (chunk_snapshot_write(s->run, s->attempt, s->state, &err) < 0)
		fprintf(stderr, "belay map: no snapshot: %s\n", err.text);
}

static int load(struct session *s, struct belay_error *err)
{
	snprintf(s->name, sizeof(s->name), "%s", s->run->name);
	s->state = chunk_state_load(s->run, err);
	if (!s->state)
		return -1;
	write_snapshot(s);
	s->journal = journal_open(s->run, s->attempt, "map", JOURNAL_LARGE,
				  err);
	return s->journal ? 0 : -1;
}

int session_open(struct session *s, const struct session_spec *spec,
		 struct belay_error *err)
{
	const char *unprotected = getenv("BELAY_UNPROTECTED");
	const char *dir = getenv("BELAY_RUN_DIR");
	int rc;

	/* another has the run: what we did would be done twice */
	if (unprotected && getenv("BELAY_FENCED"))
		return err_set(err, BELAY_EFENCED, "%s", unprotected);
	if (unprotected && *unprotected)
		rc = stand_alone(s, unprotected, err);
	else if (dir && *dir)
		rc = join_job(s, spec, dir, err);
	else
		rc = map_run_begin(s, spec, err);
	if (rc < 0 || take_policy(s, err) < 0)
		return -1;
	return s->run ? load(s, err) : 0;
}

int session_end(struct session *s, int exit_status, int signal,
		struct belay_error *err)
{
	return s->own ? map_run_end(s, exit_status, signal, err) : 0;
}

void session_close(struct session *s)
{
	journal_close(s->journal);
	chunk_state_free(s->state);
	run_close(s->run);
	*s = (struct session){ 0 };
}
