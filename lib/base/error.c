/* SPDX-License-Identifier: Apache-2.0 */
/* error.c - say what failed, once, where it is known */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

const char *belay_version(void)
{
	return BELAY_VERSION;
}

/* The text may carry a stranger's file name: it stays one printable line. */
static void make_printable(char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
	}
}

static void fill(struct belay_error *err, enum belay_code code, int sys,
		 const char *fmt, va_list ap)
{
	size_t len;

	err->code = code;
	err->sys = sys;
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	len = strlen(err->text);
	if (sys)
		snprintf(err->text + len, sizeof(err->text) - len, ": %s",
			 strerror(sys));
	make_printable(err->text);
}

int err_set(struct belay_error *err, enum belay_code code, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return -1;
	va_start(ap, fmt);
	fill(err, code, 0, fmt, ap);
	va_end(ap);
	return -1;
}

int err_sys(struct belay_error *err, const char *fmt, ...)
{
	int saved = errno;
	va_list ap;

	if (!err)
		return -1;
	va_start(ap, fmt);
	fill(err, saved == ENOENT ? BELAY_ENOENT : BELAY_EFAILED, saved, fmt,
	     ap);
	va_end(ap);
	errno = saved;
	return -1;
}

int err_prefix(struct belay_error *err, const char *fmt, ...)
{
	char before[sizeof(err->text)], after[sizeof(err->text)];
	va_list ap;

	if (!err)
		return -1;
	va_start(ap, fmt);
	vsnprintf(before, sizeof(before), fmt, ap);
	va_end(ap);
	memcpy(after, err->text, sizeof(after));
	if (snprintf(err->text, sizeof(err->text), "%s: %s", before, after) < 0)
		err->text[0] = '\0';
	make_printable(err->text);
	return -1;
}

int err_remedy(struct belay_error *err, const char *remedy)
{
	size_t len;

	if (!err || strstr(err->text, "; "))
		return -1;
	len = strlen(err->text);
	snprintf(err->text + len, sizeof(err->text) - len, "; %s", remedy);
	return -1;
}

int err_nomem(struct belay_error *err)
{
	errno = ENOMEM;
	return err_sys(err, "cannot go on");
}

bool err_is_no_room(const struct belay_error *err)
{
	return err->sys == ENOSPC || err->sys == EDQUOT;
}
