/* SPDX-License-Identifier: Apache-2.0 */
/* name.c - what a run may be called */

#include <string.h>

#include "base/text.h"
#include "run/run.h"

/* Room for what tells runs of one name apart: ".9999". */
#define NAME_MAX_BYTES (RUN_NAME_SIZE - 9)

#define LETTERS "A-Z a-z 0-9 . _ @ + = -"

bool run_name_is_reserved(const char *name)
{
	return !strcmp(name, "jobs") || !strcmp(name, "policies");
}

int run_check_name(const char *name, struct belay_error *err)
{
	size_t len = strlen(name);

	if (!len)
		return err_set(err, BELAY_EINVAL, "not a name for a run: it is "
			       "empty; use 1 to %d of " LETTERS,
			       NAME_MAX_BYTES);
	if (len > NAME_MAX_BYTES)
		return err_set(err, BELAY_EINVAL, "not a name for a run: it "
			       "has %zu bytes; use 1 to %d of " LETTERS, len,
			       NAME_MAX_BYTES);
	if (run_name_is_reserved(name))
		return err_set(err, BELAY_EINVAL, "not a name for a run: '%s' "
			       "is belay's own; use another", name);
	if (!text_is_name(name))
		return err_set(err, BELAY_EINVAL, "not a name for a run: '%s'; "
			       "use 1 to %d of " LETTERS ", the first neither "
			       ". nor -", name, NAME_MAX_BYTES);
	return 0;
}
