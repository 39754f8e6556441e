/* SPDX-License-Identifier: Apache-2.0 */
/* clock.c - what time it is, and how to write it */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

int64_t clock_wall_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t clock_mono_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

void clock_sleep_ms(int ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

	while (clock_nanosleep(CLOCK_MONOTONIC, 0, &t, &t) == EINTR)
		;
}

const char *clock_iso(int64_t wall_us, char out[CLOCK_ISO])
{
	time_t s = (time_t)(wall_us / 1000000);
	struct tm tm;

	out[0] = '\0';
	if (wall_us <= 0 || !gmtime_r(&s, &tm) || tm.tm_year > 8099)
		return out;
	snprintf(out, CLOCK_ISO, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ",
		 tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
		 tm.tm_min, tm.tm_sec, (int)(wall_us % 1000000));
	return out;
}

int64_t clock_iso_parse(const char *text)
{
	struct tm tm = { 0 };
	int us = 0, used = 0;
	time_t s;

	if (!text ||
	    sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d.%6dZ%n", &tm.tm_year,
		   &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min,
		   &tm.tm_sec, &us, &used) != 7 ||
	    !used || text[used] || us < 0)
		return 0;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	s = timegm(&tm);
	return s < 0 ? 0 : (int64_t)s * 1000000 + us;
}

const char *clock_span(double seconds, char out[16])
{
	long s = (long)seconds;

	if (!(seconds >= 0) || seconds > 1e9)
		snprintf(out, 16, "?");
	else if (seconds < 10)
		snprintf(out, 16, "%.1fs", seconds);
	else if (s < 60)
		snprintf(out, 16, "%lds", s);
	else if (s < 3600)
		snprintf(out, 16, "%ldm%02lds", s / 60, s % 60);
	else if (s < 86400)
		snprintf(out, 16, "%ldh%02ldm", s / 3600, s / 60 % 60);
	else
		snprintf(out, 16, "%ldd%02ldh", s / 86400, s / 3600 % 24);
	return out;
}
