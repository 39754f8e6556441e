/* SPDX-License-Identifier: Apache-2.0 */
/* policy.c - check a policy, or show what it means in full */

#include <stdio.h>

#include "cmd/belay/policy.h"
#include "dispatch/choice.h"

/* The only operand, which may be left out if there is a default: 0, or what to
 * exit with. */
static int operand(const struct verb *v, int argc, char **argv,
		   const char *fallback, const char **word, int *status)
{
	const char *arg;
	int at = 1, found = verb_next_option(v, argc, argv, &at, &arg);

	*word = at < argc ? argv[at] : fallback;
	if (found != -1)
		*status = verb_option_status(found);
	else if (argc - at > 1)
		*status = verb_usage(v, "one policy at a time, not '%s' too",
				     argv[at + 1]);
	else if (!*word)
		*status = verb_usage(v, "which file or preset?");
	else
		return 0;
	return -1;
}

static int run_check(const struct verb *v, int argc, char **argv)
{
	struct belay_error err;
	struct choice c;
	const char *word;
	int status;

	if (operand(v, argc, argv, NULL, &word, &status) < 0)
		return status;
	if (choice_read(word, &c, &err) < 0)
		return verb_fail(v, &err);
	printf("%s: good\n", word);
	buf_free(&c.text);
	return EXIT_DONE;
}

static int run_show(const struct verb *v, int argc, char **argv)
{
	_auto_buf_ struct buf out = { 0 };
	struct belay_error err;
	struct choice c;
	const char *word;
	int status;

	if (operand(v, argc, argv, "standard", &word, &status) < 0)
		return status;
	if (choice_read(word, &c, &err) < 0)
		return verb_fail(v, &err);
	policy_format(&c.policy, &out);
	buf_free(&c.text);
	if (out.failed) {
		err_nomem(&err);
		return verb_fail(v, &err);
	}
	fputs(buf_text(&out), stdout);
	return EXIT_DONE;
}

const struct verb verb_policy_check = {
	.name = "policy check",
	.synopsis = "FILE|PRESET",
	.line = "say what is wrong with a policy, and where",
	.more = "A mistake is reported as 'file:line:column: what is wrong; "
		"what would be\nright', as submitting a job with it would. "
		"See belay-policy(5).",
	.run = run_check,
};

const struct verb verb_policy_show = {
	.name = "policy show",
	.synopsis = "[FILE|PRESET]",
	.line = "print a policy in full, defaults and preset included",
	.more = "What is printed is a policy file that means the same. "
		"Without an argument it\nis the preset 'standard'; the others "
		"are none, high-availability and\ncheckpoint-recovery.",
	.run = run_show,
};
