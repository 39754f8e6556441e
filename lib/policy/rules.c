/* SPDX-License-Identifier: Apache-2.0 */
/* rules.c - the rules of a policy file, and what holds between them */

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "policy/rules.h"

#define ON(cause) (1u << (cause))
#define NEVER (ON(CAUSE_COMPLETED) | ON(CAUSE_CANCELLED) | ON(CAUSE_DEADLINE))

static int unknown_cause(struct reader *r, const char *word)
{
	const char *near = text_nearest(word, cause_words);
	yaml_mark_t at = r->event.start_mark;

	if (near)
		return reader_complain(r, at, "'%.40s' is not a cause; did you "
				       "mean '%s'?", word, near);
	return reader_complain(r, at, "'%.40s' is not a cause; "
			       "belay-policy(5) lists them", word);
}

int rules_add_cause(struct reader *r, const struct field *f, void *into)
{
	struct rule *rule = into;
	const char *word = reader_text(r);
	enum cause c = word ? cause_of_word(word) : CAUSE_NONE;
	yaml_mark_t at = r->event.start_mark;

	if (!word)
		return reader_misfit(r, f, VALUE_WRONG);
	if (!c)
		return unknown_cause(r, word);
	if (ON(c) & NEVER)
		return reader_complain(r, at, "nothing is ever done about "
				       "'%s'; remove it", word);
	if (rule->on & ON(c))
		return reader_complain(r, at, "'%s' is there twice; remove "
				       "one", word);
	rule->on |= ON(c);
	return 0;
}

int rules_add_codes(struct reader *r, const struct field *f, void *into)
{
	struct rule *rule = into;
	const char *text = reader_text(r);
	enum value_wrong wrong = VALUE_WRONG;
	uint8_t from, to;

	if (rule->n_codes == POLICY_MAX_CODES)
		return reader_complain(r, r->event.start_mark, "more than %d "
				       "exit codes; use ranges",
				       POLICY_MAX_CODES);
	if (text)
		wrong = value_codes(text, &from, &to);
	if (wrong != VALUE_GOOD)
		return reader_misfit(r, f, wrong);
	rule->codes[rule->n_codes].from = from;
	rule->codes[rule->n_codes].to = to;
	rule->n_codes++;
	return 0;
}

static int check(struct reader *r, const struct rule *rule, yaml_mark_t at)
{
	if (!rule->on)
		return reader_complain(r, at, "'on' is empty; name a cause");
	if (rule->n_codes && !(rule->on & ON(CAUSE_FAILED)))
		return reader_complain(r, at, "exit codes need the cause "
				       "'failed'; add it to 'on'");
	return 0;
}

int rules_add(struct reader *r, const struct field *f, void *into)
{
	struct policy *p = &((struct draft *)into)->policy;
	struct rule *rule = &p->rules[p->n_rules];
	yaml_mark_t at = r->event.start_mark;

	if (r->event.type != YAML_MAPPING_START_EVENT)
		return reader_misfit(r, f, VALUE_WRONG);
	if (p->n_rules == POLICY_MAX_RULES)
		return reader_complain(r, at, "more than %d rules; put some "
				       "together", POLICY_MAX_RULES);
	*rule = (struct rule){ .max = -1, .counts = true };
	if (parse_keys(r, schema_rule, rule) < 0 || check(r, rule, at) < 0)
		return -1;
	if (!rule->name[0])
		snprintf(rule->name, sizeof(rule->name), "rule %u",
			 p->n_rules + 1);
	r->rule_at[p->n_rules++] = at;
	return 0;
}

/* A rule's uses are counted by its name. */
static int check_names(struct reader *r, unsigned of_file)
{
	const struct policy *p = &r->draft.policy;

	for (unsigned i = 0; i < of_file; i++) {
		for (unsigned j = 0; j < p->n_rules; j++) {
			if ((j >= i && j < of_file) ||
			    strcmp(p->rules[i].name, p->rules[j].name))
				continue;
			return reader_complain(r, r->rule_at[i], "a rule named "
					       "'%s' is there already; give "
					       "it another name",
					       p->rules[i].name);
		}
	}
	return 0;
}

int rules_finish(struct reader *r)
{
	struct draft *d = &r->draft;
	unsigned of_file = d->policy.n_rules;
	const char *preset = "standard";

	if (d->preset >= 0)
		preset = policy_preset_words[d->preset];
	if (policy_add_preset(preset, &d->policy, r->err) < 0)
		return -1;
	return check_names(r, of_file);
}
