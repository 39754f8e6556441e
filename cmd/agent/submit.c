/* SPDX-License-Identifier: Apache-2.0 */
/* submit.c - belay-agent submit: check what was asked for, make the hint */

#include <getopt.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd/agent/agent.h"
#include "dispatch/dispatch.h"
#include "policy/policy.h"
#include "slurm/slurm_sched.h"

static const struct option options[] = {
	{ "policy", required_argument, NULL, 'p' },
	{ "root", required_argument, NULL, 'r' },
	{ "run", required_argument, NULL, 'n' },
	{ 0 }
};

/* Only a file is stored, below the cluster's name: else nothing is asked. */
static int find_cluster(const char *policy, char *out, size_t size,
			struct belay_error *err)
{
	out[0] = '\0';
	if (policy_is_preset(policy) || access(policy, F_OK) < 0)
		return 0;
	return slurm_cluster_name(out, size, err);
}

static int run(int argc, char **argv)
{
	const char *policy = NULL, *root = getenv("BELAY_ROOT"), *name = NULL;
	char cluster[RUN_NAME_SIZE], text[HINT_SIZE];
	struct belay_error err;
	struct hint hint;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'p': policy = optarg; break;
		case 'r': root = optarg; break;
		case 'n': name = optarg; break;
		default: return agent_usage("submit: wrong arguments");
		}
	}
	if (!policy || optind < argc)
		return agent_usage("submit: --policy is needed");
	if (find_cluster(policy, cluster, sizeof(cluster), &err) < 0 ||
	    dispatch_submit(policy, root, name, cluster, &hint, &err) < 0 ||
	    hint_format(&hint, text, &err) < 0)
		return reply_error(&err);
	reply("BELAY_HINT", text);
	return reply_ok();
}

const struct agent_verb submit_verb = {
	"submit", "--policy P [--root DIR] [--run NAME]", "check, make a hint",
	9500, run
};
