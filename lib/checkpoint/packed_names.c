/* SPDX-License-Identifier: Apache-2.0 */
/* packed_names.c - the names of the files of a packed checkpoint */

#include <stdio.h>
#include <string.h>

#include "checkpoint/packed.h"
#include "checkpoint/store.h"

const char *packed_part(unsigned rank, char out[PACKED_NAME])
{
	snprintf(out, PACKED_NAME, "part.%u", rank);
	return out;
}

const char *packed_note(unsigned rank, char out[PACKED_NAME])
{
	snprintf(out, PACKED_NAME, "part.%u.json", rank);
	return out;
}

const char *packed_parent(uint64_t id, unsigned rank, char out[PACKED_NAME])
{
	char number[CHECKPOINT_NAME];

	snprintf(out, PACKED_NAME, "parent.%s.%u", store_name(id, number),
		 rank);
	return out;
}

bool packed_is_parent(const char *name)
{
	char canonical[PACKED_NAME];
	unsigned long long id;
	unsigned rank;

	return sscanf(name, "parent.%15llu.%9u", &id, &rank) == 2 && id &&
	       !strcmp(name, packed_parent(id, rank, canonical));
}
