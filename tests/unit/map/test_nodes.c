/* SPDX-License-Identifier: Apache-2.0 */
/* test_nodes.c - what Slurm says of nodes and ports is understood */

#include <stdio.h>
#include <stdlib.h>

#include "cmd/map/address.h"
#include "cmd/map/nodes.h"
#include "tests/support/test.h"

static struct belay_error err;

static void test_cpus_per_node_are_added_up(void **state)
{
	static const struct { const char *text; unsigned sum; bool even; }
	cases[] = {
		{ "4", 4, true }, { "2(x3)", 6, true }, { "4(x2),2", 10, false },
		{ "4,4", 8, true }, { "1,2(x10)", 21, false },
		{ "", 0, true }, { "x", 0, true }, { "4(x", 0, true },
		{ "4(x2", 0, true }, { "4;", 0, true }, { "0", 0, true },
	};
	bool even;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(nodes_sum(cases[i].text, &even), cases[i].sum);
		if (cases[i].sum)
			assert_int_equal(even, cases[i].even);
	}
}

static void test_nodes_count_only_inside_a_job(void **state)
{
	struct nodes nodes;

	(void)state;
	setenv("SLURM_JOB_NUM_NODES", "3", 1);
	setenv("SLURM_JOB_NODELIST", "n[1-3]", 1);
	setenv("SLURM_JOB_CPUS_PER_NODE", "4(x2),2", 1);
	unsetenv("SLURM_JOB_ID");
	assert_ok(nodes_look(&nodes, 2, &err), &err);
	assert_int_equal(nodes.n, 1);
	assert_int_equal(nodes.slots, 2);
	setenv("SLURM_JOB_ID", "12", 1);
	assert_ok(nodes_look(&nodes, 0, &err), &err);
	assert_int_equal(nodes.n, 3);
	assert_int_equal(nodes.slots, 10);
	assert_int_equal(nodes.cpus, 0);
	assert_string_equal(nodes.list, "n[1-3]");
	assert_ok(nodes_look(&nodes, 5, &err), &err);
	assert_int_equal(nodes.slots, 15);
	assert_true(nodes.even);
	setenv("SLURM_JOB_NUM_NODES", "many", 1);
	assert_fails(nodes_look(&nodes, 0, &err), &err, BELAY_EINVAL,
		     "SLURM_JOB_NUM_NODES is no number: 'many'");
}

static void test_port_ranges_are_two_numbers(void **state)
{
	static const struct { const char *text; uint16_t first, last; }
	cases[] = {
		{ "60001-63000", 60001, 63000 }, { "7-7", 7, 7 },
		{ "60001", 0, 0 }, { "9-8", 0, 0 }, { "0-5", 0, 0 },
		{ "1-65536", 0, 0 }, { "1-2x", 0, 0 }, { "", 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint16_t ports[2] = { 0, 0 };

		assert_int_equal(address_parse_ports(cases[i].text, ports),
				 cases[i].first != 0);
		assert_int_equal(ports[0], cases[i].first);
		assert_int_equal(ports[1], cases[i].last);
	}
}

static void write_conf(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	setenv("SLURM_CONF", path, 1);
}

static void test_the_range_of_srun_is_taken_from_slurm_conf(void **state)
{
	static const struct { const char *text; uint16_t first; } cases[] = {
		{ "ClusterName=x\nSrunPortRange=60001-63000\n", 60001 },
		{ "  srunportrange = 5-6 # both\n", 5 },
		{ "#SrunPortRange=5-6\n", 0 },
		{ "SrunPortRange=nonsense\n", 0 },
		{ "", 0 },
	};
	struct tmpdir *d = *state;
	char path[128];
	uint16_t ports[2];

	snprintf(path, sizeof(path), "%s/slurm.conf", d->path);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		write_conf(path, cases[i].text);
		address_ports(ports);
		assert_int_equal(ports[0], cases[i].first);
	}
	setenv("BELAY_PORT_RANGE", "7-9", 1);
	address_ports(ports);
	assert_int_equal(ports[1], 9);
	unsetenv("BELAY_PORT_RANGE");
	unsetenv("SLURM_CONF");
}

static void test_names_that_lead_nowhere_mean_every_address(void **state)
{
	char address[ADDRESS_SIZE];

	(void)state;
	address_facing("", address);
	assert_string_equal(address, "*");
	address_facing("localhost", address);
	assert_string_equal(address, "*");
	address_facing("no-such-node.invalid", address);
	assert_string_equal(address, "*");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cpus_per_node_are_added_up),
		cmocka_unit_test(test_nodes_count_only_inside_a_job),
		cmocka_unit_test(test_port_ranges_are_two_numbers),
		TEST_IN_TMPDIR(test_the_range_of_srun_is_taken_from_slurm_conf),
		cmocka_unit_test(
			test_names_that_lead_nowhere_mean_every_address),
	};

	return cmocka_run_group_tests_name("nodes", tests, NULL, NULL);
}
