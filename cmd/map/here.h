/* SPDX-License-Identifier: Apache-2.0 */
/* here.h - the processors of this node */
#ifndef CMD_MAP_HERE_H
#define CMD_MAP_HERE_H

/* Those that are ours to use. */
unsigned here_cpus(void);

#endif /* CMD_MAP_HERE_H */
