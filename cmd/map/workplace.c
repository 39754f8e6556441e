/* SPDX-License-Identifier: Apache-2.0 */
/* workplace.c - an executor with all that it needs on this node */

#include <stdio.h>
#include <string.h>

#include "api/own.h"
#include "base/text.h"
#include "cmd/map/here.h"
#include "cmd/map/workplace.h"

static int open_into(struct workplace *p, const struct work *w,
		     const char *who, struct belay_error *err)
{
	if (staging_open(&p->into, w->into ? w->into : ".", who, err) < 0) {
		if (w->into)
			return -1;
		fprintf(stderr, "belay map: no BELAY_CHUNK_TMP for chunks: "
			"%s; see --into\n", err->text);
		return 0;
	}
	staging_sweep(&p->into, w->run, w->attempt);
	p->spec.into = &p->into;
	return 0;
}

static int open_places(struct workplace *p, const struct work *w,
		       struct belay_error *err)
{
	char who[NAME_MAX];

	if (text_format(who, sizeof(who), "%s.%u-%s", w->run, w->attempt,
			p->node) < 0)
		return err_set(err, BELAY_EINVAL, "name is too long: '%s'",
			       p->node);
	if (open_into(p, w, who, err) < 0)
		return -1;
	if (!w->output)
		return 0;
	/* both may be the same directory, so not under the same names */
	strncat(who, "-output", sizeof(who) - strlen(who) - 1);
	if (staging_open(&p->output, w->output, who, err) < 0)
		return -1;
	p->spec.output = &p->output;
	return 0;
}

int workplace_open(struct workplace *p, const struct work *w,
		   const struct executor_spec *spec, struct belay_error *err)
{
	*p = (struct workplace){
		.into = { .dirfd = -1, .tmpfd = -1 },
		.output = { .dirfd = -1, .tmpfd = -1 },
		.spec = *spec,
	};
	p->spec.command = w->command;
	p->spec.set = w->set;
	p->spec.timeout_s = w->timeout_s;
	p->spec.slots = w->slots ? w->slots : here_cpus();
	own_node_name(p->node);
	if (open_places(p, w, err) == 0)
		p->executor = executor_new(&p->spec, err);
	if (p->executor)
		return 0;
	workplace_close(p);
	return -1;
}

void workplace_close(struct workplace *p)
{
	executor_free(p->executor);
	p->executor = NULL;
	staging_close(&p->into);
	staging_close(&p->output);
}
