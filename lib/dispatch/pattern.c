/* SPDX-License-Identifier: Apache-2.0 */
/* pattern.c - the name of a run, with %j %A %a %x %u as in sbatch(1) */

#include <stddef.h>
#include <string.h>

#include "base/buf.h"
#include "dispatch/pattern.h"

static const struct {
	char letter;
	size_t word;
	const char *lacking;
} letters[] = {
#define AT(member) offsetof(struct pattern_words, member)
	{ 'j', AT(job_id), "there is no job" },
	{ 'A', AT(array_job_id), "this is no array job" },
	{ 'a', AT(array_task_id), "this is no array job" },
	{ 'x', AT(job_name), "the job has no name" },
	{ 'u', AT(user), "the user has no name" },
};

static int expand_one(char letter, const struct pattern_words *words,
		      struct buf *out, struct belay_error *err)
{
	const char *word;

	if (letter == '%') {
		buf_puts(out, "%");
		return 0;
	}
	for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++) {
		if (letters[i].letter != letter)
			continue;
		word = *(const char *const *)
			((const char *)words + letters[i].word);
		if (!word || !*word)
			return err_set(err, BELAY_EINVAL, "'%%%c': %s", letter,
				       letters[i].lacking);
		buf_puts(out, word);
		return 0;
	}
	return err_set(err, BELAY_EINVAL, "'%%%.1s' stands for nothing; there "
		       "are %%j %%A %%a %%x %%u and %%%%", &letter);
}

int pattern_expand(const char *pattern, const struct pattern_words *words,
		   char out[RUN_NAME_SIZE], struct belay_error *err)
{
	_auto_buf_ struct buf name = { 0 };

	for (const char *p = pattern; *p; p++) {
		if (*p != '%') {
			buf_add(&name, p, 1);
		} else {
			if (expand_one(p[1], words, &name, err) < 0)
				return err_prefix(err, "name of the run '%s'",
						  pattern);
			p++;
		}
	}
	if (name.failed)
		return err_nomem(err);
	if (run_check_name(buf_text(&name), err) < 0)
		return -1;
	memcpy(out, name.data, name.len + 1);
	return 0;
}

/* Numbers as long as they may become; of the names nothing is known. */
int pattern_check(const char *pattern, struct belay_error *err)
{
	static const struct pattern_words any = {
		"4294967295", "4294967295", "4294967294", "x", "u"
	};
	char out[RUN_NAME_SIZE];

	return pattern_expand(pattern, &any, out, err);
}
