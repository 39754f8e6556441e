/* SPDX-License-Identifier: Apache-2.0 */
/* show_part.c FILE... - what a part holds, by the library; see read_part.py */

#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "pack/reader.h"

static const char *hex(const struct digest *d)
{
	static char out[DIGEST_HEX];

	digest_format(d, out);
	return out;
}

/* Which blocks cannot be read; true: some. */
static bool show_damage(struct pack_reader *r, const struct belay_entry *e,
			uint8_t *data)
{
	bool some = false;
	uint64_t n;

	for (uint64_t at = 0; at < e->bytes; at += PACK_BLOCK) {
		n = e->bytes - at < PACK_BLOCK ? e->bytes - at : PACK_BLOCK;
		if (pack_read(r, e, at, data + at, n, 1, NULL) == 0)
			continue;
		printf("%s%llu", some ? ", " : ", damaged blocks [",
		       (unsigned long long)(at / PACK_BLOCK));
		some = true;
	}
	if (some)
		printf("]\n");
	return some;
}

static void show_entry(struct pack_reader *r, const struct belay_entry *e)
{
	uint8_t *data = malloc(e->bytes + 1);
	struct digest d;

	printf("entry %s: type %u, shape", e->name, (unsigned)e->type);
	for (unsigned i = 0; i < e->dims; i++)
		printf(" %llu", (unsigned long long)e->shape[i]);
	printf("%s, %llu bytes", e->dims ? "" : " of a scalar",
	       (unsigned long long)e->bytes);
	if (!show_damage(r, e, data)) {
		d = digest_of(data, e->bytes);
		printf(", %s\n", hex(&d));
	}
	free(data);
}

static void show(struct pack_reader *r)
{
	const struct pack_sum *sum = pack_sum(r);
	char owner[33];

	text_hex(r->header.owner, sizeof(r->header.owner), owner);
	printf("run %s, attempt %u, rank %u of %u\n", owner, r->header.attempt,
	       r->header.rank, r->header.ranks);
	for (unsigned i = 0; i < sum->n_parents; i++)
		printf("parent %s: %llu bytes, %llu used, %s\n",
		       sum->parent[i].name,
		       (unsigned long long)sum->parent[i].size,
		       (unsigned long long)sum->parent[i].used,
		       hex(&sum->parent[i].index));
	for (size_t i = 0; i < pack_count(r); i++)
		show_entry(r, pack_entry(r, i));
	printf("%llu bytes, %llu stored, %s\n", (unsigned long long)sum->size,
	       (unsigned long long)sum->stored, hex(&sum->index));
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		char *path = strdup(argv[i]), *name = strdup(argv[i]);
		int dirfd = open(dirname(path), O_RDONLY | O_DIRECTORY);
		struct pack_reader *r = pack_open(dirfd, basename(name), NULL,
						  NULL);

		if (r)
			show(r);
		else
			printf("not good\n");
		pack_close(r);
		close(dirfd);
		free(path);
		free(name);
	}
	return 0;
}
