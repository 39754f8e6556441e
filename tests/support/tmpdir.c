/* SPDX-License-Identifier: Apache-2.0 */
/* tmpdir.c - a directory for one test */

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/support/test.h"

int tmpdir_setup(void **state)
{
	struct tmpdir *d = calloc(1, sizeof(*d));
	const char *base = getenv("TMPDIR");

	if (!d)
		return -1;
	snprintf(d->path, sizeof(d->path), "%.40s/belay-XXXXXX",
		 base ? base : "/tmp");
	if (!mkdtemp(d->path))
		return -1;
	d->fd = open(d->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = d;
	return d->fd < 0 ? -1 : 0;
}

static int remove_one(const char *path, const struct stat *st, int flag,
		      struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

int tmpdir_teardown(void **state)
{
	struct tmpdir *d = *state;

	close(d->fd);
	nftw(d->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(d);
	return 0;
}

void assert_holds(int dirfd, const char *const *names)
{
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fdopendir(fd);
	size_t wanted = 0, found = 0;
	struct dirent *e;

	assert_non_null(dir);
	while (names[wanted])
		wanted++;
	while ((e = readdir(dir))) {
		size_t i = 0;

		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		while (i < wanted && strcmp(names[i], e->d_name))
			i++;
		if (i == wanted)
			fail_msg("'%s' is left behind", e->d_name);
		found++;
	}
	closedir(dir);
	assert_int_equal(found, wanted);
}
