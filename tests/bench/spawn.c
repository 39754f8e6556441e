/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spawn.c - the least that starting processes costs: nothing captured, nothing
 *           recorded
 *
 *	spawn N J CMD	runs `CMD 0` to `CMD N-1`, J at a time
 */

#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

extern char **environ;

int main(int argc, char **argv)
{
	char number[16], *child[] = { NULL, number, NULL };
	int n, j, running = 0;
	pid_t pid;

	if (argc != 4)
		return 2;
	n = atoi(argv[1]);
	j = atoi(argv[2]);
	child[0] = argv[3];
	for (int i = 0; i < n; i++) {
		if (running == j && wait(NULL) > 0)
			running--;
		snprintf(number, sizeof(number), "%d", i);
		if (posix_spawn(&pid, child[0], NULL, NULL, child, environ))
			return 1;
		running++;
	}
	while (wait(NULL) > 0)
		;
	return 0;
}
