/* SPDX-License-Identifier: Apache-2.0 */
/* array.c - what may be stored as an array */

#include <string.h>

#include "api/array.h"

static bool is_plain(const char *name)
{
	for (; *name; name++)
		if ((unsigned char)*name < ' ' || *name == 0x7f)
			return false;
	return true;
}

int api_check_array(const struct belay_array *a, bool unnamed,
		    struct belay_error *err)
{
	uint64_t bytes;

	if (!a->name || (!*a->name && !unnamed) ||
	    strlen(a->name) > BELAY_NAME_MAX || !is_plain(a->name))
		return err_set(err, BELAY_EINVAL, "not an array's name: "
			       "'%.64s'; use 1 to %d bytes", a->name ?
			       a->name : "", BELAY_NAME_MAX);
	if (!belay_type_size(a->type))
		return err_set(err, BELAY_EINVAL, "array '%s': no such type: "
			       "%d", a->name, (int)a->type);
	if (a->dims > BELAY_DIMS_MAX || (a->dims && !a->shape))
		return err_set(err, BELAY_EINVAL, "array '%s': %u dimensions "
			       "without their lengths, or more than %d",
			       a->name, a->dims, BELAY_DIMS_MAX);
	bytes = belay_array_bytes(a);
	if (bytes > INT64_MAX)
		return err_set(err, BELAY_EINVAL, "array '%s' is larger than "
			       "any memory", a->name);
	if (bytes && !a->data)
		return err_set(err, BELAY_EINVAL, "array '%s' has no data",
			       a->name);
	return 0;
}
