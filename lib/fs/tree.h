/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree.h - a user's own files below a directory: found, read, put in place
 *
 * Unlike records these may lie in directories of any owner and mode.  A path
 * is relative to dirfd and may contain '/'; no component of it is followed if
 * it is a symbolic link.
 */
#ifndef FS_TREE_H
#define FS_TREE_H

#include <sys/stat.h>

#include "fs/fs.h"

#define FS_TREE_DEPTH 64

/* Stops the walk when it returns non-zero, which the walk then returns. */
typedef int (*fs_file_fn)(const char *path, const struct stat *st, void *arg,
			  struct belay_error *err);

/*
 * Call f for each regular file at or below path ("": dirfd itself), sorted
 * directory by directory.  Whatever is neither a directory nor a regular file
 * is refused.
 */
int fs_tree_each(int dirfd, const char *path, fs_file_fn f, void *arg,
		 struct belay_error *err);

/* Make every directory below dirfd durable, the deepest first, itself last. */
int fs_tree_sync(int dirfd, struct belay_error *err);

/* The directory that holds the last component of path, and where in path that
 * begins.  The caller closes it. */
int fs_tree_parent(int dirfd, const char *path, const char **base,
		   struct belay_error *err);
/* A regular file for reading.  BELAY_ENOENT: there is none. */
int fs_tree_open(int dirfd, const char *path, struct belay_error *err);
/* A new file for writing; the name must be free. */
int fs_tree_create(int dirfd, const char *path, struct belay_error *err);
/* Put `from` in the place of the file `to`; both in one directory. */
int fs_tree_rename(int dirfd, const char *from, const char *to,
		   struct belay_error *err);
/* 1: made, 0: there was such a directory, -1. */
int fs_tree_mkdir(int dirfd, const char *path, struct belay_error *err);
bool fs_tree_has_dir(int dirfd, const char *path);
/* Make every regular file at or below dirfd durable.  After an error nobody
 * knows what they hold. */
int fs_tree_sync_files(int dirfd, struct belay_error *err);
/*
 * Move all that is in directory `from`, durable files, to the same places below
 * `to`: directories are made as needed, files and links replace what stands
 * under their names.  The directories are synced last.  An error leaves some
 * moved; the rest can be moved later, by the same call.
 */
int fs_tree_move(int from, int to, struct belay_error *err);
/* Undo: a file, or an empty directory; failure is nobody's business. */
void fs_tree_undo(int dirfd, const char *path);

/* Ask the kernel to begin writing what is dirty, so that a later sync finds
 * less to do.  A hint. */
void fs_write_soon(int fd);
/* Copy all bytes of one open file into another, in the kernel if it can. */
int fs_copy(int from, int to, const char *name, struct belay_error *err);
/* Append len bytes; all, or an error. */
int fs_append(int fd, const void *data, size_t len, const char *name,
	      struct belay_error *err);
/* Close a file that was written: sync it first, and take close(2) at its
 * word, for NFS reports late errors there.  *fd becomes -1. */
int fs_finish(int *fd, const char *name, struct belay_error *err);

#endif /* FS_TREE_H */
