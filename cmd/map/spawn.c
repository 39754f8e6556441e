/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spawn.c - the process of a chunk, from its start to its last word
 *
 * Output is read until the process ends, not until the pipes do: what it left
 * running in the background may hold them open for ever.  So their end tells
 * nothing, and holding the writing ends open here, too, saves being woken for
 * it just before the process is gone.
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "cmd/map/slot.h"
#include "journal/event.h"

/* Our own mask and dispositions are not the chunk's. */
static int spawn_attributes(posix_spawnattr_t *attr)
{
	sigset_t none, pipe;

	sigemptyset(&none);
	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	if (posix_spawnattr_init(attr) != 0)
		return -1;
	posix_spawnattr_setsigmask(attr, &none);
	posix_spawnattr_setsigdefault(attr, &pipe);
	posix_spawnattr_setpgroup(attr, 0);
	return posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSIGMASK |
					POSIX_SPAWN_SETSIGDEF |
					POSIX_SPAWN_SETPGROUP);
}

static int spawn_into(pid_t *pid, const char *path, char **argv, char **env,
		      const int writing[2])
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	int rc;

	if (spawn_attributes(&attr) != 0)
		return ENOMEM;
	rc = posix_spawn_file_actions_init(&files);
	if (rc == 0) {
		posix_spawn_file_actions_addopen(&files, 0, "/dev/null",
						 O_RDONLY, 0);
		posix_spawn_file_actions_adddup2(&files, writing[0], 1);
		posix_spawn_file_actions_adddup2(&files, writing[1], 2);
		rc = path ? posix_spawn(pid, path, &files, &attr, argv, env)
			  : posix_spawnp(pid, argv[0], &files, &attr, argv, env);
		posix_spawn_file_actions_destroy(&files);
	}
	posix_spawnattr_destroy(&attr);
	return rc;
}

static int make_pipes(struct slot *s)
{
	for (int i = 0; i < 2; i++) {
		int ends[2];

		if (pipe2(ends, O_CLOEXEC) < 0)
			return -1;
		s->reading[i] = ends[0];
		s->writing[i] = ends[1];
	}
	return 0;
}

static void close_pipes(struct slot *s)
{
	for (int i = 0; i < 2; i++) {
		if (s->reading[i] >= 0) {
			close(s->reading[i]);
			close(s->writing[i]);
		}
		s->reading[i] = s->writing[i] = -1;
	}
}

void slot_begin(struct slot *s)
{
	double timeout_s = s->spec->timeout_s;

	s->result = (struct result){
		.chunk = s->task->chunk, .try = s->task->try,
	};
	s->terminated = s->timed_out = false;
	s->begin_ns = clock_mono_ns();
	s->deadline_ns = timeout_s > 0 ?
			 s->begin_ns + (int64_t)(timeout_s * 1e9) : 0;
	snprintf(s->env_chunk, 40, "BELAY_CHUNK=%llu",
		 (unsigned long long)s->task->chunk);
}

int slot_spawn(struct slot *s, struct belay_error *err)
{
	_auto_free_ char **argv = NULL;
	const char *item = s->task->item;
	char number[24];
	int rc;

	snprintf(number, sizeof(number), "%llu",
		 (unsigned long long)s->task->chunk);
	argv = command_fill(s->spec->command, item ? item : number);
	if (!argv)
		return err_nomem(err);
	rc = make_pipes(s) < 0 ? errno :
	     spawn_into(&s->pid, s->spec->command->path, argv, s->env,
			s->writing);
	if (rc != 0) {
		close_pipes(s);
		errno = rc;
		return err_sys(err, "cannot start '%s'", argv[0]);
	}
	s->state = SLOT_RUNNING;
	return 0;
}

static struct capture *captured(struct slot *s, unsigned which)
{
	return which ? &s->result.err : &s->result.out;
}

void slot_read(struct slot *s, unsigned which)
{
	char data[65536];
	ssize_t n = read(s->reading[which], data, sizeof(data));

	if (n > 0)
		capture_add(captured(s, which), data, (size_t)n);
}

/* What is there, and not more: a straggler could write without end. */
static void drain(struct slot *s, unsigned which)
{
	int left;

	while (ioctl(s->reading[which], FIONREAD, &left) == 0 && left > 0) {
		slot_read(s, which);
		if (left < 65536)
			break;
	}
}

static void judge(struct slot *s, int status)
{
	struct result *r = &s->result;

	if (s->timed_out) {
		r->kind = FAIL_TIMEOUT;
		r->value = (int32_t)s->spec->timeout_s;
		snprintf(r->reason, sizeof(r->reason), "not done after %.10g s",
			 s->spec->timeout_s);
	} else if (WIFSIGNALED(status)) {
		r->kind = FAIL_SIGNAL;
		r->value = WTERMSIG(status);
	} else if (WEXITSTATUS(status)) {
		r->kind = FAIL_EXIT;
		r->value = WEXITSTATUS(status);
	}
}

void slot_signal(struct slot *s, int signal)
{
	kill(-s->pid, signal);
	s->terminated = true;
}

void slot_reap(struct slot *s)
{
	int status = 0;

	if (s->terminated)	/* before the number of the group is free again */
		kill(-s->pid, SIGKILL);
	while (waitpid(s->pid, &status, 0) < 0 && errno == EINTR)
		;
	drain(s, 0);
	drain(s, 1);
	close_pipes(s);
	s->result.duration_us =
		(uint64_t)(clock_mono_ns() - s->begin_ns) / 1000;
	judge(s, status);
}
