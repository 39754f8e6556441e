/* SPDX-License-Identifier: Apache-2.0 */
/* cleanup.h - release what a function holds on every way out of it */
#ifndef BASE_CLEANUP_H
#define BASE_CLEANUP_H

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define _auto_free_ __attribute__((cleanup(base_freep)))
#define _auto_close_ __attribute__((cleanup(base_closep)))

static inline void base_freep(void *p)
{
	free(*(void **)p);
}

static inline void base_closep(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	errno = saved;
}

/* Hand it over: the owner's cleanup then finds nothing to release. */
static inline int take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

static inline void *take_ptr_(void **p)
{
	void *taken = *p;

	*p = NULL;
	return taken;
}
#define take_ptr(p) ((__typeof__(*(p)))take_ptr_((void **)(p)))

#endif /* BASE_CLEANUP_H */
