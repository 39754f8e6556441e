/* SPDX-License-Identifier: Apache-2.0 */
/* careless.h - what mutants do in the place of what lib/fs makes durable */
#ifndef TESTS_POWER_CARELESS_H
#define TESTS_POWER_CARELESS_H

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

struct belay_error;

__attribute__((unused))
static int careless_claim(int dirfd, const char *name, struct belay_error *err)
{
	(void)err;
	return mkdirat(dirfd, name, 0700) == 0 ? 1 : errno == EEXIST ? 0 : -1;
}

__attribute__((unused))
static int careless_rename(int from_dirfd, const char *from, int dirfd,
			   const char *name, struct belay_error *err)
{
	(void)err;
	return renameat(from_dirfd, from, dirfd, name) == 0 ? 1 : -1;
}

__attribute__((unused))
static int careless_create(int dirfd, const char *name)
{
	return openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
		      0600);
}

__attribute__((unused))
static int careless_write(int fd, uint64_t offset, const void *data,
			  size_t len, struct belay_error *err)
{
	(void)fd, (void)offset, (void)data, (void)len, (void)err;
	return 0;
}

#endif /* TESTS_POWER_CARELESS_H */
