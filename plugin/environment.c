/* SPDX-License-Identifier: Apache-2.0 */
/*
 * environment.c - what belay-agent may know of the job: an allow-list
 *
 * The agent runs as the job's owner, but where root starts it nothing of the
 * owner's may choose its libraries, its search path or its locale.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/environment.h"

/* Which cluster and node this is slurmd knows better than the job, which
 * brings its variables from where it was submitted. */
enum source { JOB, HOST };

static const struct {
	const char *name;
	enum source source;
} allowed[] = {
	{ "SLURM_CONF",              HOST },
	{ "SLURM_CLUSTER_NAME",      HOST },
	{ "SLURMD_NODENAME",         HOST },
	{ "SLURM_HET_JOB_ID",        JOB },
	{ "SLURM_HET_SIZE",          JOB },
	{ "SLURM_JOB_ID_HET_GROUP_0", JOB },
	{ "SLURM_JOB_NODELIST",      JOB },
	{ "SLURM_NODELIST",          JOB },
	{ "SLURM_JOB_NUM_NODES",     JOB },
	{ "SLURM_RESTART_COUNT",     JOB },
	{ "SLURM_JOB_RESTART_COUNT", JOB },
	{ "SLURM_JOB_NAME",          JOB },
	{ "SLURM_JOB_USER",          JOB },
	{ "SLURM_JOB_WORK_DIR",      JOB },
	{ "SLURM_SUBMIT_DIR",        JOB },
};

void environment_init(struct environment *e)
{
	e->n_vars = 0;
	e->used = 0;
	e->var[0] = NULL;
	environment_add(e, "PATH", "/usr/bin:/bin");
	environment_add(e, "LC_ALL", "C.UTF-8");
}

/* The text at e->text + e->used has become a variable of this length. */
static void keep(struct environment *e, size_t len)
{
	e->var[e->n_vars++] = e->text + e->used;
	e->var[e->n_vars] = NULL;
	e->used += len + 1;
}

int environment_add(struct environment *e, const char *name, const char *value)
{
	size_t room = sizeof(e->text) - e->used;
	int n;

	if (e->n_vars == ENVIRONMENT_VARS)
		return -1;
	n = snprintf(e->text + e->used, room, "%s=%s", name, value);
	if (n < 0 || (size_t)n >= room)
		return -1;
	keep(e, (size_t)n);
	return 0;
}

static bool add_from(struct environment *e, const char *name,
		     environment_get *get, void *from)
{
	char *text = e->text + e->used;
	size_t room = sizeof(e->text) - e->used, len = strlen(name) + 1;

	if (e->n_vars == ENVIRONMENT_VARS || len >= room)
		return false;
	sprintf(text, "%s=", name);
	if (!get(from, name, text + len, room - len))
		return false;
	keep(e, len + strlen(text + len));
	return true;
}

/* One for each component of a heterogeneous job, of which Slurm has up to 128. */
static void add_components(struct environment *e, environment_get *get,
			   void *from)
{
	char name[64];

	for (int i = 0; i < 128; i++) {
		snprintf(name, sizeof(name), "SLURM_JOB_NODELIST_HET_GROUP_%d",
			 i);
		if (!add_from(e, name, get, from))
			return;
	}
}

void environment_add_allowed(struct environment *e, environment_get *get,
			     void *from)
{
	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++) {
		const char *name = allowed[i].name;

		if (allowed[i].source == HOST &&
		    add_from(e, name, environment_own, NULL))
			continue;
		add_from(e, name, get, from);
	}
	add_components(e, get, from);
}

bool environment_own(void *unused, const char *name, char *buf, size_t size)
{
	const char *value = getenv(name);
	size_t len = value ? strlen(value) : size;

	(void)unused;
	if (len >= size)
		return false;
	memcpy(buf, value, len + 1);
	return true;
}

static bool begins(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

bool environment_is_stale(const char *variable)
{
	return begins(variable, "BELAY_") && !begins(variable, "BELAY_ROOT=");
}

const char *environment_name(const char *variable, char *buf, size_t size)
{
	size_t len = strcspn(variable, "=");

	if (len >= size)
		return NULL;
	memcpy(buf, variable, len);
	buf[len] = '\0';
	return buf;
}
