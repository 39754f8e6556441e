/* SPDX-License-Identifier: Apache-2.0 */
/* results.h - results of a run that no handle is open for */
#ifndef API_RESULTS_H
#define API_RESULTS_H

#include "base/error.h"

/* As belay_results_open(), for the run in that directory. */
struct belay_results *api_results_of(const char *dir, const char *set,
				     struct belay_error *err);

#endif /* API_RESULTS_H */
