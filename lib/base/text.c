/* SPDX-License-Identifier: Apache-2.0 */
/* text.c - small questions about text, and numbers with units */

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/text.h"

int text_u64(const char *text, uint64_t max, uint64_t *out)
{
	unsigned long long n;
	char *end;

	if (!isdigit((unsigned char)text[0]))
		return -1;
	errno = 0;
	n = strtoull(text, &end, 10);
	if (errno || *end || n > max)
		return -1;
	*out = n;
	return 0;
}

/* "12", "1.5": digits with at most one point; nothing strtod() knows besides. */
static int decimal(const char *text, double *out, const char **rest)
{
	size_t n = strspn(text, "0123456789.");
	char copy[32], *end;

	if (!n || n >= sizeof(copy) || !isdigit((unsigned char)text[0]))
		return -1;
	memcpy(copy, text, n);
	copy[n] = '\0';
	*out = strtod(copy, &end);
	*rest = text + n;
	return *end ? -1 : 0;
}

int text_seconds(const char *text, double *out)
{
	static const struct { const char *unit; double s; } units[] = {
		{ "s", 1 }, { "m", 60 }, { "h", 3600 }, { "d", 86400 },
	};
	const char *rest;
	double n;

	if (decimal(text, &n, &rest) < 0)
		return -1;
	if (!*rest && n == 0) {
		*out = 0;
		return 0;
	}
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (!strcmp(rest, units[i].unit)) {
			*out = n * units[i].s;
			return 0;
		}
	}
	return -1;
}

int text_bytes(const char *text, uint64_t *out)
{
	static const char units[] = "KMGT";
	const char *rest, *unit;
	double n;

	if (decimal(text, &n, &rest) < 0)
		return -1;
	if (*rest) {
		unit = strchr(units, *rest);
		if (!unit || rest[1])
			return -1;
		n *= (double)(UINT64_C(1024) << 10 * (unit - units));
	}
	if (n >= 9e18)
		return -1;
	*out = (uint64_t)n;
	return 0;
}

const char *text_size(uint64_t bytes, char out[16])
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB",
					     "PiB", "EiB" };
	double n = (double)bytes;
	size_t i = 0;

	while (n >= 1024 && i < 6) {
		n /= 1024;
		i++;
	}
	snprintf(out, 16, i ? "%.1f %s" : "%.0f %s", n, units[i]);
	return out;
}

bool text_is_name(const char *text)
{
	size_t n = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				"abcdefghijklmnopqrstuvwxyz0123456789._@+=-");

	return n && n <= 128 && !text[n] && text[0] != '.' && text[0] != '-';
}

/* Levenshtein's distance, one row at a time; words of at most 63 bytes. */
static size_t distance(const char *a, const char *b)
{
	size_t row[64], la = strlen(a), lb = strlen(b);

	if (la > 63 || lb > 63)
		return SIZE_MAX;
	for (size_t j = 0; j <= lb; j++)
		row[j] = j;
	for (size_t i = 1; i <= la; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			size_t best = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			if (best > row[j] + 1)
				best = row[j] + 1;
			if (best > row[j - 1] + 1)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[lb];
}

const char *text_nearest(const char *word, const char *const *candidates)
{
	size_t limit = strlen(word) / 2, best = limit < 2 ? limit : 2, d;
	const char *found = NULL;

	for (; *candidates; candidates++) {
		d = distance(word, *candidates);
		if (d <= best && (!found || d < best)) {
			found = *candidates;
			best = d;
		}
	}
	return found;
}

int text_format(char *out, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(out, size, fmt, ap);
	va_end(ap);
	return n < 0 || (size_t)n >= size ? -1 : 0;
}

int text_random(void *out, size_t len)
{
	char *p = out;
	ssize_t n;

	while (len) {
		n = getrandom(p, len, 0);
		if (n < 0 && errno != EINTR)
			return -1;
		if (n > 0) {
			p += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

void text_hex(const void *bytes, size_t len, char *out)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *p = bytes;

	for (; len--; p++) {
		*out++ = digits[*p >> 4];
		*out++ = digits[*p & 15];
	}
	*out = '\0';
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int text_unhex(const char *hex, void *out, size_t len)
{
	uint8_t *p = out;

	if (strlen(hex) != 2 * len)
		return -1;
	for (size_t i = 0; i < len; i++) {
		int high = digit(hex[2 * i]), low = digit(hex[2 * i + 1]);

		if (high < 0 || low < 0)
			return -1;
		p[i] = (uint8_t)(high << 4 | low);
	}
	return 0;
}
