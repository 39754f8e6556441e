/* SPDX-License-Identifier: Apache-2.0 */
/* handles.h - handles of the C API in a run of testrun.h */
#ifndef SUPPORT_HANDLES_H
#define SUPPORT_HANDLES_H

#include "tests/support/testrun.h"

/* What begin gives to the processes of attempt n. */
void handles_enter(const struct run *r, unsigned n);
/* The handle of such a process; fails the test if it cannot be had. */
struct belay *handles_open(const struct run *r, unsigned n, unsigned batch,
			   struct tmpdir *d);

#endif /* SUPPORT_HANDLES_H */
