/* SPDX-License-Identifier: Apache-2.0 */
/* verb_checkpoint_show.c - one checkpoint, file by file or array by array */

#include <stdio.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "checkpoint/manifest.h"
#include "checkpoint/packed.h"
#include "cmd/belay/checkpoint.h"
#include "cmd/belay/print.h"
#include "cmd/belay/which.h"

enum { GIVEN_JSON = GIVEN_AFTER_RUN, GIVEN_COUNT };
static const struct verb_option options[] = {
	WHICH_RUN,
	{ "json", 0, NULL, "an object" },
	{ 0 }
};

static int show_json(const struct run *r, const struct checkpoint *c,
		     struct belay_error *err)
{
	_auto_buf_ struct buf text = { 0 };
	struct json_out o = { .buf = &text, .pretty = true };

	json_open(&o, NULL, '{');
	checkpoint_json(r, c, &o);
	json_open(&o, "files", '[');
	for (unsigned i = 0; i < c->n_files; i++)
		manifest_put_file(&c->files[i], &o);
	json_close(&o, ']');
	if (c->ranks && checkpoint_entries_json(r, c, &o, err) < 0)
		return -1;
	json_close(&o, '}');
	return print_json(&text);
}

static void list_files(const struct checkpoint *c)
{
	char size[16], hex[DIGEST_HEX];

	for (unsigned i = 0; i < c->n_files; i++) {
		digest_format(&c->files[i].digest, hex);
		printf("%s  %10s  %s\n", hex,
		       text_size(c->files[i].size, size), c->files[i].name);
	}
}

static void print_content(const struct checkpoint *c)
{
	unsigned n = c->ranks ? c->ranks : c->n_files;
	char size[16];

	printf("holds      %u %s%s, %s, ", n, c->ranks ? "rank" : "file",
	       n == 1 ? "" : "s", text_size(c->bytes, size));
	if (c->ranks)
		printf("%s of them written for it, ",
		       text_size(c->stored, size));
	printf("%llu chunks done\n", (unsigned long long)c->chunks_done);
}

/* A part that cannot be opened is found before anything is called good. */
static void look_inside(const struct run *r, struct checkpoint *c)
{
	struct packed_reader *p;
	struct belay_error why;

	if (!c->ranks || c->damaged)
		return;
	p = packed_open(r, c, &why);
	if (!p || packed_count(p, &why) < 0) {
		c->damaged = true;
		c->unreadable = !checkpoint_is_damage(&why);
		snprintf(c->reason, sizeof(c->reason), "%.255s", why.text);
	}
	packed_close(p);
}

static int show_text(const struct run *r, struct checkpoint *c,
		     struct belay_error *err)
{
	_auto_free_ char *path = checkpoint_path(r, c->id);
	char ago[24];

	look_inside(r, c);
	printf("checkpoint %llu of run %s, %s\n", (unsigned long long)c->id,
	       r->name, checkpoint_condition(c));
	if (c->damaged)
		printf("reason     %s\n", c->reason);
	if (c->label[0])
		printf("label      %s\n", c->label);
	printf("created    %s by attempt %u (%s)\n",
	       print_ago(c->created_us, ago), c->attempt, c->writer);
	print_content(c);
	printf("directory  %s\n\n", path ? path : "");
	list_files(c);
	fflush(stdout);		/* before what may be said of it */
	return c->ranks ? checkpoint_entries_text(r, c, err) : EXIT_DONE;
}

static int run(const struct verb *v, int argc, char **argv)
{
	const char *given[GIVEN_COUNT] = { NULL };
	_auto_list_ struct checkpoint_list list = { 0 };
	_auto_run_ struct run *r = NULL;
	struct checkpoint *c = NULL;
	struct belay_error err;
	int at = verb_read_options(v, argc, argv, given);

	if (at < 0)
		return verb_option_status(at);
	if (at + 1 != argc)
		return verb_usage(v, "one checkpoint's id is needed");
	r = which_run(given, given[GIVEN_RUN], &err);
	if (r && checkpoint_list(r, &list, &err) == 0)
		c = checkpoint_typed(&list, argv[at], &err);
	if (!c)
		return verb_fail(v, &err);
	at = given[GIVEN_JSON] ? show_json(r, c, &err) :
				 show_text(r, c, &err);
	return at < 0 ? verb_fail(v, &err) : at;
}

const struct verb verb_checkpoint_show = {
	.name = "checkpoint show", .synopsis = "[--run RUN] [--json] ID",
	.line = "show a checkpoint, file by file or array by array",
	.options = options, .run = run,
};
