/* SPDX-License-Identifier: Apache-2.0 */
/* about.h - the verbs that speak of belay itself */
#ifndef CMD_BELAY_ABOUT_H
#define CMD_BELAY_ABOUT_H

#include "cmd/belay/verb.h"

extern const struct verb verb_help, verb_version;

#endif /* CMD_BELAY_ABOUT_H */
