/* SPDX-License-Identifier: Apache-2.0 */
/* main.c - belay-agent(8): find the verb, and make sure to end in time */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "cmd/agent/agent.h"

static const struct agent_verb *const verbs[] = {
	&submit_verb, &begin_verb, &end_verb, &after_verb, &look_verb,
};
#define COUNT (sizeof(verbs) / sizeof(verbs[0]))

static FILE *people;	/* the stderr that we were started with */

int agent_usage(const char *fmt, ...)
{
	va_list ap;

	fputs("belay-agent: ", people);
	va_start(ap, fmt);
	vfprintf(people, fmt, ap);
	va_end(ap);
	fputs("\nTry 'belay-agent --help'.\n", people);
	return 2;
}

int agent_fail(const struct belay_error *err)
{
	fprintf(people, "belay-agent: %s\n", err->text);
	return 1;
}

/*
 * slurmd signals the processes of a job while we work for it, and slurmstepd
 * lets us inherit a mask with nearly everything blocked.  Other processes of our
 * owner shall not attach to us: what we say, slurmstepd waits for.
 */
static void harden(void)
{
	static const int ignored[] = { SIGTERM, SIGINT, SIGHUP, SIGPIPE,
				       SIGUSR1, SIGUSR2 };
	sigset_t none;

	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	signal(SIGALRM, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_DUMPABLE, 0);
	umask(077);
}

void agent_limit(int ms)
{
	struct itimerval t = {
		.it_value = { ms / 1000, (ms % 1000) * 1000 },
	};

	setitimer(ITIMER_REAL, &t, NULL);
}

/* libslurm complains on stderr by itself; what matters is in the reply. */
static void silence(void)
{
	int kept = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	people = kept >= 0 ? fdopen(kept, "w") : NULL;
	if (!people)
		people = stderr;
	else if (null >= 0)
		dup2(null, STDERR_FILENO);
	if (null >= 0)
		close(null);
	setvbuf(people, NULL, _IOLBF, 0);
}

static int help(void)
{
	puts("usage: belay-agent VERB [ARGUMENT...]\n\n"
	     "Started by spank_belay(8) and by 'belay begin' and 'belay end' "
	     "at the moments of\na job; see belay-agent(8).\n");
	for (size_t i = 0; i < COUNT; i++)
		printf("  %-7s %-42s %s\n", verbs[i]->name, verbs[i]->synopsis,
		       verbs[i]->line);
	return 0;
}

static int version(void)
{
	puts("belay-agent " BELAY_VERSION);
	return 0;
}

static int run(int argc, char **argv)
{
	if (argc < 2)
		return agent_usage("which verb?");
	if (!strcmp(argv[1], "--help"))
		return help();
	if (!strcmp(argv[1], "--version"))
		return version();
	for (size_t i = 0; i < COUNT; i++) {
		if (strcmp(verbs[i]->name, argv[1]))
			continue;
		agent_limit(verbs[i]->limit_ms);
		return verbs[i]->run(argc - 1, argv + 1);
	}
	return agent_usage("unknown verb '%s'", argv[1]);
}

int main(int argc, char **argv)
{
	int status;

	harden();
	silence();
	status = run(argc, argv);
	return fclose(stdout) == 0 ? status : 1;
}
