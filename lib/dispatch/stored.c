/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stored.c - the policy that a run was submitted with
 *
 * Its name is the digest of its text, so damage shows even where it leaves a
 * policy that is good, but not what the owner wanted.
 */

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "dispatch/stored.h"

int stored_policy(const char *root, const char *cluster, const char *id,
		  struct policy *p, struct belay_error *err)
{
	_auto_buf_ struct buf text = { 0 };
	char is[POLICY_ID_HEX];

	if (run_policy_read(root, cluster, id, &text, err) < 0)
		return -1;
	policy_digest(buf_text(&text), text.len, is);
	if (strcmp(is, id))
		return err_set(err, BELAY_ECORRUPT, "policy does not match "
			       "its digest: '%s/%s/policies/%s.yaml'", root,
			       cluster, id);
	return policy_parse("policy", buf_text(&text), text.len, p, err);
}

/* <root> of <root>/<cluster>/<run>. */
static char *root_of(const struct run *r)
{
	char *root = strdup(r->dir);

	for (int i = 0; root && i < 2; i++) {
		char *slash = strrchr(root, '/');

		if (slash && slash != root)
			*slash = '\0';
	}
	return root;
}

int stored_policy_of(const struct run *r, struct policy *p,
		     struct belay_error *err)
{
	_auto_free_ char *root = root_of(r);

	if (!root)
		return err_nomem(err);
	if (!r->policy[0])
		return policy_preset(r->preset[0] ? r->preset : "standard", p,
				     err);
	return stored_policy(root, r->cluster, r->policy, p, err);
}
