/* SPDX-License-Identifier: Apache-2.0 */
/*
 * child.c - between fork and execve: from slurmstepd to belay-agent
 *
 * slurmstepd has several threads, and fork copies one: a lock that another
 * held stays locked in the copy for ever.  glibc repairs its allocator, and
 * nothing else.  So what must not fail is made of system calls alone; looking
 * names up may hang, on such a lock as on a dead LDAP server, and the parent's
 * deadline ends it then.
 *
 * The order in become_agent() matters:
 *	the OOM score first, while its file is still ours to write
 *	names next, for a name service uses descriptors it opened long ago
 *	descriptors after that, those that looking up has opened included
 *	ids last, so that root never acts in the owner's name
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "plugin/child.h"

extern char **environ;

/* The last words of a child: the parent takes them for the reason. */
static void __attribute__((noreturn, format(printf, 1, 2)))
give_up(const char *fmt, ...)
{
	char text[AGENT_WHY];
	ssize_t ignored;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	ignored = write(STDERR_FILENO, text, strlen(text));
	(void)ignored;
	_exit(127);
}

/* slurmstepd shields itself from the OOM killer; its children need not be.
 * A task's process has been put back already and may not write this. */
static void reset_oom_score(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	ssize_t ignored;

	if (fd < 0)
		return;
	ignored = write(fd, "0", 1);
	(void)ignored;
	close(fd);
}

/* Called with all signals blocked, as they were before fork: no handler of
 * slurmstepd's can run here. */
static void reset_signals(void)
{
	struct sigaction standard = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int sig = 1; sig < NSIG; sig++)
		sigaction(sig, &standard, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* 0 is /dev/null, 1 and 2 are the pipes, wherever those three were before. */
static void arrange_descriptors(int out, int err)
{
	int null = open("/dev/null", O_RDONLY);

	null = fcntl(null, F_DUPFD, 3);
	out = fcntl(out, F_DUPFD, 3);
	err = fcntl(err, F_DUPFD, 3);
	if (dup2(err, 2) < 0 || dup2(out, 1) < 0 || dup2(null, 0) < 0)
		give_up("cannot arrange descriptors: %s", strerror(errno));
}

static void close_all_others(void)
{
	struct rlimit limit;

#ifdef SYS_close_range
	if (syscall(SYS_close_range, 3, ~0U, 0) == 0)
		return;
#endif
	/* Before Linux 5.9 one by one; where there may be millions of them,
	 * those that a daemon can have opened. */
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur > 65536)
		limit.rlim_cur = 65536;
	for (int fd = 3; fd < (int)limit.rlim_cur; fd++)
		close(fd);
}

static void confine(void)
{
	struct rlimit none = { 0, 0 };

	umask(077);
	setrlimit(RLIMIT_CORE, &none);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		give_up("cannot set no_new_privs: %s", strerror(errno));
}

static void become_owner(const struct agent *a)
{
	if (owner_become(a->owner) < 0)
		give_up("cannot become user %u: %s", (unsigned)a->owner->uid,
			strerror(errno));
	if (chdir("/") < 0)
		give_up("cannot change to '/': %s", strerror(errno));
}

static void __attribute__((noreturn))
become_agent(const struct agent *a, int out, int err)
{
	char *const *env = environ;

	reset_signals();
	arrange_descriptors(out, err);
	if (a->owner) {
		reset_oom_score();
		owner_look_up(a->owner, a->environment);
		env = a->environment->var;
	}
	close_all_others();
	if (a->owner)
		become_owner(a);
	confine();
	/* execve takes its arguments as char * for history's sake */
	execve(a->argv[0], (char *const *)(uintptr_t)a->argv, env);
	give_up("cannot run '%s': %s", a->argv[0], strerror(errno));
}

static void __attribute__((noreturn))
become_middle(const struct agent *a, int out, int err)
{
	pid_t pid;

	setsid();
	pid = fork();
	if (pid == 0)
		become_agent(a, out, err);
	_exit(pid < 0);
}

/* Signals are blocked over the fork only, in this thread only: what the caller
 * runs later, perhaps the user's script, must find its mask as it was. */
pid_t child_start(const struct agent *a, int out, int err)
{
	sigset_t all, before;
	pid_t pid;
	int saved;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	pid = fork();
	saved = errno;
	if (pid == 0)
		become_middle(a, out, err);
	sigprocmask(SIG_SETMASK, &before, NULL);
	errno = saved;
	return pid;
}
