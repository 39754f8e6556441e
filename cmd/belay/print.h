/* SPDX-License-Identifier: Apache-2.0 */
/* print.h - how facts look: for people, and as JSON */
#ifndef CMD_BELAY_PRINT_H
#define CMD_BELAY_PRINT_H

#include <stdint.h>

#include "base/buf.h"

#define PRINT_AGO 24

/* "3m12s ago", "-" for 0; of a moment since 1970 in microseconds. */
const char *print_ago(int64_t wall_us, char out[PRINT_AGO]);
/* Microseconds from begin to end as "2m10s"; end 0: to now. */
const char *print_span(int64_t begin_us, int64_t end_us, char out[PRINT_AGO]);

/* To stdout, broken between words so that no line passes 80 columns. */
void print_wrapped(const char *text, int indent);

/* The text and a newline to stdout; the exit status. */
int print_json(const struct buf *text);

/* Escape sequences if stdout is a terminal that wants them, else "". */
enum print_colour { PRINT_PLAIN, PRINT_GOOD, PRINT_BAD, PRINT_DIM };
const char *print_colour(enum print_colour c);

#endif /* CMD_BELAY_PRINT_H */
