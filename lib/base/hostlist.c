/* SPDX-License-Identifier: Apache-2.0 */
/* hostlist.c - sets of node names in Slurm's notation */

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/hostlist.h"
#include "base/text.h"

void hosts_free(struct hosts *h)
{
	for (size_t i = 0; i < h->n; i++)
		free(h->name[i]);
	free(h->name);
	*h = (struct hosts){ 0 };
}

bool hosts_has(const struct hosts *h, const char *name)
{
	for (size_t i = 0; i < h->n; i++) {
		if (!strcmp(h->name[i], name))
			return true;
	}
	return false;
}

static int append(struct hosts *h, const char *name, struct belay_error *err)
{
	char **grown;
	size_t cap;

	if (h->n == HOSTS_MAX)
		return err_set(err, BELAY_EINVAL, "more than %d nodes", HOSTS_MAX);
	if (h->n == h->cap) {
		cap = h->cap ? 2 * h->cap : 16;
		grown = realloc(h->name, cap * sizeof(*grown));
		if (!grown)
			return err_nomem(err);
		h->name = grown;
		h->cap = cap;
	}
	h->name[h->n] = strdup(name);
	if (!h->name[h->n])
		return err_nomem(err);
	h->n++;
	return 0;
}

int hosts_add(struct hosts *h, const char *name, struct belay_error *err)
{
	return hosts_has(h, name) ? 0 : append(h, name, err);
}

static int bad(const char *text, struct belay_error *err)
{
	return err_set(err, BELAY_EINVAL, "not a node list: '%.100s'", text);
}

/* Expand one item, from its first bracket on by recursion: "r[1-2]n[01-16]". */
static int expand(struct hosts *h, const char *prefix, const char *rest,
		  struct belay_error *err);

static int expand_range(struct hosts *h, const char *prefix, const char *from,
			const char *to, const char *tail,
			struct belay_error *err)
{
	char name[HOST_NAME_SIZE];
	uint64_t a, b;

	if (text_u64(from, 999999999, &a) < 0 ||
	    text_u64(to, 999999999, &b) < 0 || a > b || b - a >= HOSTS_MAX)
		return bad(from, err);
	for (; a <= b; a++) {
		if (text_format(name, sizeof(name), "%s%0*llu", prefix,
				(int)strlen(from), (unsigned long long)a) < 0)
			return bad(prefix, err);
		if (expand(h, name, tail, err) < 0)
			return -1;
	}
	return 0;
}

static int expand(struct hosts *h, const char *prefix, const char *rest,
		  struct belay_error *err)
{
	const char *open = strchr(rest, '['), *shut;
	_auto_free_ char *inside = NULL;
	char name[HOST_NAME_SIZE], *save, *item, *dash;

	if (!open) {
		if (text_format(name, sizeof(name), "%s%s", prefix, rest) < 0 ||
		    !*name || strchr(rest, ']'))
			return bad(rest, err);
		return append(h, name, err);
	}
	shut = strchr(rest, ']');	/* the first must not stand before it */
	if (!shut || shut < open || shut == open + 1 ||
	    text_format(name, sizeof(name), "%s%.*s", prefix,
			(int)(open - rest), rest) < 0)
		return bad(rest, err);
	inside = strndup(open + 1, (size_t)(shut - open - 1));
	if (!inside)
		return err_nomem(err);
	for (item = strtok_r(inside, ",", &save); item;
	     item = strtok_r(NULL, ",", &save)) {
		dash = strchr(item, '-');
		if (dash)
			*dash++ = '\0';
		if (expand_range(h, name, item, dash ? dash : item, shut + 1,
				 err) < 0)
			return -1;
	}
	return 0;
}

/* The length of the item at text: up to a comma outside of brackets. */
static size_t item_length(const char *text)
{
	bool inside = false;
	size_t n = 0;

	for (; text[n] && (text[n] != ',' || inside); n++)
		inside = text[n] == '[' || (inside && text[n] != ']');
	return n;
}

/* By name, and of the same name by place. */
static int by_text(const void *a, const void *b)
{
	char **x = *(char **const *)a, **y = *(char **const *)b;
	int order = strcmp(*x, *y);

	return order ? order : (x > y) - (x < y);
}

