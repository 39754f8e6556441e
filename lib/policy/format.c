/* SPDX-License-Identifier: Apache-2.0 */
/* format.c - a policy as the YAML that means the same, and its digest */

#include <sodium.h>
#include <string.h>

#include "base/text.h"
#include "policy/schema.h"

static void put_seconds(const char *before, double seconds, const char *behind,
			struct buf *out)
{
	buf_puts(out, before);
	value_put_seconds(seconds, out);
	buf_puts(out, behind);
}

static void put_attempts(const struct policy *p, struct buf *out)
{
	buf_printf(out, "attempts:\n  max: %d\n  burst: %u/", p->attempts_max,
		   p->burst.n);
	put_seconds("", p->burst.within_s, "\n", out);
	buf_printf(out, "  without_progress: %d\n", p->without_progress);
	put_seconds("  backoff: {initial: ", p->backoff_initial_s, ", ", out);
	buf_printf(out, "factor: %.15g, ", p->backoff_factor);
	put_seconds("max: ", p->backoff_max_s, "}\n", out);
	buf_printf(out, "  give_up: %s\n", action_word(p->give_up));
}

static void put_checkpoint(const struct policy_checkpoint *c, struct buf *out)
{
	buf_puts(out, "checkpoint:\n  interval: ");
	value_put_interval(&c->interval, out);
	buf_printf(out, "\n  keep: %d\n", c->keep);
	put_seconds("  keep_every: ", c->keep_every_s,
		    c->keep_every_s > 0 ? "\n" : "  # none\n", out);
	buf_puts(out, "  compress: ");
	value_put_compress(c->compress, out);
	buf_printf(out, "\n  verify: %s\n  on_full: %s\n",
		   c->verify ? "true" : "false",
		   policy_on_full_words[c->on_full]);
}

/* In single quotes, where only the quote itself is special. */
static void put_name(const char *name, struct buf *out)
{
	buf_puts(out, "'");
	for (; *name; name++) {
		buf_add(out, name, 1);
		if (*name == '\'')
			buf_puts(out, "'");
	}
	buf_puts(out, "'");
}

static void put_causes(uint32_t on, struct buf *out)
{
	const char *comma = "";

	buf_puts(out, "[");
	for (int c = 1; c < CAUSE_COUNT; c++) {
		if (!(on & 1u << c))
			continue;
		buf_printf(out, "%s%s", comma, cause_word((enum cause)c));
		comma = ", ";
	}
	buf_puts(out, "]");
}

static void put_codes(const struct rule *r, struct buf *out)
{
	buf_puts(out, "[");
	for (unsigned i = 0; i < r->n_codes; i++) {
		buf_printf(out, "%s%u", i ? ", " : "", r->codes[i].from);
		if (r->codes[i].from != r->codes[i].to)
			buf_printf(out, "-%u", r->codes[i].to);
	}
	buf_puts(out, "]");
}

/* The preset's own rules come with the preset: they are comments. */
static void put_rule(const struct rule *r, struct buf *out)
{
	const char *in = r->builtin ? "#   " : "    ";

	buf_puts(out, r->builtin ? "# - name: " : "  - name: ");
	put_name(r->name, out);
	buf_printf(out, "\n%son: ", in);
	put_causes(r->on, out);
	if (r->n_codes) {
		buf_printf(out, "\n%sexit_codes: ", in);
		put_codes(r, out);
	}
	buf_printf(out, "\n%saction: %s\n", in, action_word(r->action));
	if (r->max >= 0)
		buf_printf(out, "%smax: %d\n", in, r->max);
	if (!r->counts)
		buf_printf(out, "%scounts: false\n", in);
	if (r->slurm_delay)
		buf_printf(out, "%s# starts again when Slurm says\n", in);
}

static void put_rules(const struct policy *p, struct buf *out)
{
	unsigned i = 0;

	if (p->n_rules && !p->rules[0].builtin)
		buf_puts(out, "rules:\n");
	for (; i < p->n_rules && !p->rules[i].builtin; i++)
		put_rule(&p->rules[i], out);
	if (i < p->n_rules)
		buf_printf(out, "# then the rules of %s:\n", p->preset);
	for (; i < p->n_rules; i++)
		put_rule(&p->rules[i], out);
}

void policy_format(const struct policy *p, struct buf *out)
{
	buf_printf(out, "version: 1\npreset: %s\n", p->preset);
	put_attempts(p, out);
	buf_printf(out, "chunks:\n  max_attempts: %d\n", p->chunk_attempts);
	put_seconds("  timeout: ", p->chunk_timeout_s,
		    p->chunk_timeout_s > 0 ? "\n" : "  # none\n", out);
	put_checkpoint(&p->checkpoint, out);
	put_seconds("nodes:\n  exclude_for: ", p->exclude_for_s, "\n", out);
	put_rules(p, out);
}

void policy_digest(const void *text, size_t len, char hex[65])
{
	unsigned char sha[crypto_hash_sha256_BYTES];

	crypto_hash_sha256(sha, text, len);
	text_hex(sha, sizeof(sha), hex);
}
