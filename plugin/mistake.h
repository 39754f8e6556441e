/* SPDX-License-Identifier: Apache-2.0 */
/* mistake.h - see "--belay standard" where "--belay=standard" was meant */
#ifndef PLUGIN_MISTAKE_H
#define PLUGIN_MISTAKE_H

#include <stddef.h>

/*
 * The word behind a bare --belay that was meant to be its argument, or NULL.
 * cmdline is as /proc/self/cmdline has it: words that each end with a NUL.
 */
const char *mistake_find(const char *cmdline, size_t len);

/* Say so, if this process was called like that. */
void mistake_report(void);

#endif /* PLUGIN_MISTAKE_H */
