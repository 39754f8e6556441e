/* SPDX-License-Identifier: Apache-2.0 */
/* clock.h - what time it is, and how to write it */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#define CLOCK_ISO 32

int64_t clock_wall_us(void);	/* microseconds since 1970; for people only */
int64_t clock_mono_ns(void);	/* nanoseconds, never goes back */
void clock_sleep_ms(int ms);	/* whole, signals notwithstanding */

/* "2026-11-23T14:11:23.123456Z"; wall_us 0 gives "". */
const char *clock_iso(int64_t wall_us, char out[CLOCK_ISO]);
int64_t clock_iso_parse(const char *text);	/* 0 when it is not such a time */

/* "3m12s", "1h04m", "2d03h", "0.4s": for people, at most 15 characters. */
const char *clock_span(double seconds, char out[16]);

#endif /* BASE_CLOCK_H */
