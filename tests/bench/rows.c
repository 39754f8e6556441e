/* SPDX-License-Identifier: Apache-2.0 */
/* rows.c - a row of `make bench` */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/rows.h"

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

struct spread {
	double least, median, most;
};

static struct spread spread_of(const double *v, int n)
{
	double sorted[ROUNDS_MAX];

	memcpy(sorted, v, (size_t)n * sizeof(*v));
	qsort(sorted, (size_t)n, sizeof(*sorted), by_value);
	return (struct spread){ sorted[0], sorted[n / 2], sorted[n - 1] };
}

static void put_spread(FILE *f, const char *key, struct spread s)
{
	fprintf(f, ",\"%s\":{\"median\":%.6g,\"least\":%.6g,\"most\":%.6g}",
		key, s.median, s.least, s.most);
}

void row_print(const char *what, const char *unit, const char *beside,
	       int more, const struct row *r)
{
	const char *path = getenv("BENCH_JSON");
	struct spread ours = spread_of(r->ours, r->rounds);
	struct spread theirs = spread_of(r->theirs, r->rounds), ratio;
	double each[ROUNDS_MAX];
	FILE *f;

	for (int i = 0; i < r->rounds; i++)
		each[i] = more ? r->ours[i] / r->theirs[i] :
				 r->theirs[i] / r->ours[i];
	ratio = spread_of(each, r->rounds);
	printf("%-44s %8.2f %-8s %-9s %9.2f   x%.2f (%.2f to %.2f)\n", what,
	       ours.median, unit, beside, theirs.median, ratio.median,
	       ratio.least, ratio.most);
	fflush(stdout);
	f = path ? fopen(path, "a") : NULL;
	if (!f)
		return;
	fprintf(f, "{\"what\":\"%s\",\"unit\":\"%s\",\"beside\":\"%s\","
		"\"rounds\":%d", what, unit, beside, r->rounds);
	put_spread(f, "ours", ours);
	put_spread(f, "theirs", theirs);
	put_spread(f, "ratio", ratio);
	fprintf(f, "}\n");
	fclose(f);
}
