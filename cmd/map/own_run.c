/* SPDX-License-Identifier: Apache-2.0 */
/* own_run.c - the run of a map that nobody began for it */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "api/own.h"
#include "base/cleanup.h"
#include "cmd/map/own_run.h"

static void default_name(const struct session_spec *spec, const char *dir,
			 char out[RUN_NAME_SIZE])
{
	struct digest command = command_digest(spec->command), all;
	_auto_buf_ struct buf text = { 0 };
	char hex[DIGEST_HEX];

	buf_add(&text, dir, strlen(dir) + 1);
	buf_add(&text, spec->set, strlen(spec->set) + 1);
	buf_add(&text, command.bytes, sizeof(command.bytes));
	all = digest_of(buf_text(&text), text.len);
	digest_format(&all, hex);
	snprintf(out, RUN_NAME_SIZE, "map-%.16s", hex);
}

static int open_run(struct session *s, const struct session_spec *spec,
		    struct own_run *o, struct belay_error *err)
{
	_auto_free_ char *dir = getcwd(NULL, 0);
	char name[RUN_NAME_SIZE];

	if (!dir)
		return err_sys(err, "cannot tell where this is");
	default_name(spec, dir, name);
	if (own_run_open(o, spec->root, spec->run ? spec->run : name, err) < 0)
		return -1;
	s->run = o->run;
	return 0;
}

/* A mistake on the command line shall not cost an attempt, nor end one that
 * did well; so this comes before the claim. */
static int check_set(struct session *s, const struct session_spec *spec,
		     struct belay_error *err)
{
	struct chunk_state *state = chunk_state_load(s->run, err);
	struct belay_error why;
	bool same;

	if (!state)
		return -1;
	same = session_define(state, spec, &why);
	chunk_state_free(state);
	if (same)
		return 0;
	return err_set(err, why.code, why.code == BELAY_ECONFIG ?
		       "%s: --set or --run" : "%s", why.text);
}

int map_run_begin(struct session *s, const struct session_spec *spec,
		  struct belay_error *err)
{
	struct own_run o = { .by = "map" };
	int rc;

	if (open_run(s, spec, &o, err) < 0 || check_set(s, spec, err) < 0)
		return -1;
	rc = own_run_begin(&o, err);
	if (*o.say)
		fprintf(stderr, "belay map: %s\n", o.say);
	if (rc < 0)
		return -1;
	s->attempt = o.attempt;
	s->own = true;
	return 0;
}

int map_run_end(struct session *s, int exit_status, int signal,
		struct belay_error *err)
{
	struct own_run o = { .run = s->run, .attempt = s->attempt,
			     .by = "map" };
	char reason[128];

	if (signal)
		snprintf(reason, sizeof(reason), "belay map was stopped by "
			 "signal %d (%s)", signal, strsignal(signal));
	else
		snprintf(reason, sizeof(reason), "belay map ended with %d",
			 exit_status);
	return own_run_end(&o, exit_status, signal, reason, err);
}
