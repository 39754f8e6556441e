/* SPDX-License-Identifier: Apache-2.0 */
/* show_journal.c FILE... - what the library reads, as read_journal.py says it */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "journal/fields.h"
#include "journal/format.h"

static void print_number(const struct event_field *f, const void *member)
{
	switch (f->size) {
	case 1:
		printf(" %u", *(const uint8_t *)member);
		break;
	case 4:
		if (f->kind == FIELD_I32)
			printf(" %" PRId32, *(const int32_t *)member);
		else
			printf(" %" PRIu32, *(const uint32_t *)member);
		break;
	case 8:
		printf(" %" PRIu64, *(const uint64_t *)member);
		break;
	default:
		abort();
	}
}

static void print_result(const struct event_result *r)
{
	char hex[2 * RESULT_INLINE_MAX + 1];

	if (r->kind == RESULT_INLINE && r->length <= RESULT_INLINE_MAX) {
		text_hex(r->bytes, r->length, hex);
		printf(" inline %" PRIu64 " %s", r->length, hex);
	} else if (r->kind == RESULT_FILE) {
		text_hex(r->digest, sizeof(r->digest), hex);
		printf(" file %" PRIu32 " %" PRIu64 " %" PRIu64 " %s",
		       r->segment, r->offset, r->length, hex);
	}
}

static void print_field(const struct event_field *f, const struct event *e)
{
	const void *member = (const char *)e + f->offset;
	char hex[33];

	if (f->kind == FIELD_TEXT) {
		printf(" '%s'", (const char *)member);
	} else if (f->kind == FIELD_DIGEST) {
		text_hex(member, 16, hex);
		printf(" %s", hex);
	} else if (f->kind == FIELD_RESULT) {
		print_result(member);
	} else if (f->kind == FIELD_F64) {
		printf(" %.17g", *(const double *)member);
	} else {
		print_number(f, member);
	}
}

static int print_record(const struct record *rec, void *arg)
{
	static struct event e;
	const struct event_row *row = event_row_of(rec->type);

	(void)arg;
	if (event_decode(rec, &e, NULL) != 1)
		abort();
	printf("%" PRIu64 " %" PRId64 " %s", rec->seq, rec->time_us, row->word);
	for (const struct event_field *f = row->field; f->kind; f++)
		print_field(f, &e);
	putchar('\n');
	return 0;
}

static void show(const uint8_t *bytes, size_t len)
{
	struct journal_header h = { .attempt = 0 };
	struct journal_end end;

	if (journal_header_decode(bytes, len, &h, NULL))
		printf("attempt %u segment %u writer %s first %" PRIu64
		       " previous %016" PRIx64 "\n", h.attempt, h.segment,
		       h.writer, h.first, h.previous);
	journal_decode(bytes, len, UINT64_MAX, h.attempt, h.writer,
		       print_record, NULL, &end);
	printf("%s %" PRIu64 " %016" PRIx64 "\n", journal_state_word(end.state),
	       end.length, end.check);
}

int main(int argc, char **argv)
{
	static uint8_t bytes[1 << 20];

	for (int i = 1; i < argc; i++) {
		FILE *f = fopen(argv[i], "r");

		if (!f) {
			perror(argv[i]);
			return 1;
		}
		show(bytes, fread(bytes, 1, sizeof(bytes), f));
		fclose(f);
	}
	return 0;
}
