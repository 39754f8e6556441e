/* SPDX-License-Identifier: Apache-2.0 */
/* moment.c - start belay-agent and read its reply */

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cmd/belay/moment.h"

#define REPLY_MAX (64u << 10)

/* The agent beside this program, as in a build directory, or the one that is
 * installed. */
static const char *agent_path(void)
{
	static char path[4200];
	ssize_t n = readlink("/proc/self/exe", path, 4096);
	char *slash;

	path[n > 0 ? n : 0] = '\0';
	slash = strrchr(path, '/');
	if (!slash)
		return BELAY_AGENT;
	strcpy(slash + 1, "belay-agent");
	return access(path, X_OK) == 0 ? path : BELAY_AGENT;
}

static void become_agent(const char *const *argv, const char *const *env,
			 int out)
{
	int null = open("/dev/null", O_RDWR);

	for (; env && *env; env++)
		putenv((char *)(uintptr_t)*env);
	if (null >= 0)
		dup2(null, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	if (!env)	/* a question: whoever asks copes with no answer */
		dup2(null, STDERR_FILENO);
	execv(agent_path(), (char *const *)(uintptr_t)argv);
	dprintf(out, "BELAY_ERROR=cannot start '%s': %s\n", agent_path(),
		strerror(errno));
	_exit(127);
}

static int start(const char *const *argv, const char *const *env, int *out,
		 struct belay_error *err)
{
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_sys(err, "cannot make a pipe");
	pid = fork();
	if (pid == 0)
		become_agent(argv, env, fds[1]);
	close(fds[1]);
	*out = fds[0];
	if (pid < 0) {
		close(fds[0]);
		return err_sys(err, "cannot start belay-agent");
	}
	return pid;
}

static int read_all(int fd, struct buf *out, struct belay_error *err)
{
	for (;;) {
		char *room = buf_room(out, 4096);
		ssize_t n;

		if (!room || out->len > REPLY_MAX)
			return err_set(err, BELAY_EFAILED,
				       "belay-agent says too much");
		n = read(fd, room, 4096);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? err_sys(err, "cannot hear belay-agent")
				     : 0;
		out->len += (size_t)n;
		out->data[out->len] = '\0';
	}
}

/* The value of the first line "name=value", cut at its end; or NULL. */
static const char *value_of(const char *reply, const char *name, int *len)
{
	size_t n = strlen(name);

	for (const char *at = reply; at && *at; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (strncmp(at, name, n) || at[n] != '=')
			continue;
		*len = (int)strcspn(at + n + 1, "\n");
		return at + n + 1;
	}
	return NULL;
}

static void pass_on(const char *reply)
{
	const char *text;
	int len;

	while ((text = value_of(reply, "BELAY_SAY", &len))) {
		fprintf(stderr, "belay: %.*s\n", len, text);
		reply = text + len;
	}
}

/* Start the agent, hear it out, and wait for its end: its wait status. */
static int converse(const char *const *argv, const char *const *env,
		    struct buf *reply, struct belay_error *err)
{
	_auto_close_ int out = -1;
	int pid = start(argv, env, &out, err), rc, status;

	if (pid < 0)
		return -1;
	buf_clear(reply);
	rc = read_all(out, reply, err);
	close(take_fd(&out));
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return rc < 0 ? -1 : status;
}

int moment_ask(const char *const *argv, const char *const *env,
	       struct buf *reply, struct belay_error *err)
{
	static const char *const nothing[] = { NULL };
	const char *text;
	int len;

	if (converse(argv, env ? env : nothing, reply, err) < 0)
		return -1;
	pass_on(buf_text(reply));
	if (value_of(buf_text(reply), "BELAY_OK", &len))
		return 0;
	text = value_of(buf_text(reply), "BELAY_ERROR", &len);
	err_set(err, BELAY_EFAILED, "%.*s", text ? len : 40,
		text ? text : "belay-agent did not finish in time");
	if (value_of(buf_text(reply), "BELAY_CALLED_OFF", &len))
		err->sys = ECANCELED;
	if (value_of(buf_text(reply), "BELAY_FENCED", &len))
		err->code = BELAY_EFENCED;
	return -1;
}

struct json *moment_look(const char *job)
{
	const char *const argv[] = { "belay-agent", "look", job, NULL };
	_auto_buf_ struct buf reply = { 0 };

	if (converse(argv, NULL, &reply, NULL) != 0)
		return NULL;
	return json_parse(buf_text(&reply), reply.len, NULL);
}