/* Close the gaps. */
static void compact(struct hosts *h)
{
	size_t kept = 0;

	for (size_t i = 0; i < h->n; i++)
		if (h->name[i])
			h->name[kept++] = h->name[i];
	h->n = kept;
}

/* Drop repeated names, the first stays; sorting finds them without a loop of
 * loops, for lists may have 100 000 names. */
static int drop_repeated(struct hosts *h, struct belay_error *err)
{
	_auto_free_ char ***at = malloc((h->n + 1) * sizeof(*at));
	size_t first = 0;

	if (!at)
		return err_nomem(err);
	for (size_t i = 0; i < h->n; i++)
		at[i] = &h->name[i];
	qsort(at, h->n, sizeof(*at), by_text);
	for (size_t i = 1; i < h->n; i++) {
		if (strcmp(*at[first], *at[i])) {
			first = i;
			continue;
		}
		free(*at[i]);
		*at[i] = NULL;
	}
	compact(h);
	return 0;
}

int hosts_parse(struct hosts *h, const char *text, struct belay_error *err)
{
	if (!strcmp(text, "(null)"))	/* how Slurm prints none */
		return 0;
	while (*text) {
		size_t n = item_length(text);
		_auto_free_ char *item = strndup(text, n);

		if (!item)
			return err_nomem(err);
		if (n && expand(h, "", item, err) < 0)
			return -1;
		text += n + (text[n] == ',');
	}
	return drop_repeated(h, err);
}

/* ---- formatting ---- */

/* A name taken apart: "n07" is prefix "n", number 7, width 2. */
struct part {
	const char *name;
	size_t prefix;		/* length */
	uint64_t number;
	size_t width;		/* 0: no number */
};

static struct part take_apart(const char *name)
{
	size_t len = strlen(name), at = len;
	struct part p = { name, len, 0, 0 };

	while (at && isdigit((unsigned char)name[at - 1]) && len - at < 9)
		at--;
	if (at < len && text_u64(name + at, 999999999, &p.number) == 0) {
		p.prefix = at;
		p.width = len - at;
	}
	return p;
}

/* Numbers without leading zeros share a range whatever their width. */
static size_t padding(const struct part *p)
{
	return p->name[p->prefix] == '0' && p->width > 1 ? p->width : 0;
}

static bool same_family(const struct part *a, const struct part *b)
{
	return a->width && b->width && a->prefix == b->prefix &&
	       !memcmp(a->name, b->name, a->prefix) &&
	       (a->width == b->width || (!padding(a) && !padding(b)));
}

static int by_part(const void *x, const void *y)
{
	const struct part *a = x, *b = y;
	size_t n = a->prefix < b->prefix ? a->prefix : b->prefix;
	int c = memcmp(a->name, b->name, n);

	if (!c && a->prefix != b->prefix)
		c = a->prefix < b->prefix ? -1 : 1;
	if (!c && !same_family(a, b))
		c = (a->width > b->width) - (a->width < b->width);
	if (!c)
		c = (a->number > b->number) - (a->number < b->number);
	return c;
}

/* Write the family that starts at p[0] and return how many names it has. */
static size_t format_family(const struct part *p, size_t n, struct buf *out)
{
	size_t count = 1, i, run;

	while (count < n && same_family(&p[0], &p[count]))
		count++;
	if (count == 1) {
		buf_puts(out, p->name);
		return 1;
	}
	buf_add(out, p->name, p->prefix);
	for (i = 0; i < count; i += run) {
		for (run = 1; i + run < count &&
			      p[i + run].number == p[i].number + run; run++)
			;
		buf_puts(out, i ? "," : "[");
		buf_puts(out, p[i].name + p[i].prefix);
		if (run > 1)
			buf_printf(out, "-%s",
				   p[i + run - 1].name + p[i].prefix);
	}
	buf_puts(out, "]");
	return count;
}

void hosts_format(const struct hosts *h, struct buf *out)
{
	_auto_free_ struct part *p = malloc((h->n + 1) * sizeof(*p));

	if (!p) {
		out->failed = true;
		return;
	}
	for (size_t i = 0; i < h->n; i++)
		p[i] = take_apart(h->name[i]);
	qsort(p, h->n, sizeof(*p), by_part);
	for (size_t i = 0; i < h->n;) {
		if (i)
			buf_puts(out, ",");
		i += format_family(p + i, h->n - i, out);
	}
	buf_add(out, "", 0);
}
