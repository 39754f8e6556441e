/* SPDX-License-Identifier: Apache-2.0 */
/* policy.h - the verbs about what is wanted when a job fails */
#ifndef CMD_BELAY_POLICY_H
#define CMD_BELAY_POLICY_H

#include "cmd/belay/verb.h"

extern const struct verb verb_policy_check, verb_policy_show;

#endif /* CMD_BELAY_POLICY_H */
