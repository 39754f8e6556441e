/* SPDX-License-Identifier: Apache-2.0 */
/* here.h - this node: its name and its processors */
#ifndef CMD_MAP_HERE_H
#define CMD_MAP_HERE_H

/* As Slurm calls it, if it does. */
void here_name(char out[256]);
/* Those that are ours to use. */
unsigned here_cpus(void);

#endif /* CMD_MAP_HERE_H */
