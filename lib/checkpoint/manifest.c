/* SPDX-License-Identifier: Apache-2.0 */
/* manifest.c - the files of a checkpoint, and the bytes that list them */

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "checkpoint/manifest.h"
#include "fs/tree.h"

void checkpoint_fini(struct checkpoint *c)
{
	for (unsigned i = 0; i < c->n_files; i++)
		free(c->files[i].name);
	free(c->files);
	free(c->parts);
	*c = (struct checkpoint){ 0 };
}

static bool has_control(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return true;
	return false;
}

static bool is_plain(const char *component, size_t len)
{
	if (!len || len > NAME_MAX)
		return false;
	return component[0] != '.' ||
	       (len > 1 && (len > 2 || component[1] != '.'));
}

const char *manifest_name_fault(const char *name)
{
	unsigned depth = 0;
	size_t len;

	if (strlen(name) >= PATH_MAX)
		return "path is too long";
	if (has_control(name))
		return "name has a control character";
	if (!strcmp(name, MANIFEST))
		return "a file of a checkpoint may not have this name";
	for (;; name += len + 1) {
		len = strcspn(name, "/");
		if (!is_plain(name, len))
			return "not a path below the checkpoint";
		if (++depth > FS_TREE_DEPTH)
			return "path is nested too deep";
		if (!name[len])
			return NULL;
	}
}

/* Room for one more: doubled whenever the number is a power of two. */
static int grow(struct checkpoint *c, struct belay_error *err)
{
	size_t cap = c->n_files ? 2 * (size_t)c->n_files : 1;
	struct checkpoint_file *files;

	if (c->n_files & (c->n_files - 1))
		return 0;
	files = realloc(c->files, cap * sizeof(*files));
	if (!files)
		return err_nomem(err);
	c->files = files;
	return 0;
}

int manifest_add(struct checkpoint *c, const char *name, uint64_t size,
		 unsigned mode, struct belay_error *err)
{
	const char *fault = manifest_name_fault(name);
	char *copy;

	if (fault)
		return err_set(err, BELAY_EINVAL, "%s: '%s'", fault, name);
	if (size > INT64_MAX - c->bytes)
		return err_set(err, BELAY_EINVAL, "file is too large: '%s'",
			       name);
	if (grow(c, err) < 0)
		return -1;
	copy = strdup(name);
	if (!copy)
		return err_nomem(err);
	c->files[c->n_files++] = (struct checkpoint_file){
		.name = copy, .size = size, .mode = mode & 0777,
	};
	c->bytes += size;
	return 0;
}
