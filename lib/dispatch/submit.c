/* SPDX-License-Identifier: Apache-2.0 */
/* submit.c - check what was asked for, and make the hint */

#include <limits.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "dispatch/choice.h"
#include "dispatch/dispatch.h"
#include "dispatch/pattern.h"
#include "fs/fs.h"

/* What is wrong with the place of records now is a failure: nobody has made a
 * mistake in what was asked for. */
static int store_policy(const char *root, const char *cluster,
			const char *id, const struct buf *text,
			struct belay_error *err)
{
	_auto_free_ char *place = run_root(root, err);

	if (place && run_policy_store(place, cluster, id, text->data,
				      text->len, err) == 0)
		return 0;
	err_prefix(err, "the policy cannot be stored");
	err_remedy(err, "--belay-root=DIR names another place");
	if (err)
		err->code = BELAY_EFAILED;
	return -1;
}

static int take_policy(const char *policy, const char *root,
		       const char *cluster, struct hint *h,
		       struct belay_error *err)
{
	struct choice c;
	int rc = 0;

	if (choice_read(policy, &c, err) < 0)
		return -1;
	text_format(h->preset, sizeof(h->preset), "%s", c.policy.preset);
	if (c.text.len) {
		policy_digest(c.text.data, c.text.len, h->policy);
		rc = store_policy(root, cluster, h->policy, &c.text, err);
	}
	buf_free(&c.text);
	return rc;
}

static bool is_below(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	return !strncmp(path, dir, len) && (!path[len] || path[len] == '/');
}

/* Does everybody know that it is another directory on every node? */
static bool has_local_name(const char *path)
{
	static const char *const dirs[] = { "/tmp", "/var/tmp", "/dev/shm" };

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		if (is_below(path, dirs[i]))
			return true;
	return false;
}

static int refuse_local(const char *path, struct belay_error *err)
{
	return err_set(err, BELAY_EINVAL, "the root is local to this node: "
		       "'%s'; the job's next nodes would not find it", path);
}

static int take_root(const char *root, char out[PATH_MAX],
		     struct belay_error *err)
{
	_auto_close_ int fd = -1;
	bool local_only = false;

	if (root[0] != '/')
		return err_set(err, BELAY_EINVAL,
			       "the root must be an absolute path: '%s'", root);
	if (has_local_name(root))
		return refuse_local(root, err);
	fd = fs_dir_open(root, true, err);
	if (fd < 0)
		return err_prefix(err, "root");
	if (!realpath(root, out))
		return err_sys(err, "cannot resolve the root '%s'", root);
	fs_type(fd, &local_only);
	if (local_only || has_local_name(out))
		return refuse_local(out, err);
	return 0;
}

int dispatch_submit(const char *policy, const char *root, const char *run,
		    const char *cluster, struct hint *out,
		    struct belay_error *err)
{
	char canonical[PATH_MAX] = "";
	struct hint h = { 0 };
	uint8_t id[16];

	if (run && pattern_check(run, err) < 0)
		return -1;
	if (root && take_root(root, canonical, err) < 0)
		return -1;
	if (text_format(h.root, sizeof(h.root), "%s", canonical) < 0)
		return err_set(err, BELAY_EINVAL, "the root's path is too long");
	if (take_policy(policy, root ? canonical : NULL, cluster, &h, err) < 0)
		return -1;
	if (text_random(id, sizeof(id)) < 0)
		return err_sys(err, "cannot get random bytes");
	text_hex(id, sizeof(id), h.submission);
	*out = h;
	return 0;
}
