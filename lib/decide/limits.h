/* SPDX-License-Identifier: Apache-2.0 */
/* limits.h - what ends a run that its rules would start again */
#ifndef DECIDE_LIMITS_H
#define DECIDE_LIMITS_H

#include "decide/decide.h"

#define LIMIT_ATTEMPTS 1000	/* ends any run, whatever its policy */
#define WHY_SIZE 160

/* A limit that is reached: its name, why in words, and what is done then. */
struct reached {
	char name[128], why[WHY_SIZE];
	enum action action;
};

/* The first limit that is reached if rule is followed. */
bool limits_reached(const struct question *q, const struct rule *rule,
		    struct reached *r);

/* How many attempts are left to start after this one. */
int limits_left(const struct question *q, const struct rule *rule);

/*
 * How long to wait, in seconds: initial * factor^k, k counted failures in a
 * row before this one, none of which made progress in between.  Uncounted ones
 * wait only in a burst, then *burst says how many there were.
 */
int64_t limits_delay(const struct question *q, const struct rule *rule,
		     unsigned *burst);

#endif /* DECIDE_LIMITS_H */
