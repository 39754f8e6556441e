/* SPDX-License-Identifier: Apache-2.0 */
/* verb_checkpoint_verify.c - read every byte, mark what is damaged */

#include <stdio.h>

#include "cmd/belay/checkpoint.h"
#include "cmd/belay/print.h"
#include "cmd/belay/which.h"

enum { GIVEN_JSON = GIVEN_AFTER_RUN, GIVEN_COUNT };
static const struct verb_option options[] = {
	WHICH_RUN,
	{ "json", 0, NULL, "an array of objects" },
	{ 0 }
};

/* Only damage itself is marked, for a mark is for ever: what cannot be read
 * today may be readable tomorrow. */
static int verify(struct run *r, struct checkpoint *c)
{
	struct belay_error err;

	if (checkpoint_check(r, c, true, &err) == 0)
		return 0;
	snprintf(c->reason, sizeof(c->reason), "%.255s", err.text);
	c->damaged = true;
	c->unreadable = !checkpoint_is_damage(&err);
	if (!c->unreadable &&
	    checkpoint_condemn(r, c, c->reason, &err) < 0)
		fprintf(stderr, "belay: checkpoint %llu is not marked: %s\n",
			(unsigned long long)c->id, err.text);
	return -1;
}

static void say(const struct run *r, const struct checkpoint *c,
		struct json_out *o)
{
	if (o) {
		json_open(o, NULL, '{');
		checkpoint_json(r, c, o);
		json_close(o, '}');
		return;
	}
	printf("%llu %s%s%s\n", (unsigned long long)c->id,
	       checkpoint_condition(c), c->damaged ? ": " : "",
	       c->damaged ? c->reason : "");
}

static int verify_some(struct run *r, struct checkpoint *c, unsigned n,
		       bool json)
{
	_auto_buf_ struct buf text = { 0 };
	struct json_out o = { .buf = &text, .pretty = true };
	int status = EXIT_DONE;

	json_open(&o, NULL, '[');
	for (unsigned i = 0; i < n; i++) {
		if (verify(r, &c[i]) < 0)
			status = EXIT_FAILED;
		say(r, &c[i], json ? &o : NULL);
	}
	json_close(&o, ']');
	if (json && print_json(&text) != EXIT_DONE)
		status = EXIT_FAILED;
	return status;
}

static int run(const struct verb *v, int argc, char **argv)
{
	const char *given[GIVEN_COUNT] = { NULL };
	_auto_list_ struct checkpoint_list list = { 0 };
	_auto_run_ struct run *r = NULL;
	struct checkpoint *c;
	struct belay_error err;
	int at = verb_read_options(v, argc, argv, given);

	if (at < 0)
		return verb_option_status(at);
	if (argc - at > 1)
		return verb_usage(v, "unexpected '%s'", argv[at + 1]);
	r = which_run(given, given[GIVEN_RUN], &err);
	if (!r || checkpoint_list(r, &list, &err) < 0)
		return verb_fail(v, &err);
	if (at == argc)
		return verify_some(r, list.c, list.n, given[GIVEN_JSON]);
	c = checkpoint_typed(&list, argv[at], &err);
	return c ? verify_some(r, c, 1, given[GIVEN_JSON]) : verb_fail(v, &err);
}

const struct verb verb_checkpoint_verify = {
	.name = "checkpoint verify", .synopsis = "[--run RUN] [--json] [ID]",
	.line = "read every byte of a checkpoint, or of all",
	.more = "What is damaged is marked and never offered again; then the "
		"exit status is 1.",
	.options = options, .run = run,
};
