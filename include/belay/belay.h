/* SPDX-License-Identifier: Apache-2.0 */
/*
 * belay.h - remember how far a job got, so the next attempt starts there
 *
 * Every fallible call of the library returns 0 or a pointer on success, -1 or
 * NULL on failure, and then fills *err; err may always be NULL.  On failure
 * outputs are untouched.  Nothing here prints, exits, installs a signal
 * handler or changes the umask.
 */
#ifndef BELAY_BELAY_H
#define BELAY_BELAY_H

#ifdef __cplusplus
extern "C" {
#endif

/* Why a call failed: each value is something the caller can do differently. */
enum belay_code {
	BELAY_OK       = 0,
	BELAY_EFAILED  = 1,	/* see err->sys and err->text              */
	BELAY_EINVAL   = 2,	/* the caller broke the contract           */
	BELAY_ECONFIG  = 3,	/* a policy or an option is not acceptable */
	BELAY_ENOENT   = 4,	/* no such run, attempt or checkpoint      */
	BELAY_ECORRUPT = 5,	/* a checksum did not match: do not trust  */
	BELAY_EFENCED  = 6,	/* a newer attempt owns this run: stop     */
	BELAY_EBUSY    = 7,	/* another live job or process holds it    */
};

/* Owned by the caller; one error is described by one line. */
struct belay_error {
	enum belay_code code;
	int sys;		/* errno at the point of failure, or 0 */
	char text[512];		/* one line, no newline, always ended  */
};

/* The version of the library, "major.minor.patch"; static storage. */
const char *belay_version(void);

#ifdef __cplusplus
}
#endif

#endif /* BELAY_BELAY_H */
