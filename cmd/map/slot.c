/* SPDX-License-Identifier: Apache-2.0 */
/* slot.c - what a slot keeps from chunk to chunk: environment and stages */

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/map/slot.h"

extern char **environ;

static const char *const ours[] = {
	"BELAY_SET", "BELAY_CHUNK", "BELAY_SLOT", "BELAY_CHUNK_TMP",
};
enum { N_OURS = sizeof(ours) / sizeof(ours[0]) };

static bool is_ours(const char *line)
{
	size_t n = strcspn(line, "=");

	for (int i = 0; i < N_OURS; i++)
		if (strlen(ours[i]) == n && !memcmp(line, ours[i], n))
			return true;
	return false;
}

/* A map within a chunk of another inherits that one's. */
static size_t inherit(char **env)
{
	size_t n = 0;

	for (char **line = environ; *line; line++)
		if (!is_ours(*line))
			env[n++] = *line;
	return n;
}

static int make_env(struct slot *s, struct belay_error *err)
{
	static const size_t line = PATH_MAX + NAME_MAX + 32;
	size_t n = N_OURS + 1;
	char *text;

	for (char **e = environ; *e; e++)
		n++;
	s->env = malloc(n * sizeof(*s->env) + N_OURS * line);
	if (!s->env)
		return err_nomem(err);
	text = (char *)(s->env + n);
	n = inherit(s->env);
	s->env[n++] = text;
	snprintf(text, line, "BELAY_SET=%s", s->spec->set);
	s->env[n++] = text += line;
	snprintf(text, line, "BELAY_SLOT=%u", s->number);
	s->env[n++] = s->env_chunk = text += line;
	if (s->spec->into)
		s->env[n++] = s->env_tmp = text += line;
	s->env[n] = NULL;
	return 0;
}

int slot_init(struct slot *s, unsigned number, const struct executor_spec *spec,
	      int notify_fd, struct belay_error *err)
{
	*s = (struct slot){
		.number = number, .spec = spec, .notify_fd = notify_fd,
		.reading = { -1, -1 }, .writing = { -1, -1 },
		.stage = { .fd = -1 }, .kept = { .fd = -1 },
	};
	return make_env(s, err);
}

void slot_fini(struct slot *s)
{
	if (s->spec && s->spec->into)
		stage_drop(s->spec->into, &s->stage);
	if (s->spec && s->spec->output)
		stage_drop(s->spec->output, &s->kept);
	free(s->env);
}

/* The stage as it is when nothing is left in it, else another one: made before
 * the old one goes, so that .belay-tmp is not empty in between. */
static int prepare(struct staging *in, struct stage *st, unsigned number,
		   bool spoiled, struct belay_error *err)
{
	struct stage old = *st;

	st->durable = false;
	if (st->fd >= 0 && !spoiled && (st->empty || stage_is_empty(st)))
		return 0;
	if (stage_make(in, st, number, err) < 0)
		return -1;
	stage_drop(in, &old);
	return 0;
}

int slot_prepare(struct slot *s, struct belay_error *err)
{
	const struct executor_spec *spec = s->spec;
	bool failed = s->result.kind != 0;

	if (spec->output && prepare(spec->output, &s->kept, s->number, false,
				    err) < 0)
		return -1;
	if (!spec->into)
		return 0;
	if (prepare(spec->into, &s->stage, s->number, failed, err) < 0)
		return -1;
	sprintf(s->env_tmp, "BELAY_CHUNK_TMP=%s/%s", spec->into->path,
		s->stage.name);
	return 0;
}
