/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fs.h - all that belay ever asks of a shared file system
 *
 * The rules behind it are in doc/STORAGE.md: names are never reused, a file
 * has one writer, existence is learnt by reading directories, nothing is
 * decided by locks, mtimes, inode numbers or the wall clock, and a failed sync
 * is never repeated as if it could succeed.
 *
 * Every name given here is a single component.  No call follows a symbolic
 * link, and what is opened is checked to be ours.
 */
#ifndef FS_FS_H
#define FS_FS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

/*
 * Open the directory path (absolute) by walking it component by component.
 * Each directory on the way belongs to root or to us and is not writable by
 * others (a sticky one, like /tmp, may be); a symbolic link is followed only
 * if it belongs to root or to us.  With create, missing components are made
 * (0700) and made durable, but only below a home or another directory that
 * exists: the first component that is missing must have a parent of ours.
 * Opening each on the way has a client of NFS ask the server: it remembers for
 * half a minute which names are missing in a directory, but not beyond that.
 * The last directory must be ours.  Returns an O_PATH-free directory
 * descriptor or -1: BELAY_ENOENT when it is missing, BELAY_ECONFIG when it will
 * not do: it is another's (whose is said), closed to us or no directory.
 */
int fs_dir_open(const char *path, bool create, struct belay_error *err);

/* The directory `name` in dirfd, ours and not writable by others.  _make
 * creates it (0700) when it is missing; it is durable before its first entry,
 * whoever made it. */
int fs_subdir_open(int dirfd, const char *name, struct belay_error *err);
int fs_subdir_make(int dirfd, const char *name, struct belay_error *err);
/* The same, but it is durable only with the next sync of dirfd. */
int fs_subdir_make_first(int dirfd, const char *name, struct belay_error *err);

/*
 * Claim name: create the directory exclusively and make it durable.
 * 1: claimed by this call; 0: somebody has it; -1: error.
 */
int fs_claim(int dirfd, const char *name, struct belay_error *err);

/*
 * Make name appear in dirfd with these bytes, whole and durable, unless it
 * exists: write under a temporary name, sync, link(2), unlink, sync the
 * directory.  1: published by this call; 0: it stood already (whose bytes
 * count); -1: error, and nothing under that name but, when only the last sync
 * failed, the whole.
 */
int fs_publish(int dirfd, const char *name, const void *data, size_t len,
	       struct belay_error *err);
/* The same, but its name is durable only with the next sync of dirfd, such as
 * that of the next fs_publish() there. */
int fs_publish_first(int dirfd, const char *name, const void *data, size_t len,
		     struct belay_error *err);
/* The same without any sync, for a copy of what is recorded elsewhere.  All
 * see it at once; where the file system's power is cut it may be gone, or hold
 * anything, so whoever reads it checks it. */
int fs_publish_copy(int dirfd, const char *name, const void *data, size_t len,
		    struct belay_error *err);

/* Give a finished directory, durable with all below it, its never used name:
 * rename(2), sync both parents.  1: done; 0: the name is taken; -1: error. */
int fs_publish_dir(int from_dirfd, const char *from, int dirfd,
		   const char *name, struct belay_error *err);

/* Read name whole into out (cleared first): a regular file of ours, at most
 * max bytes.  A stale handle is tried again.  BELAY_ENOENT if none. */
int fs_read(int dirfd, const char *name, size_t max, struct buf *out,
	    struct belay_error *err);

/* The entries of a directory without those that start with '.' (_all: with
 * them), sorted by strcmp.  The directory is read anew at every call. */
struct fs_names {		/* start from { 0 } */
	char **name;
	size_t n, cap;
};
int fs_list(int dirfd, struct fs_names *names, struct belay_error *err);
int fs_list_all(int dirfd, struct fs_names *names, struct belay_error *err);
/* Call f for each as it comes, without dots, perhaps more than once; what f
 * returns that is not 0 means that memory is out. */
typedef int (*fs_name_fn)(const char *name, void *arg);
int fs_each_name(int dirfd, fs_name_fn f, void *arg, struct belay_error *err);
bool fs_names_has(const struct fs_names *names, const char *name);
int fs_names_add(struct fs_names *names, const char *name); /* behind; 0, -1 */
void fs_names_free(struct fs_names *names);
#define _auto_names_ __attribute__((cleanup(fs_names_free)))

/* Make name vanish at once and for good: it gets a name that no reader looks
 * at, durably, and then goes.  A missing name is success.  fs_is_discarded()
 * knows what a crash in between leaves. */
int fs_discard(int dirfd, const char *name, struct belay_error *err);
bool fs_is_discarded(const char *name);

/* Remove name and, when it is a directory, all below it; links are removed,
 * never followed.  A missing name is success.  Not durable by itself. */
int fs_remove(int dirfd, const char *name, struct belay_error *err);

/* Give the file `name` of directory `from` another name, in directory `to`; it is
 * durable with the next sync of that.  An error also where the file system makes
 * no hard links. */
int fs_link(int from, const char *name, int to, const char *as,
	    struct belay_error *err);

/* Is there room for so many bytes, of which this process writes its own?  -1 with
 * err->sys ENOSPC or EDQUOT.  0 promises nothing: others write, too. */
int fs_check_room(int dirfd, uint64_t all, uint64_t own,
		  struct belay_error *err);

/* The durable barriers, for the few callers that order things themselves. */
int fs_sync(int fd, const char *name, struct belay_error *err);

/*
 * Segments: preallocated, zero-filled files of one writer, written in aligned
 * blocks of FS_BLOCK bytes, each write durable on return (O_DIRECT|O_DSYNC
 * where the file system can, else O_DSYNC).
 */
#define FS_BLOCK 4096u

/* Create name exclusively with size bytes of zeros (0: empty), durable.
 * Returns a descriptor, or -1 (EEXIST gives BELAY_EBUSY). */
int fs_segment_create(int dirfd, const char *name, size_t size,
		      struct belay_error *err);
/* Open one's own segment again, to write behind what is there. */
int fs_segment_open(int dirfd, const char *name, struct belay_error *err);
/* Write len bytes (a multiple of FS_BLOCK) of data (aligned to FS_BLOCK) at
 * offset; durable, all or an error after which the segment is poisoned. */
int fs_segment_write(int fd, uint64_t offset, const void *data, size_t len,
		     struct belay_error *err);

/*
 * Write len bytes of data behind the offset bytes that a file of ours has; at
 * offset 0 it is created, and its name must be free.  0: durable.  -1: what
 * the file holds from offset on is not known, and it is to be left alone.
 */
int fs_extend(int dirfd, const char *name, uint64_t offset, const void *data,
	      size_t len, struct belay_error *err);
/* len bytes of such a file; BELAY_ECORRUPT when it has less. */
int fs_read_at(int dirfd, const char *name, uint64_t offset, void *data,
	       size_t len, struct belay_error *err);

/* What statfs(2) says of the type: "nfs", "ext4", "tmpfs", ...; local_only is
 * set for types that no other node can see. */
const char *fs_type(int fd, bool *local_only);

/*
 * Who waits for buffered bytes while an NFS server is silent does not even die
 * of SIGKILL; who writes them directly does.  This is the flag for open(2) to
 * do so below dirfd, or 0; NFS takes any length for it.  Who waits for anything
 * but a read or a write with a file open that NFSv4 knows of, a stat or a
 * chmod, does not die either: so the question is asked before.
 */
int fs_stay_killable(int dirfd);

#endif /* FS_FS_H */
