/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hooks.c - what the plugin costs a step that does not ask for it
 *
 *	hooks PLUGIN	loads it as slurmstepd does, again and again, calls
 *			every hook of a step without --belay, unloads it
 */

#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <slurm/spank.h>

#define ROUNDS 2000

extern char **environ;

/* ---- slurmstepd, as far as the plugin asks ---- */

spank_context_t spank_context(void)
{
	return S_CTX_REMOTE;
}

spank_err_t spank_option_register(spank_t sp, struct spank_option *o)
{
	(void)sp;
	(void)o;
	return ESPANK_SUCCESS;
}

/* A search through the job's environment, as there. */
spank_err_t spank_getenv(spank_t sp, const char *name, char *buf, int len)
{
	const char *value = getenv(name);

	(void)sp;
	if (!value)
		return ESPANK_ENV_NOEXIST;
	snprintf(buf, (size_t)len, "%s", value);
	return ESPANK_SUCCESS;
}

spank_err_t spank_setenv(spank_t sp, const char *name, const char *value,
			 int overwrite)
{
	(void)sp;
	return setenv(name, value, overwrite) ? ESPANK_ERROR : ESPANK_SUCCESS;
}

spank_err_t spank_unsetenv(spank_t sp, const char *name)
{
	(void)sp;
	return unsetenv(name) ? ESPANK_ERROR : ESPANK_SUCCESS;
}

spank_err_t spank_job_control_setenv(spank_t sp, const char *name,
				     const char *value, int overwrite)
{
	(void)sp;
	(void)name;
	(void)value;
	(void)overwrite;
	return ESPANK_SUCCESS;
}

spank_err_t spank_option_getopt(spank_t sp, struct spank_option *o, char **arg)
{
	(void)sp;
	(void)o;
	(void)arg;
	return ESPANK_NOT_AVAIL;
}

spank_err_t spank_get_item(spank_t sp, spank_item_t item, ...)
{
	(void)sp;
	(void)item;
	return ESPANK_NOT_AVAIL;
}

#define LOG(name)							\
	void name(const char *format, ...)				\
	{								\
		(void)format;						\
	}
LOG(slurm_info)
LOG(slurm_error)
LOG(slurm_verbose)
LOG(slurm_debug)
LOG(slurm_spank_log)

/* ---- a step ---- */

typedef int hook(spank_t sp, int ac, char **av);

static const char *const names[] = {
	"slurm_spank_init", "slurm_spank_init_post_opt", "slurm_spank_user_init",
	"slurm_spank_task_init_privileged", "slurm_spank_task_post_fork",
	"slurm_spank_task_init", "slurm_spank_task_exit", "slurm_spank_exit",
};
#define HOOKS (sizeof(names) / sizeof(names[0]))

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void step(const char *path, double *hooks, double *all)
{
	double begin = now_us(), loaded;
	void *plugin = dlopen(path, RTLD_LAZY);
	hook *h;

	if (!plugin) {
		fprintf(stderr, "hooks: %s\n", dlerror());
		exit(1);
	}
	loaded = now_us();
	for (size_t i = 0; i < HOOKS; i++) {
		h = (hook *)dlsym(plugin, names[i]);
		if (h)
			h(NULL, 0, NULL);
	}
	*hooks = now_us() - loaded;
	dlclose(plugin);
	*all = now_us() - begin;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void print(const char *what, double *v)
{
	qsort(v, ROUNDS, sizeof(*v), by_value);
	printf("%-44s %8.1f us       limit       100.0   p99 %.1f\n", what,
	       v[ROUNDS / 2], v[ROUNDS * 99 / 100]);
}

int main(int argc, char **argv)
{
	static double hooks[ROUNDS], all[ROUNDS];

	if (argc != 2) {
		fprintf(stderr, "usage: hooks PLUGIN\n");
		return 2;
	}
	for (int i = 0; i < ROUNDS; i++)
		step(argv[1], &hooks[i], &all[i]);
	print("hooks of a step without --belay", hooks);
	print("the same, with loading and unloading", all);
	return 0;
}
