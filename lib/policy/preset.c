/* SPDX-License-Identifier: Apache-2.0 */
/*
 * preset.c - the policies that have a name: defaults, and tables of rules
 *
 * Completed, cancelled and deadline stand in no rule: nothing is ever done
 * about them.
 */

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "policy/schema.h"

#define ON(cause) (1u << (cause))
#define FAILURES							\
	(ON(CAUSE_NODE_FAIL) | ON(CAUSE_TIMEOUT) |			\
	 ON(CAUSE_OUT_OF_MEMORY) | ON(CAUSE_FAILED) |			\
	 ON(CAUSE_SIGNALED) | ON(CAUSE_BOOT_FAIL) |			\
	 ON(CAUSE_LAUNCH_FAILED) | ON(CAUSE_STALLED) |			\
	 ON(CAUSE_VANISHED))

static const struct policy defaults = {
	.attempts_max = 10,
	.burst = { 6, 3600 },
	.without_progress = 3,
	.backoff_initial_s = 0,
	.backoff_factor = 2,
	.backoff_max_s = 600,
	.give_up = ACTION_HOLD,
	.chunk_attempts = 3,
	.chunk_timeout_s = 0,
	.checkpoint = {
		.interval = { .automatic = true },
		.keep = 5,
		.compress = POLICY_COMPRESS_AUTO,
		.on_full = FULL_PRUNE,
	},
	.exclude_for_s = 86400,
};

static const struct preset {
	const char *name, *brief;
	enum action action;
} presets[] = {
	{ "none", NULL, ACTION_NONE },
	{ "standard", "retry", ACTION_RETRY },
	{ "high-availability", "failover", ACTION_FAILOVER },
	{ "checkpoint-recovery", "restore", ACTION_RESTORE },
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

const char *const policy_presets[] = {
	"none", "standard", "high-availability", "checkpoint-recovery", NULL
};

const char *const policy_on_full_words[] = {
	[FULL_PRUNE] = "prune", [FULL_PAUSE] = "pause",
	[FULL_CONTINUE] = "continue", NULL
};

const char *const policy_preset_words[] = {
	"none", "standard", "high-availability", "checkpoint-recovery",
	"retry", "failover", "restore", NULL
};

/* What all presets but none do.  Without a name the rule is named for the
 * preset, without an action it takes the preset's. */
static const struct {
	const char *name, *suffix;
	uint32_t on;
	uint8_t status;		/* 0: any */
	enum action action;
	bool counts, slurm_delay;
} rules[] = {
	{ "only quarantined chunks are left", "", ON(CAUSE_FAILED), 65,
	  ACTION_FAIL, true, false },
	{ NULL, ": preempted", ON(CAUSE_PREEMPTED), 0, ACTION_NONE, false,
	  true },
	{ NULL, ": nobody's fault", ON(CAUSE_REQUEUED) | ON(CAUSE_TIME_SLICE),
	  0, ACTION_NONE, false, false },
	{ NULL, "", FAILURES, 0, ACTION_NONE, true, false },
};

static const struct preset *find(const char *word)
{
	for (size_t i = 0; i < COUNT(presets); i++)
		if (!strcmp(presets[i].name, word) ||
		    (presets[i].brief && !strcmp(presets[i].brief, word)))
			return &presets[i];
	return NULL;
}

bool policy_is_preset(const char *word)
{
	return find(word) != NULL;
}

static void add_rule(const struct preset *preset, size_t i, struct policy *p)
{
	struct rule *r = &p->rules[p->n_rules++];

	*r = (struct rule){
		.on = rules[i].on,
		.codes = { { rules[i].status, rules[i].status } },
		.n_codes = rules[i].status ? 1 : 0,
		.action = rules[i].action ? rules[i].action : preset->action,
		.max = -1,
		.counts = rules[i].counts,
		.slurm_delay = rules[i].slurm_delay,
		.builtin = true,
	};
	snprintf(r->name, sizeof(r->name), "%s%s",
		 rules[i].name ? rules[i].name : preset->name, rules[i].suffix);
}

void policy_defaults(struct policy *p)
{
	*p = defaults;
}

static int no_preset(const char *name, struct belay_error *err)
{
	const char *near = text_nearest(name, policy_preset_words);

	if (near)
		return err_set(err, BELAY_ECONFIG, "there is no preset "
			       "'%.40s'; did you mean '%s'?", name, near);
	return err_set(err, BELAY_ECONFIG, "there is no preset '%.40s'; they "
		       "are none, standard, high-availability and "
		       "checkpoint-recovery", name);
}

int policy_add_preset(const char *name, struct policy *p,
		      struct belay_error *err)
{
	const struct preset *preset = find(name);

	if (!preset)
		return no_preset(name, err);
	snprintf(p->preset, sizeof(p->preset), "%s", preset->name);
	for (size_t i = 0; i < COUNT(rules); i++)
		if (preset->action != ACTION_NONE)
			add_rule(preset, i, p);
	return 0;
}

int policy_preset(const char *name, struct policy *p, struct belay_error *err)
{
	struct policy made;

	policy_defaults(&made);
	if (policy_add_preset(name, &made, err) < 0)
		return -1;
	*p = made;
	return 0;
}
