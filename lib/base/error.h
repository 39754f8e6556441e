/* SPDX-License-Identifier: Apache-2.0 */
/* error.h - say what failed, once, where it is known */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdbool.h>

#include "belay/belay.h"

/*
 * Fill *err (which may be NULL) and return -1, so a failure is one statement:
 *
 *	return err_set(err, BELAY_EINVAL, "chunk %u is past the end", chunk);
 *
 * err_sys() also takes the reason from errno and appends it.  err_prefix()
 * puts context in front of what a callee said: "replaying '%s': " + text.
 * err_remedy() puts behind it what would be right, unless somebody has: text +
 * "; chmod go-w".  Control characters of the caller's data are replaced by '?'.
 */
int err_set(struct belay_error *err, enum belay_code code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
int err_sys(struct belay_error *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
int err_prefix(struct belay_error *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
int err_remedy(struct belay_error *err, const char *remedy);

/* Out of memory, as any other error. */
int err_nomem(struct belay_error *err);

/* A full disk, or a quota that is used up: it may be other tomorrow. */
bool err_is_no_room(const struct belay_error *err);

#endif /* BASE_ERROR_H */
