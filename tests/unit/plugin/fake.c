/* SPDX-License-Identifier: Apache-2.0 */
/* fake.c - a host of SPANK plugins that is not Slurm */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/plugin/fake.h"

struct fake_spank *fake;

static char **find(const char *name)
{
	size_t len = strlen(name);
	char **v = fake->env;

	while (*v && (strncmp(*v, name, len) || (*v)[len] != '='))
		v++;
	return v;
}

spank_context_t spank_context(void)
{
	return fake->context;
}

spank_err_t spank_option_register(spank_t sp, struct spank_option *o)
{
	(void)sp;
	fake->option[fake->n_options++] = *o;
	return ESPANK_SUCCESS;
}

spank_err_t spank_getenv(spank_t sp, const char *name, char *buf, int len)
{
	char **v = find(name);

	(void)sp;
	if (!*v)
		return ESPANK_ENV_NOEXIST;
	return snprintf(buf, (size_t)len, "%s", *v + strlen(name) + 1) < len ?
	       ESPANK_SUCCESS : ESPANK_NOSPACE;
}

spank_err_t spank_unsetenv(spank_t sp, const char *name)
{
	char **v = find(name);

	(void)sp;
	free(*v);
	for (; *v; v++)
		v[0] = v[1];
	return ESPANK_SUCCESS;
}

spank_err_t spank_setenv(spank_t sp, const char *name, const char *value,
			 int overwrite)
{
	char **v;

	(void)overwrite;
	if (fake->full && strcmp(name, "BELAY_UNPROTECTED"))
		return ESPANK_NOSPACE;
	spank_unsetenv(sp, name);
	for (v = fake->env; *v; v++)
		;
	assert_int_not_equal(asprintf(v, "%s=%s", name, value), -1);
	return ESPANK_SUCCESS;
}

spank_err_t spank_job_control_setenv(spank_t sp, const char *name,
				     const char *value, int overwrite)
{
	(void)sp;
	(void)overwrite;
	assert_int_equal(fake->context, S_CTX_ALLOCATOR);
	assert_string_equal(name, "BELAY_HINT");
	snprintf(fake->hint, sizeof(fake->hint), "%s", value);
	return ESPANK_SUCCESS;
}

static spank_err_t number(va_list ap, uint32_t value)
{
	*va_arg(ap, uint32_t *) = value;
	return ESPANK_SUCCESS;
}

spank_err_t spank_get_item(spank_t sp, spank_item_t item, ...)
{
	spank_err_t rc = ESPANK_NOT_AVAIL;
	va_list ap;

	(void)sp;
	va_start(ap, item);
	if (item == S_JOB_ID)
		rc = number(ap, 42);
	else if (item == S_JOB_UID)
		rc = number(ap, getuid());
	else if (item == S_JOB_GID)
		rc = number(ap, getgid());
	else if (fake->context != S_CTX_REMOTE)
		rc = ESPANK_NOT_AVAIL;
	else if (item == S_JOB_STEPID)
		rc = number(ap, fake->step);
	else if (item == S_JOB_ARRAY_ID)
		rc = number(ap, fake->array);
	else if (item == S_JOB_ARRAY_TASK_ID)
		rc = number(ap, fake->array_task);
	else if (item == S_TASK_EXIT_STATUS)
		rc = number(ap, (uint32_t)fake->status);
	else if (item == S_JOB_ENV) {
		*va_arg(ap, char ***) = fake->env;
		rc = ESPANK_SUCCESS;
	}
	va_end(ap);
	return rc;
}

static void log_line(const char *level, const char *fmt, va_list ap)
{
	size_t n = strlen(fake->log);

	n += (size_t)snprintf(fake->log + n, sizeof(fake->log) - n, "%s", level);
	n += (size_t)vsnprintf(fake->log + n, sizeof(fake->log) - n, fmt, ap);
	snprintf(fake->log + n, sizeof(fake->log) - n, "\n");
}

#define LOG(function, level)						\
	void function(const char *fmt, ...)				\
	{								\
		va_list ap;						\
									\
		va_start(ap, fmt);					\
		log_line(level, fmt, ap);				\
		va_end(ap);						\
	}
LOG(slurm_error, "error: ")
LOG(slurm_info, "")
LOG(slurm_spank_log, "")

/* ---- what a test says ---- */

static char agent_arg[128];

void set_job(const char *name, const char *value)
{
	spank_setenv(NULL, name, value, 1);
}

const char *job(const char *name)
{
	char **v = find(name);

	return *v ? *v + strlen(name) + 1 : NULL;
}

int call(spank_f *hook, spank_context_t context)
{
	char *av[] = { agent_arg, NULL };

	fake->context = context;
	return hook(NULL, 1, av);
}

void agent_is(struct tmpdir *dir, const char *body)
{
	const char *path = agent_arg + strlen("agent=");
	FILE *f;

	snprintf(agent_arg, sizeof(agent_arg), "agent=%s/agent", dir->path);
	f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f, "#!/bin/sh\ncd %s\n%s\n", dir->path, body);
	fclose(f);
	chmod(path, 0755);
	chmod(dir->path, 0755);
}

/* What the agent wrote to the file "out", one line of it. */
const char *agent_wrote(struct tmpdir *dir)
{
	static char text[512];
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/out", dir->path);
	f = fopen(path, "r");
	if (!f)
		return NULL;
	if (!fgets(text, sizeof(text), f))
		text[0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	fclose(f);
	return text;
}

int fake_setup(void **state)
{
	fake = mmap(NULL, sizeof(*fake), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (fake == MAP_FAILED)
		return -1;
	fake->step = SPANK_BATCH_STEP;
	unsetenv("SLURM_JOB_ID");
	return tmpdir_setup(state);
}

int fake_teardown(void **state)
{
	for (char **v = fake->env; *v; v++)
		free(*v);
	munmap(fake, sizeof(*fake));
	return tmpdir_teardown(state);
}
