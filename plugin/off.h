/* SPDX-License-Identifier: Apache-2.0 */
/* off.h - the switch by which an administrator turns belay off at once */
#ifndef PLUGIN_OFF_H
#define PLUGIN_OFF_H

#include <stdbool.h>
#include <unistd.h>

#define OFF_FILE "/etc/belay/off"

/* Asked only about a job that asked for belay: other jobs cost no look. */
static inline bool is_off(void)
{
	return access(OFF_FILE, F_OK) == 0;
}

#endif /* PLUGIN_OFF_H */
