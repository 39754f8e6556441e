/* SPDX-License-Identifier: Apache-2.0 */
/*
 * replay.c - feed a decoder with files, and with each one changed at random
 *
 *	replay CHANGES SEED FILE...
 *
 * For machines without libFuzzer: a finding once made is not made again.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX (1u << 17)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An own copy, so that a sanitizer sees its end. */
static void feed(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static void change(uint8_t *data, size_t *size)
{
	size_t at = *size ? (size_t)rand() % *size : 0;

	switch (rand() % 4) {
	case 0:
		data[at] ^= (uint8_t)(1 << rand() % 8);
		break;
	case 1:
		data[at] = (uint8_t)rand();
		break;
	case 2:
		*size = at;
		break;
	case 3:			/* twice what is there */
		memmove(data + at + (*size - at) / 2, data + at,
			*size - at - (*size - at) / 2);
		break;
	}
}

static void replay(const char *path, long changes)
{
	static uint8_t good[MAX], bad[MAX];
	FILE *f = fopen(path, "rb");
	size_t size, len;

	if (!f) {
		perror(path);
		exit(1);
	}
	size = fread(good, 1, sizeof(good), f);
	fclose(f);
	feed(good, size);
	while (changes-- > 0) {
		memcpy(bad, good, size);
		len = size;
		for (int n = 1 + rand() % 3; n > 0; n--)
			change(bad, &len);
		feed(bad, len);
	}
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	srand((unsigned)atoi(argv[2]));
	for (int i = 3; i < argc; i++)
		replay(argv[i], atol(argv[1]));
	return 0;
}
