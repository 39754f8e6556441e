/* SPDX-License-Identifier: Apache-2.0 */
/* text.h - small questions about text, and numbers with units */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A decimal number of all of text, 0 <= n <= max: 0, or -1. */
int text_u64(const char *text, uint64_t max, uint64_t *out);

/* "90s", "10m", "2h", "1d", "0"; whole or decimal: seconds; 0, or -1. */
int text_seconds(const char *text, double *out);

/* "512K", "4M", "2G", "1T", 1024-based, or bytes: 0, or -1. */
int text_bytes(const char *text, uint64_t *out);

/* "1.5 GiB", for people. */
const char *text_size(uint64_t bytes, char out[16]);

/* A name that may be a file's: 1 to 128 of [A-Za-z0-9._@+=-], not starting
 * with '.' or '-'.  Runs, sets, clusters and writers are named so. */
bool text_is_name(const char *text);

/* The candidate nearest to word (edit distance <= 2, at most half of it), or
 * NULL; candidates end with NULL. */
const char *text_nearest(const char *word, const char *const *candidates);

/* snprintf that fails (-1) instead of cutting. */
int text_format(char *out, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Random bytes from the kernel; 0, or -1. */
int text_random(void *out, size_t len);
/* 2 * len hex digits and a NUL at out. */
void text_hex(const void *bytes, size_t len, char *out);
int text_unhex(const char *hex, void *out, size_t len);

#endif /* BASE_TEXT_H */
