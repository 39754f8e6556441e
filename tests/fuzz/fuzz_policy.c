/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_policy.c - any bytes are refused or are a policy that is printed as one
 *
 * The longest input that matters is one byte longer than a policy may be.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "policy/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A complaint begins with its place. */
static void check_refusal(const struct belay_error *err)
{
	if (err->code != BELAY_ECONFIG || strncmp(err->text, "fuzz:", 5))
		abort();
}

static void check_policy(const struct policy *p)
{
	struct buf once = { 0 }, twice = { 0 };
	struct policy again;

	policy_format(p, &once);
	if (policy_parse("printed", buf_text(&once), once.len, &again,
			 NULL) < 0)
		abort();
	policy_format(&again, &twice);
	if (strcmp(buf_text(&once), buf_text(&twice)))
		abort();
	buf_free(&once);
	buf_free(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct belay_error err;
	struct policy p;

	if (policy_parse("fuzz", data, size, &p, &err) < 0)
		check_refusal(&err);
	else
		check_policy(&p);
	return 0;
}
