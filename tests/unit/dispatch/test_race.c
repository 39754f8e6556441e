/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_race.c - three or four begin on one run at once, over and over
 *
 * Each is a process of its own that is held up at random before it makes a name;
 * Slurm is a page that they share.  Some rounds have a predecessor, dead or at
 * work, some a job that is launched twice, and in some begins die on the way.
 * ROUNDS says how many, SEED which ones, and then each is told.
 */

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/testrun.h"
#include "tests/unit/dispatch/world.h"

#define MOST 4			/* at once */
#define BEFORE MOST		/* the job of the attempt before */

struct job {
	atomic_bool held, gone;
};

static struct page {
	atomic_int ready, go;
	struct job job[MOST + 1];
} *slurm;

static unsigned made, made_void, held, killed;	/* in all rounds */
static uint32_t first_id;	/* of the round */
static bool may_die, is_racing;

enum before { NOTHING, DEAD, ENDED, AT_WORK, BEFORE_COUNT };

struct round {
	unsigned n;		/* that begin */
	enum before before;
	bool twice;		/* the last one is the first one's job */
	bool deadly;
};

/* ---- held up, or killed ---- */

static void stumble(void)
{
	if (!is_racing)
		return;
	if (may_die && random() % 16 == 0)
		raise(SIGKILL);
	if (random() % 2)
		usleep((useconds_t)(random() % 1500));
}

int __real_mkdirat(int dirfd, const char *name, mode_t mode);
int __wrap_mkdirat(int dirfd, const char *name, mode_t mode);
int __wrap_mkdirat(int dirfd, const char *name, mode_t mode)
{
	int rc;

	stumble();
	rc = __real_mkdirat(dirfd, name, mode);
	stumble();
	return rc;
}

int __real_linkat(int a, const char *from, int b, const char *to, int flags);
int __wrap_linkat(int a, const char *from, int b, const char *to, int flags);
int __wrap_linkat(int a, const char *from, int b, const char *to, int flags)
{
	int rc;

	stumble();
	rc = __real_linkat(a, from, b, to, flags);
	stumble();
	return rc;
}

/* No power is cut here. */
int __wrap_fsync(int fd);
int __wrap_fsync(int fd)
{
	(void)fd;
	return 0;
}

int __wrap_fdatasync(int fd);
int __wrap_fdatasync(int fd)
{
	(void)fd;
	return 0;
}

/* A hundredth of the time will do for writers to become quiet; but who looks for
 * the winner must find it, however slow this machine is. */
static void short_sleep(struct world *w)
{
	usleep(w->slept_ms > 100 ? 20000 : 250 * (useconds_t)w->slept_ms);
	w->slept_ms = 0;
	w->in_sleep = short_sleep;
}

/* ---- Slurm ---- */

static int load_job(void *state, uint32_t job_id, struct job_view *j,
		    struct belay_error *err)
{
	const struct job *job = &slurm->job[job_id - first_id];

	(void)state;
	if (job->gone)
		return err_set(err, BELAY_ENOENT, "no such job");
	*j = (struct job_view){
		.job_id = job_id,
		.state = job->held ? JOB_STATE_PENDING : JOB_STATE_RUNNING,
		.requeue_allowed = true, .start_time = 1000, .num_nodes = 2,
		.nodes = strdup("n[1-2]"), .exc_nodes = strdup(""),
		.req_nodes = strdup(""), .batch_host = "n1",
	};
	snprintf(j->record, sizeof(j->record), "%u", job_id);
	return 0;
}

static int requeue(void *state, const char *record, bool hold,
		   struct belay_error *err)
{
	(void)state;
	(void)err;
	if (!hold)
		abort();
	slurm->job[atoi(record) - (int)first_id].held = true;
	return 0;
}

/* ---- a round ---- */

static void become(struct world *w, unsigned k)
{
	struct moment *m = &w->moment;

	m->job_id = first_id + k;
	m->join = true;
	snprintf(m->job, sizeof(m->job), "%u", m->job_id);
	snprintf(m->hint.submission, sizeof(m->hint.submission), "%032x",
		 m->job_id);
}

static _Noreturn void begin_in_race(struct world *w, unsigned k, bool deadly)
{
	srandom((unsigned)random() + k * 7919);
	become(w, k);
	may_die = deadly;
	is_racing = true;
	slurm->ready++;
	while (!slurm->go)
		usleep(50);
	usleep((useconds_t)(random() % 3000));
	_exit(world_begin(w) < 0);
}

static unsigned job_of(const struct round *r, unsigned k)
{
	return r->twice && k == r->n - 1 ? 0 : k;
}

