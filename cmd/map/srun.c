/* SPDX-License-Identifier: Apache-2.0 */
/*
 * srun.c - one worker on each node of the allocation
 *
 * All that a job may have set for its own steps is said explicitly, for srun
 * takes what is not said from the environment.
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "cmd/map/srun.h"

extern char **environ;

#define PATIENCE_MS 500

/* In a group of its own: an interrupt from the keyboard is for us, and we
 * stop the workers in good order. */
static int spawn(pid_t *pid, char **argv)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none;
	int rc;

	sigemptyset(&none);
	if (posix_spawnattr_init(&attr) != 0)
		return ENOMEM;
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setpgroup(&attr, 0);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK |
				 POSIX_SPAWN_SETPGROUP);
	rc = posix_spawn_file_actions_init(&files);
	if (rc == 0) {
		posix_spawn_file_actions_addopen(&files, 0, "/dev/null",
						 O_RDONLY, 0);
		posix_spawn_file_actions_adddup2(&files, 2, 1);
		rc = posix_spawnp(pid, argv[0], &files, &attr, argv, environ);
		posix_spawn_file_actions_destroy(&files);
	}
	posix_spawnattr_destroy(&attr);
	return rc;
}

pid_t srun_start(const char *path, unsigned nodes, unsigned cpus,
		 struct belay_error *err)
{
	char self[4096], n[16], c[32];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *argv[] = {
		(char[]){ "srun" }, (char[]){ "--overlap" },
		(char[]){ "--mem=0" }, (char[]){ "--export=ALL" },
		(char[]){ "-N" }, n, (char[]){ "-n" }, n,
		(char[]){ "--ntasks-per-node=1" },
		(char[]){ "--distribution=block" },
		(char[]){ "--kill-on-bad-exit=0" }, (char[]){ "--wait=0" },
		(char[]){ "--no-kill" }, c, self, (char[]){ "map-worker" },
		(char *)(uintptr_t)path, NULL,
	};
	pid_t pid;
	int rc;

	if (len < 0)
		return err_sys(err, "cannot tell where belay is");
	self[len] = '\0';
	snprintf(n, sizeof(n), "%u", nodes);
	if (cpus)
		snprintf(c, sizeof(c), "--cpus-per-task=%u", cpus);
	else
		snprintf(c, sizeof(c), "--unbuffered");
	rc = spawn(&pid, argv);
	if (rc == 0)
		return pid;
	errno = rc;
	return err_sys(err, "cannot start srun");
}

void srun_end(pid_t pid)
{
	kill(pid, SIGTERM);
	for (int ms = 0; ms < PATIENCE_MS; ms += 10) {
		if (waitpid(pid, NULL, WNOHANG) != 0)
			return;
		clock_sleep_ms(10);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}
