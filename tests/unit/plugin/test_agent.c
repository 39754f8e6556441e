/* SPDX-License-Identifier: Apache-2.0 */
/* test_agent.c - an agent is heard, and cannot hold or hurt who asks */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "plugin/agent.h"
#include "tests/support/test.h"

static struct reply reply;
static char why[AGENT_WHY];

/* Run body as an agent's script; its arguments are "begin" alone. */
static int run(struct tmpdir *dir, const char *body, struct agent a)
{
	char path[128];
	const char *const argv[] = { path, "begin", NULL };
	FILE *f;

	snprintf(path, sizeof(path), "%s/agent", dir->path);
	f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f, "#!/bin/sh\n%s\n", body);
	fclose(f);
	chmod(path, 0755);
	a.argv = argv;
	if (!a.deadline_s)
		a.deadline_s = 5;
	why[0] = '\0';
	return agent_run(&a, &reply, why);
}

static int run_plain(struct tmpdir *dir, const char *body)
{
	return run(dir, body, (struct agent){ 0 });
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void test_a_good_reply_is_heard(void **state)
{
	assert_int_equal(run_plain(*state, "echo BELAY_RUN=$1; "
				   "echo noise >&2; echo BELAY_OK=1"), 0);
	assert_string_equal(reply_get(&reply, "BELAY_RUN"), "begin");
}

static void test_what_goes_wrong_is_said_in_a_line(void **state)
{
	static const struct { const char *body, *why; } cases[] = {
		{ "exit 1", "ended without an answer after 0 s" },
		{ "kill -9 $$", "ended without an answer" },
		{ "kill -SEGV $$", "ended without an answer" },
		{ "echo BELAY_ERROR=no such policy; exit 1",
		  "no such policy" },
		{ "echo cannot load libslurm >&2; echo more >&2",
		  "cannot load libslurm" },
		{ "printf 'a\\033[2Jb\\n' >&2", "a?[2Jb" },
		{ "echo hello", "a line that is not BELAY_NAME=value" },
		{ "yes", "a line that is not BELAY_NAME=value" },
		{ "yes BELAY_A=b", "too many lines" },
		{ "cat /dev/zero", "a control character" },
		{ "printf BELAY_OK=1", "an unfinished line" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(run_plain(*state, cases[i].body), -1);
		if (!strstr(why, cases[i].why))
			fail_msg("'%s': '%s'", cases[i].body, why);
	}
}

static void test_only_the_agents_own_word_is_an_error_of_the_user(void **state)
{
	run_plain(*state, "echo BELAY_ERROR=bad; exit 1");
	assert_non_null(reply.error);
	run_plain(*state, "echo bad >&2; exit 1");
	assert_null(reply.error);
	run_plain(*state, "echo BELAY_ERROR=bad; echo nonsense");
	assert_null(reply.error);
}

static void test_a_missing_agent_is_named(void **state)
{
	const char *const argv[] = { "/nonexistent/belay-agent", NULL };
	struct agent a = { .argv = argv, .deadline_s = 5 };

	(void)state;
	assert_int_equal(agent_run(&a, &reply, why), -1);
	assert_string_equal(why, "cannot run '/nonexistent/belay-agent': "
			    "No such file or directory");
}

/* Gone, or a zombie that only waits for init. */
static bool is_dead(int pid)
{
	char path[64], state = 'Z';
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "r");
	if (!f)
		return true;
	if (fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
		state = 'Z';
	fclose(f);
	return state == 'Z';
}

/* Has the process died whose number the agent wrote down? */
static bool noted_one_dies(struct tmpdir *dir)
{
	char path[128];
	FILE *f;
	int pid = 0;

	snprintf(path, sizeof(path), "%s/pid", dir->path);
	f = fopen(path, "r");
	assert_non_null(f);
	assert_int_equal(fscanf(f, "%d", &pid), 1);
	fclose(f);
	for (int i = 0; i < 100 && !is_dead(pid); i++)
		usleep(10000);
	return is_dead(pid);
}

static void test_a_hanging_agent_is_ended_with_all_it_started(void **state)
{
	struct tmpdir *dir = *state;
	char body[256];
	double start = now();

	snprintf(body, sizeof(body), "echo BELAY_WAIT=60; trap '' TERM INT; "
		 "sleep 60 & echo $! >%s/pid; wait", dir->path);
	assert_int_equal(run(dir, body, (struct agent){ .deadline_s = 1 }), -1);
	assert_string_equal(why, "belay-agent did not answer within 1 s");
	assert_true(now() - start > 0.9 && now() - start < 3);
	assert_true(noted_one_dies(dir));
}

static void test_an_agent_may_ask_for_time_where_it_is_given(void **state)
{
	struct agent a = { .deadline_s = 1, .may_wait = true };

	assert_int_equal(run(*state, "echo BELAY_WAIT=5; sleep 1.1; "
			     "echo BELAY_OK=1", a), 0);
}

static void test_no_child_and_no_descriptor_is_left(void **state)
{
	int before = dup(0), after;

	close(before);
	run_plain(*state, "echo BELAY_OK=1");
	run_plain(*state, "exit 1");
	after = dup(0);
	close(after);
	assert_int_equal(before, after);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void on_usr1(int sig)
{
	(void)sig;
}

static void test_signals_are_as_they_were_and_new_for_the_agent(void **state)
{
	sigset_t usr2, mask;
	struct sigaction before, after;

	signal(SIGUSR1, on_usr1);
	signal(SIGHUP, SIG_IGN);
	sigemptyset(&usr2);
	sigaddset(&usr2, SIGUSR2);
	sigprocmask(SIG_BLOCK, &usr2, NULL);
	sigaction(SIGUSR1, NULL, &before);
	assert_int_equal(run_plain(*state,
		"sed -n 's/^Sig\\([BI]\\)..:.*\\(.\\{8\\}\\)$/BELAY_\\1=\\2/p'"
		" /proc/self/status; echo BELAY_OK=1"), 0);
	assert_string_equal(reply_get(&reply, "BELAY_B"), "00000000");
	/* 32 is libc's own: posix_spawn, so make, leaves it ignored */
	assert_int_equal(strtoul(reply_get(&reply, "BELAY_I"), NULL, 16) &
			 0x7fffffff, 0);
	sigaction(SIGUSR1, NULL, &after);
	sigprocmask(SIG_SETMASK, NULL, &mask);
	assert_ptr_equal(before.sa_handler, after.sa_handler);
	assert_true(sigismember(&mask, SIGUSR2));
	assert_false(sigismember(&mask, SIGTERM));
	sigprocmask(SIG_UNBLOCK, &usr2, NULL);
	signal(SIGUSR1, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
}

static void test_an_agent_gets_nothing_that_it_was_not_given(void **state)
{
	static struct environment e;
	struct owner owner = { .uid = getuid(), .gid = getgid() };
	struct agent a = { .owner = &owner, .environment = &e };
	int fd = open("/etc/passwd", O_RDONLY);

	fcntl(fd, F_DUPFD, 100);
	setenv("LD_SECRET", "x", 1);
	environment_init(&e);
	assert_int_equal(run(*state,
		"echo BELAY_DIR=$(pwd); echo BELAY_MASK=$(umask)\n"
		"echo BELAY_SECRET=$LD_SECRET; echo BELAY_PATH=$PATH\n"
		"echo BELAY_CORE=$(ulimit -c); echo BELAY_FD=$(cd "
		"/proc/self/fd && echo *)\n"
		"echo BELAY_NNP=$(sed -n 's/NoNewPrivs:.//p' "
		"/proc/self/status); cat; echo BELAY_OK=1", a), 0);
	assert_string_equal(reply_get(&reply, "BELAY_DIR"), "/");
	assert_string_equal(reply_get(&reply, "BELAY_MASK"), "0077");
	assert_string_equal(reply_get(&reply, "BELAY_SECRET"), "");
	assert_string_equal(reply_get(&reply, "BELAY_PATH"), "/usr/bin:/bin");
	assert_string_equal(reply_get(&reply, "BELAY_CORE"), "0");
	assert_string_equal(reply_get(&reply, "BELAY_NNP"), "1");
	assert_null(strstr(reply_get(&reply, "BELAY_FD"), "100"));
	close(100);
	close(fd);
}

static void test_root_becomes_the_owner_and_cannot_return(void **state)
{
	static const gid_t groups[] = { 4711, 4712 };
	static struct environment e;
	struct tmpdir *dir = *state;
	struct owner owner = {
		.uid = 4710, .gid = 4711, .groups = groups, .n_groups = 2,
	};
	struct agent a = { .owner = &owner, .environment = &e };

	if (getuid() != 0)
		skip();
	chmod(dir->path, 0755);
	environment_init(&e);
	assert_int_equal(run(dir,
		"sed -n 's/^\\(.\\)id:.\\(.*\\)/BELAY_\\1=\\2/p; "
		"s/^Groups:.\\(.*\\)/BELAY_GROUPS=\\1/p; "
		"s/^CapEff:.\\(.*\\)/BELAY_CAP=\\1/p' /proc/self/status | "
		"tr '\\t' ' '; echo BELAY_HOME=$HOME; echo BELAY_OK=1", a), 0);
	assert_string_equal(reply_get(&reply, "BELAY_U"),
			    "4710 4710 4710 4710");
	assert_string_equal(reply_get(&reply, "BELAY_G"),
			    "4711 4711 4711 4711");
	assert_string_equal(reply_get(&reply, "BELAY_GROUPS"), "4711 4712 ");
	assert_string_equal(reply_get(&reply, "BELAY_CAP"), "0000000000000000");
	assert_string_equal(reply_get(&reply, "BELAY_HOME"), "");
}

static void test_who_is_not_root_becomes_nobody_else(void **state)
{
	static struct environment e;
	struct tmpdir *dir = *state;
	struct owner owner = { .uid = 0, .gid = 0 };
	struct agent a = { .owner = &owner, .environment = &e };
	pid_t pid;
	int status;

	chmod(dir->path, 0777);
	pid = fork();
	if (pid == 0) {
		if (getuid() == 0 && setresuid(4710, 4710, 4710) < 0)
			_exit(2);
		environment_init(&e);
		_exit(run(dir, "echo BELAY_OK=1", a) == 0 ||
		      !strstr(why, "cannot become user 0: "));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_TMPDIR(test_a_good_reply_is_heard),
		TEST_IN_TMPDIR(test_what_goes_wrong_is_said_in_a_line),
		TEST_IN_TMPDIR(
			test_only_the_agents_own_word_is_an_error_of_the_user),
		TEST_IN_TMPDIR(test_a_missing_agent_is_named),
		TEST_IN_TMPDIR(
			test_a_hanging_agent_is_ended_with_all_it_started),
		TEST_IN_TMPDIR(
			test_an_agent_may_ask_for_time_where_it_is_given),
		TEST_IN_TMPDIR(test_no_child_and_no_descriptor_is_left),
		TEST_IN_TMPDIR(
			test_signals_are_as_they_were_and_new_for_the_agent),
		TEST_IN_TMPDIR(
			test_an_agent_gets_nothing_that_it_was_not_given),
		TEST_IN_TMPDIR(test_root_becomes_the_owner_and_cannot_return),
		TEST_IN_TMPDIR(test_who_is_not_root_becomes_nobody_else),
	};

	return cmocka_run_group_tests_name("agent", tests, NULL, NULL);
}