static void come_before(struct world *w, const struct round *r)
{
	struct run *run;

	if (r->before == NOTHING)
		return;
	become(w, BEFORE);
	assert_ok(world_begin(w), &w->err);
	slurm->job[BEFORE].gone = r->before != AT_WORK;
	if (r->before != ENDED)
		return;
	run = run_open(w->moment.root, "c", w->moment.run_name, &w->err);
	testrun_end(run, 1, "failed", "", w->dir);
	run_close(run);
}

/* How many died. */
static unsigned race(struct world *w, const struct round *r)
{
	unsigned died = 0;
	int status;

	for (unsigned k = 0; k < r->n; k++) {
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (!pid)
			begin_in_race(w, job_of(r, k), r->deadly);
		random();
	}
	while (slurm->ready < (int)r->n)
		usleep(50);
	slurm->go = 1;
	for (unsigned k = 0; k < r->n; k++) {
		assert_true(wait(&status) > 0);
		died += WIFSIGNALED(status) != 0;
	}
	return died;
}

/* ---- what must be so afterwards ---- */

static unsigned count_held(const struct round *r)
{
	unsigned n = 0;

	for (unsigned k = 0; k < r->n - r->twice; k++)
		n += slurm->job[k].held;
	return n;
}

/* None is given back. */
static void check_numbers(const struct run *run)
{
	for (unsigned i = 0; i < run->n_attempts; i++) {
		assert_int_equal(run->attempts[i].number, i + 1);
		made_void += run->attempts[i].voided != NULL;
	}
	made += run->n_attempts;
}

static void check(struct world *w, const struct round *r, unsigned died)
{
	struct run *run = run_open(w->moment.root, "c", w->moment.run_name,
				   &w->err);
	unsigned jobs = r->n - r->twice;
	const struct attempt *a;

	if (!run && died < r->n)
		fail_msg("%s", w->err.text);
	if (!run)
		return;		/* none lived long enough to make it */
	check_numbers(run);
	a = run_newest(run);
	if (r->before == AT_WORK) {
		assert_int_equal(a->number, 1);
		assert_int_equal(run_newest_number(run), 1);
		assert_false(slurm->job[BEFORE].held);
		assert_true(died || count_held(r) == jobs);
	} else if (!died) {
		assert_true(a && a->begin->job_id != first_id + BEFORE);
		assert_int_equal(a->number, run_newest_number(run));
		assert_false(slurm->job[a->begin->job_id - first_id].held);
		assert_int_equal(count_held(r), jobs - 1);
	} else if (a && a->begin->job_id != first_id + BEFORE) {
		assert_false(slurm->job[a->begin->job_id - first_id].held);
	}
	run_close(run);
}

static void play(struct world *w, const struct round *r, unsigned number)
{
	unsigned died;

	memset(slurm, 0, sizeof(*slurm));
	first_id = 100 + number * (MOST + 1);
	snprintf(w->moment.run_name, sizeof(w->moment.run_name), "r%u", number);
	come_before(w, r);
	died = race(w, r);
	check(w, r, died);
	held += count_held(r);
	killed += died;
}

static unsigned number_of(const char *name, unsigned usual)
{
	const char *text = getenv(name);

	return text ? (unsigned)strtoul(text, NULL, 10) : usual;
}

static void test_of_all_that_begin_at_once_one_does(void **state)
{
	unsigned rounds = number_of("ROUNDS", 200);
	unsigned seed = number_of("SEED", (unsigned)getpid());
	struct world *w = *state;

	slurm = mmap(NULL, sizeof(*slurm), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(slurm, MAP_FAILED);
	w->sched.load_job = load_job;
	w->sched.requeue = requeue;
	w->in_sleep = short_sleep;
	printf("# SEED=%u\n", seed);
	srandom(seed);
	for (unsigned i = 0; i < rounds; i++) {
		struct round r = {
			.n = 3 + (unsigned)random() % 2,
			.before = (enum before)(random() % BEFORE_COUNT),
			.twice = random() % 4 == 0,
			.deadly = random() % 4 == 0,
		};

		if (getenv("SEED"))
			printf("# round %u: %u begin, before %d%s%s\n", i, r.n,
			       r.before, r.twice ? ", twice" : "",
			       r.deadly ? ", deadly" : "");
		fflush(stdout);
		play(w, &r, i);
	}
	printf("# %u numbers made, %u of them void, %u jobs held, %u killed\n",
	       made, made_void, held, killed);
	munmap(slurm, sizeof(*slurm));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_IN_WORLD(test_of_all_that_begin_at_once_one_does),
	};

	return cmocka_run_group_tests_name("race", tests, NULL, NULL);
}
