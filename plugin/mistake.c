/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mistake.c - see "--belay standard" where "--belay=standard" was meant
 *
 * An optional argument cannot stand apart, so sbatch takes the word for the
 * script and says only that it cannot open it, before any option has reached
 * the plugin.  We speak first and refuse nothing: sbatch does that by itself,
 * and a line too much is the worst that comes of a wrong guess.
 */

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "plugin/mistake.h"
#include "plugin/spank.h"

static const char *const presets[] = {
	"none", "standard", "retry", "high-availability", "failover",
	"checkpoint-recovery", "restore", "off",
};

static int ends_with(const char *word, const char *end)
{
	size_t n = strlen(word), m = strlen(end);

	return n > m && !strcmp(word + n - m, end);
}

static int is_policy(const char *word)
{
	if (ends_with(word, ".yaml") || ends_with(word, ".yml"))
		return 1;
	for (size_t i = 0; i < sizeof(presets) / sizeof(presets[0]); i++)
		if (!strcmp(presets[i], word))
			return access(word, F_OK) < 0;
	return 0;
}

static const char *word_after(const char *word)
{
	return word + strlen(word) + 1;
}

/* Is there the script already, whose own arguments follow?  A word that is a
 * file may be it. */
static int has_script(const char *word, const char *end)
{
	for (; word < end; word = word_after(word))
		if (word[0] != '-' && access(word, F_OK) == 0)
			return 1;
	return 0;
}

const char *mistake_find(const char *cmdline, size_t len)
{
	const char *first, *word, *end;

	while (len && cmdline[len - 1])
		len--;
	if (!len)
		return NULL;
	end = cmdline + len;
	first = word_after(cmdline);	/* behind "sbatch" */
	for (word = first; word < end; word = word_after(word)) {
		const char *next = word_after(word);

		if (!strcmp(word, "--"))
			return NULL;
		if (strcmp(word, "--belay"))
			continue;
		return next < end && is_policy(next) &&
		       !has_script(first, word) ? next : NULL;
	}
	return NULL;
}

void mistake_report(void)
{
	int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	char cmdline[4096];
	const char *word;
	ssize_t n;

	if (fd < 0)
		return;
	n = read(fd, cmdline, sizeof(cmdline));
	close(fd);
	if (n <= 0)
		return;
	word = mistake_find(cmdline, (size_t)n);
	if (word)
		slurm_error("belay: did you mean --belay=%s?", word);
}
