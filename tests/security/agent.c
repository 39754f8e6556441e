/* SPDX-License-Identifier: Apache-2.0 */
/*
 * agent.c - in the place of belay-agent: tells what it has, then is the real one
 *
 * All that a process can have kept of root is written to
 * ~/reports/<verb>-<job>-<node>.  A word in ~/agent.<verb> is what its owner
 * makes of it: "stop" stops it, "babble" has it write random bytes.  Otherwise
 * the belay-agent.real beside this program is executed.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* ---- what it has -------------------------------------------------------- */

static void tell_status(FILE *out)
{
	static const char *const fields[] = {
		"Uid:", "Gid:", "Groups:", "NoNewPrivs:", "SigBlk:", "SigIgn:",
		"SigCgt:", "CapInh:", "CapPrm:", "CapEff:", "CapAmb:",
	};
	FILE *in = fopen("/proc/self/status", "re");
	char line[4096];

	while (in && fgets(line, sizeof(line), in))
		for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
			if (!strncmp(line, fields[i], strlen(fields[i])))
				fputs(line, out);
	if (in)
		fclose(in);
}

static void tell_rest(FILE *out)
{
	char cwd[PATH_MAX] = "?";
	struct rlimit core = { 1, 1 };
	mode_t mask = umask(077);

	if (!getcwd(cwd, sizeof(cwd)))
		fprintf(out, "cwd: %s\n", strerror(errno));
	getrlimit(RLIMIT_CORE, &core);
	fprintf(out, "cwd: %s\numask: %04o\ncore: %lu %lu\n"
		"securebits: %d\nkeepcaps: %d\nsession: %s\n", cwd, mask,
		(unsigned long)core.rlim_cur, (unsigned long)core.rlim_max,
		prctl(PR_GET_SECUREBITS), prctl(PR_GET_KEEPCAPS),
		getsid(0) == getpgrp() ? "its own" : "another's");
	for (char **v = environ; *v; v++)
		fprintf(out, "env: %s\n", *v);
}

static void tell_descriptors(FILE *out)
{
	DIR *dir = opendir("/proc/self/fd");
	char target[PATH_MAX];
	struct dirent *e;
	ssize_t n;

	while (dir && (e = readdir(dir))) {
		n = readlinkat(dirfd(dir), e->d_name, target,
			       sizeof(target) - 1);
		if (n < 0 || atoi(e->d_name) == dirfd(dir) ||
		    atoi(e->d_name) == fileno(out))
			continue;
		target[n] = '\0';
		target[strcspn(target, ":")] = '\0';
		fprintf(out, "fd: %s %s\n", e->d_name, target);
	}
	if (dir)
		closedir(dir);
}

/* ---- what it can get ---------------------------------------------------- */

static int try_setfsuid(void)
{
	setfsuid(0);
	return setfsuid((uid_t)-1) == 0 ? 0 : -1;
}

static int try_capset(void)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3,
						 0 };
	struct __user_cap_data_struct all[2] = { { ~0u, ~0u, 0 }, { ~0u, ~0u,
								    0 } };

	return (int)syscall(SYS_capset, &head, all);
}

static int try_setuid(void) { return setuid(0); }
static int try_setresuid(void) { return setresuid(0, 0, 0); }
static int try_setgid(void) { return setgid(0); }
static int try_setresgid(void) { return setresgid(0, 0, 0); }
static int try_setgroups(void) { return setgroups(1, (gid_t[]){ 0 }); }
static int try_no_groups(void) { return setgroups(0, NULL); }
static int try_chroot(void) { return chroot("/"); }

/* Each in a process of its own, so that none helps another. */
static void tell_attempts(FILE *out)
{
	static const struct { const char *name; int (*f)(void); } tries[] = {
		{ "setuid", try_setuid }, { "setresuid", try_setresuid },
		{ "setfsuid", try_setfsuid }, { "setgid", try_setgid },
		{ "setresgid", try_setresgid },
		{ "setgroups", try_setgroups },
		{ "no groups", try_no_groups }, { "capset", try_capset },
		{ "chroot", try_chroot },
	};

	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		int status = 1;
		pid_t pid;

		fflush(out);
		pid = fork();
		if (pid == 0)
			_exit(tries[i].f() == 0);
		waitpid(pid, &status, 0);
		fprintf(out, "try: %s %s\n", tries[i].name,
			status ? "WORKS" : "fails");
	}
}

/* Aside first: whoever waits for it finds it whole. */
static void tell(const char *verb)
{
	const char *home = getenv("HOME"), *job = getenv("SLURM_JOB_ID");
	const char *node = getenv("SLURMD_NODENAME");
	char path[PATH_MAX], aside[PATH_MAX + 8];
	FILE *out;

	snprintf(path, sizeof(path), "%s/reports/%s-%s-%s", home ? home : "",
		 verb, job ? job : "none", node ? node : "none");
	snprintf(aside, sizeof(aside), "%s.new", path);
	out = fopen(aside, "we");
	if (!out)
		return;
	tell_status(out);
	tell_rest(out);
	tell_descriptors(out);
	tell_attempts(out);
	fclose(out);
	rename(aside, path);
}

/* ---- what its owner makes of it ----------------------------------------- */

static void babble(void)
{
	unsigned char bytes[4096];
	size_t left;

	if (getrandom(&left, sizeof(left), 0) < 0)
		_exit(1);
	for (left %= 65536; left > sizeof(bytes); left -= sizeof(bytes))
		if (getrandom(bytes, sizeof(bytes), 0) < 0 ||
		    write(1, bytes, sizeof(bytes)) < 0)
			_exit(1);
	_exit(0);
}

static void be_made(const char *verb)
{
	const char *home = getenv("HOME");
	char path[PATH_MAX], word[16] = "";
	FILE *in;

	snprintf(path, sizeof(path), "%s/agent.%s", home ? home : "", verb);
	in = fopen(path, "re");
	if (in && fscanf(in, "%15s", word) == 1 && !strcmp(word, "stop"))
		kill(getpid(), SIGSTOP);
	if (in)
		fclose(in);
	if (!strcmp(word, "babble"))
		babble();
}

int main(int argc, char **argv)
{
	char real[PATH_MAX];

	if (argc > 1 && strcmp(argv[1], "submit")) {
		tell(argv[1]);
		be_made(argv[1]);
	}
	snprintf(real, sizeof(real), "%s.real", argv[0]);
	execv(real, argv);
	fprintf(stderr, "belay-agent: %s: %s\n", real, strerror(errno));
	return 127;
}
