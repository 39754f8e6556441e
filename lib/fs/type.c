/* SPDX-License-Identifier: Apache-2.0 */
/* type.c - which file system is it: for warnings and refusals, not decisions */

#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/vfs.h>

#include "fs/fs.h"

static const struct {
	uint32_t magic;
	const char *name;
	bool local_only;
} types[] = {
	{ 0x6969, "nfs", false },
	{ 0x0bd00bd0, "lustre", false },
	{ 0x47504653, "gpfs", false },
	{ 0x19830326, "beegfs", false },
	{ 0x00c36400, "ceph", false },
	{ 0x65735546, "fuse", false },
	{ 0xef53, "ext4", false },	/* exported, it is shared */
	{ 0x58465342, "xfs", false },
	{ 0x9123683e, "btrfs", false },
	{ 0x01021994, "tmpfs", true },
	{ 0x858458f6, "ramfs", true },
	{ 0x794c7630, "overlayfs", false },
};

const char *fs_type(int fd, bool *local_only)
{
	struct statfs s;

	*local_only = false;
	if (fstatfs(fd, &s) < 0)
		return "unknown";
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if ((uint32_t)s.f_type == types[i].magic) {
			*local_only = types[i].local_only;
			return types[i].name;
		}
	}
	return "unknown";
}

int fs_stay_killable(int dirfd)
{
	bool local_only;

	return strcmp(fs_type(dirfd, &local_only), "nfs") ? 0 : O_DIRECT;
}
