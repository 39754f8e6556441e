/* SPDX-License-Identifier: Apache-2.0 */
/* files.c - find the segments of an attempt, and read one */

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/text.h"
#include "journal/files.h"

/* Nobody writes more than JOURNAL_SEGMENT_MAX in one. */
#define READ_MAX (2u * JOURNAL_SEGMENT_MAX)

/* "writer.0001.log"; a writer's name may hold dots. */
static bool parse_name(const char *name, struct journal_file *f)
{
	char copy[RUN_NAME_SIZE + 32], *suffix, *number;
	uint64_t n;

	if (text_format(copy, sizeof(copy), "%s", name) < 0)
		return false;
	suffix = strrchr(copy, '.');
	if (!suffix || strcmp(suffix, ".log"))
		return false;
	*suffix = '\0';
	number = strrchr(copy, '.');
	if (!number || strlen(number + 1) < 4 ||
	    text_u64(number + 1, UINT32_MAX, &n) < 0 || !n)
		return false;
	*number = '\0';
	if (!text_is_name(copy))
		return false;
	f->name = name;
	f->segment = (unsigned)n;
	return text_format(f->writer, sizeof(f->writer), "%s", copy) == 0;
}

static int by_writer(const void *a, const void *b)
{
	const struct journal_file *x = a, *y = b;
	int order = strcmp(x->writer, y->writer);

	return order ? order : (x->segment > y->segment) -
			       (x->segment < y->segment);
}

static int fill(struct journal_files *files, struct belay_error *err)
{
	if (fs_list(files->dirfd, &files->names, err) < 0)
		return -1;
	files->file = calloc(files->names.n + 1, sizeof(*files->file));
	if (!files->file)
		return err_nomem(err);
	for (size_t i = 0; i < files->names.n; i++)
		if (parse_name(files->names.name[i], &files->file[files->n]))
			files->n++;
	qsort(files->file, files->n, sizeof(*files->file), by_writer);
	return 0;
}

/* Listed first: NFS may remember for half a minute that it was not there, and
 * a cut taken then would believe nothing. */
int journal_files_list(struct journal_files *files, struct run *r, unsigned n,
		       struct belay_error *err)
{
	_auto_close_ int fd = run_attempt_dir(r, n, err);
	_auto_names_ struct fs_names names = { 0 };

	if (fd < 0 || fs_list(fd, &names, err) < 0)
		return -1;
	if (!fs_names_has(&names, "journal"))
		return 0;
	files->dirfd = fs_subdir_open(fd, "journal", err);
	return files->dirfd < 0 ? -1 : fill(files, err);
}

void journal_files_free(struct journal_files *files)
{
	if (files->dirfd >= 0)
		close(files->dirfd);
	free(files->file);
	fs_names_free(&files->names);
	*files = (struct journal_files){ .dirfd = -1 };
}

int journal_file_read(const struct journal_files *files,
		      const struct journal_file *f, struct buf *bytes,
		      struct journal_end *end, struct belay_error *err)
{
	struct belay_error why = { 0 };

	if (fs_read(files->dirfd, f->name, READ_MAX, bytes, &why) == 0)
		return 1;
	if (why.code == BELAY_ECORRUPT) {
		*end = (struct journal_end){ .state = JOURNAL_CORRUPT };
		snprintf(end->reason, sizeof(end->reason), "%.150s", why.text);
		return 0;
	}
	if (err)
		*err = why;
	return -1;
}

const char *journal_file_misplaced(const struct run *r,
				   const struct journal_file *f,
				   const struct journal_header *h)
{
	char hex[RUN_ID_HEX];

	text_hex(h->submission, sizeof(h->submission), hex);
	if (strcmp(hex, r->submission))
		return "it belongs to another run";
	if (h->segment != f->segment)
		return "its header is of another segment";
	return NULL;
}
