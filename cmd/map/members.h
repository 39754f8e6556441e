/* SPDX-License-Identifier: Apache-2.0 */
/* members.h - who of the crew holds which chunks; pure */
#ifndef CMD_MAP_MEMBERS_H
#define CMD_MAP_MEMBERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct held {
	uint64_t chunk;
	uint32_t try;
	bool begun, stuck;
};

struct member {
	char node[256];
	unsigned slots;
	bool present;
	struct held *held;
	unsigned n, cap;
};

struct members {		/* start from { 0 } */
	struct member *m;
	unsigned n, cap;
	unsigned present, slots;	/* of those that are present */
	uint64_t begun;		/* chunks that run somewhere */
	uint64_t stuck;		/* that find no room, begun or not */
};

int members_add(struct members *all, const char *node, unsigned slots,
		struct belay_error *err);
int member_take(struct member *m, uint64_t chunk, uint32_t try,
		struct belay_error *err);
/* NULL when m does not hold it: a report that comes too late. */
struct held *member_find(struct member *m, uint64_t chunk);
void members_begun(struct members *all, struct held *h);
/* There is no room for it, until it begins (again) or is released. */
void members_stuck(struct members *all, struct held *h);
/* Does anything run that is not stuck? */
bool members_work(const struct members *all);
void members_release(struct members *all, struct member *m, struct held *h);
/* It holds nothing any more, nor will; look at what it held first. */
void members_leave(struct members *all, struct member *m);
void members_free(struct members *all);

#endif /* CMD_MAP_MEMBERS_H */
