/* SPDX-License-Identifier: Apache-2.0 */
/*
 * short.c - preloaded: no read of a file takes more than SHORT_READ bytes and no
 *           write more than SHORT_WRITE, as a full disk, a signal or a network
 *           file system has it
 *
 * They are really done, and only so far.  Streams of stdio are left out: they
 * do not come by here.
 */

#include <dlfcn.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Files only: an eventfd has eight bytes or none. */
static size_t less(const char *limit, int fd, size_t n)
{
	const char *text = getenv(limit);
	size_t most = text ? strtoul(text, NULL, 10) : 0;
	struct stat st;

	return most && n > most && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ?
	       most : n;
}

#define READ less("SHORT_READ", fd, n)
#define WRITE less("SHORT_WRITE", fd, n)
#define SHORT(name, params, args)					\
	ssize_t name params;						\
	__attribute__((visibility("default"))) ssize_t name params	\
	{								\
		static ssize_t (*real) params;				\
									\
		if (!real)						\
			*(void **)&real = dlsym(RTLD_NEXT, #name);	\
		return real args;					\
	}

SHORT(read, (int fd, void *p, size_t n), (fd, p, READ))
SHORT(write, (int fd, const void *p, size_t n), (fd, p, WRITE))
SHORT(pread, (int fd, void *p, size_t n, off_t at), (fd, p, READ, at))
SHORT(pwrite, (int fd, const void *p, size_t n, off_t at), (fd, p, WRITE, at))
SHORT(copy_file_range, (int fd, off64_t *x, int to, off64_t *y, size_t n,
			unsigned flags), (fd, x, to, y, WRITE, flags))
