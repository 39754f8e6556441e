/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ensemble.c - one trajectory of an ensemble, into one file
 *
 * A program of the kind that belay protects; it knows nothing of belay.  The
 * result depends on the arguments only, to the byte.  The file is written in
 * place: whoever must not see half a file gives the name of a temporary one.
 */

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "integrate.h"

#define EXIT_USAGE 2

struct arguments {
	unsigned long k;
	const char *file;
	double time, tolerance;		/* 0: the problem's own */
};

static const char help[] =
	"usage: ensemble [OPTION]... K FILE\n"
	"\n"
	"Integrate trajectory number K of an ensemble of differential equations\n"
	"and write where it ends to FILE.  Even K: the Lorenz equations, from a\n"
	"start of its own; odd K: van der Pol's, with a stiffness of its own.\n"
	"\n"
	"  -t, --time=T       integrate up to time T; the work grows with it\n"
	"  -e, --tolerance=E  relative error tolerated in a step, 1e-13 to 0.1\n"
	"  -h, --help         show this text\n"
	"\n"
	"Exit status: 0 done, 1 failed, 2 wrong usage.\n";

static const struct option options[] = {
	{ "time",      required_argument, NULL, 't' },
	{ "tolerance", required_argument, NULL, 'e' },
	{ "help",      no_argument,       NULL, 'h' },
	{ 0 }
};

static _Noreturn void usage(void)
{
	fputs("Try 'ensemble --help'.\n", stderr);
	exit(EXIT_USAGE);
}

static _Noreturn void show_help(void)
{
	fputs(help, stdout);
	exit(fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS);
}

static double parse_number(const char *what, const char *text, double least,
			   double most)
{
	char *end;
	double x;

	x = strtod(text, &end);
	if (end == text || *end || !(x >= least && x <= most)) {
		fprintf(stderr,
			"ensemble: %s: not a number from %g to %g: '%s'\n",
			what, least, most, text);
		usage();
	}
	return x;
}

static unsigned long parse_k(const char *text)
{
	unsigned long k;
	char *end;

	errno = 0;
	k = strtoul(text, &end, 10);
	if (errno || *end || *text < '0' || *text > '9') {
		fprintf(stderr, "ensemble: not a trajectory's number: '%s'\n",
			text);
		usage();
	}
	return k;
}

static void parse_operands(struct arguments *args, int n, char **operands)
{
	if (n != 2) {
		fprintf(stderr, "ensemble: K and FILE are needed, got %d %s\n",
			n, n == 1 ? "argument" : "arguments");
		usage();
	}
	args->k = parse_k(operands[0]);
	args->file = operands[1];
}

static void parse(struct arguments *args, int argc, char **argv)
{
	int c;

	while ((c = getopt_long(argc, argv, "t:e:h", options, NULL)) != -1) {
		switch (c) {
		case 't':
			args->time = parse_number("--time", optarg, 1e-6, 1e9);
			break;
		case 'e':
			args->tolerance = parse_number("--tolerance", optarg,
						       1e-13, 0.1);
			break;
		case 'h':
			show_help();
		default:
			usage();
		}
	}
	parse_operands(args, argc - optind, argv + optind);
}

static void print_vector(FILE *out, const char *name, int n, const double *v)
{
	fprintf(out, "%s", name);
	for (int i = 0; i < n; i++)
		fprintf(out, " %.17g", v[i]);
	fputc('\n', out);
}

static void print(FILE *out, unsigned long k, const struct problem *p,
		  const struct result *r)
{
	fprintf(out, "trajectory %lu\n", k);
	fprintf(out, "problem %s\n", p->name);
	fprintf(out, "method %s\n", p->method->name);
	fprintf(out, "parameter %.17g\n", p->parameter);
	fprintf(out, "tolerance %.17g\n", p->tolerance);
	fprintf(out, "time %.17g\n", p->t_end);
	print_vector(out, "start", p->n, p->y0);
	print_vector(out, "state", p->n, r->y);
	print_vector(out, "mean", p->n, r->mean);
	fprintf(out, "accepted %lu\n", r->accepted);
	fprintf(out, "rejected %lu\n", r->rejected);
	fprintf(out, "local-error %.17g\n", r->local_error);
}

/* 0, or -1 with errno set: a disk may be found full as late as in close(). */
static int write_result(const char *file, unsigned long k,
			const struct problem *p, const struct result *r)
{
	FILE *out = fopen(file, "w");

	if (!out)
		return -1;
	print(out, k, p, r);
	if (fflush(out) || ferror(out)) {
		fclose(out);
		return -1;
	}
	return fclose(out) ? -1 : 0;
}

int main(int argc, char **argv)
{
	struct arguments args = { 0 };
	struct problem p;
	struct result r;

	parse(&args, argc, argv);
	p = problem_of(args.k);
	if (args.time > 0)
		p.t_end = args.time;
	if (args.tolerance > 0)
		p.tolerance = args.tolerance;
	if (!integrate(&p, &r)) {
		fprintf(stderr, "ensemble: trajectory %lu: the steps became "
			"too short; try a larger --tolerance\n", args.k);
		return EXIT_FAILURE;
	}
	if (write_result(args.file, args.k, &p, &r) < 0) {
		fprintf(stderr, "ensemble: cannot write '%s': %s\n", args.file,
			strerror(errno));
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}
