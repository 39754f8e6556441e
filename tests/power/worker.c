/* SPDX-License-Identifier: Apache-2.0 */
/*
 * worker.c - a program that works on the chunks of the set "api", with results
 *
 *	worker COUNT [FILE]	tells what it was promised, a line at a time
 *
 * The result of chunk k is k, many times; every second one goes to a file.
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "belay/belay.h"

#define SHORT 3
#define LONG 700

static struct belay_error err;
static int out = STDOUT_FILENO;

static void tell(const char *what, uint64_t chunk)
{
	char line[64];
	int len = snprintf(line, sizeof(line), "%s api %" PRIu64 "\n", what,
			   chunk);

	for (ssize_t n, at = 0; at < len; at += n) {
		n = write(out, line + at, (size_t)(len - at));
		if (n < 0 && errno == EINTR)
			n = 0;
		if (n < 0) {
			perror("worker");
			exit(1);
		}
	}
}

static int finish(struct belay *b, uint64_t chunk)
{
	uint64_t data[LONG], n = chunk % 2 ? SHORT : LONG;
	const struct belay_array a = { "k", BELAY_U64, 1, &n, data };

	for (uint64_t i = 0; i < n; i++)
		data[i] = chunk;
	return belay_chunk_done_with(b, "api", chunk, &a, 1, &err);
}

static int work(struct belay *b, uint64_t count)
{
	uint64_t chunk;
	int rc;

	if (belay_chunks(b, "api", count, &err) < 0)
		return -1;
	while ((rc = belay_chunk_next(b, "api", &chunk, &err)) == 1) {
		tell("begun", chunk);
		if (finish(b, chunk) < 0)
			return -1;
		tell("done", chunk);
		tell("result", chunk);
	}
	return rc;
}

int main(int argc, char **argv)
{
	uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;
	struct belay *b = NULL;

	if (argc > 2)
		out = open(argv[2], O_WRONLY | O_APPEND | O_CLOEXEC);
	if (out < 0)
		perror(argv[2]);
	else
		b = belay_open(NULL, &err);
	if (b && work(b, count) == 0 && belay_close(b, 0, &err) == 0)
		return 0;
	fprintf(stderr, "worker: %s\n", err.text);
	return 1;
}
