/* SPDX-License-Identifier: Apache-2.0 */
/* rendezvous.c - where workers find the coordinator, and with which keys */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "base/text.h"
#include "cmd/map/rendezvous.h"
#include "fs/fs.h"

#define FORMAT "belay-map 2\n%127s\n%40s\n%40s\n%40s\n"
#define FILE_MAX 1024

static int name_it(struct rendezvous *r, const char *dir)
{
	char hex[17];
	uint8_t random[8];

	if (text_random(random, sizeof(random)) < 0)
		return -1;
	text_hex(random, sizeof(random), hex);
	if (text_format(r->name, sizeof(r->name), "map-%s.key", hex) < 0)
		return -1;
	return text_format(r->path, sizeof(r->path), "%s/%s", dir, r->name);
}

/* With a check at its end: wrong keys are a silence that says nothing. */
static int describe(const char *endpoint, const struct link_keys *keys,
		    struct buf *out, struct belay_error *err)
{
	buf_printf(out, "belay-map 2\n%s\n%s\n%s\n%s\n", endpoint,
		   keys->server, keys->client, keys->client_secret);
	buf_printf(out, "%016" PRIx64 "\n", check64(buf_text(out), out->len, 0));
	return out->failed ? err_nomem(err) : 0;
}

int rendezvous_publish(struct rendezvous *r, const char *dir,
		       const char *endpoint, const struct link_keys *keys,
		       struct belay_error *err)
{
	_auto_buf_ struct buf text = { 0 };

	if (name_it(r, dir) < 0)
		return err_set(err, BELAY_EFAILED, "cannot name a file in '%s'",
			       dir);
	r->dirfd = fs_dir_open(dir, false, err);
	if (r->dirfd < 0)
		return -1;
	if (describe(endpoint, keys, &text, err) < 0)
		return -1;
	return fs_publish_copy(r->dirfd, r->name, text.data, text.len,
			       err) < 0 ? -1 : 0;
}

void rendezvous_end(struct rendezvous *r)
{
	if (r->dirfd < 0)
		return;
	fs_remove(r->dirfd, r->name, NULL);
	close(take_fd(&r->dirfd));
}

/* "tcp://0.0.0.0:40000" says no more than the port. */
static int fill_in_address(char endpoint[LINK_ENDPOINT],
			   struct belay_error *err)
{
	const char *launcher = getenv("SLURM_LAUNCH_NODE_IPADDR");
	const char *port = strrchr(endpoint, ':');
	bool colons = launcher && strchr(launcher, ':');
	char given[LINK_ENDPOINT];

	if (strncmp(endpoint, "tcp://0.0.0.0:", 14) &&
	    strncmp(endpoint, "tcp://[::]:", 11))
		return 0;
	if (!launcher || !*launcher)
		return err_set(err, BELAY_EFAILED, "where the coordinator is "
			       "cannot be told: no SLURM_LAUNCH_NODE_IPADDR");
	if (text_format(given, sizeof(given), "tcp://%s%s%s%s",
			colons ? "[" : "", launcher, colons ? "]" : "",
			port) < 0)
		return err_set(err, BELAY_EINVAL, "not an address: '%s'",
			       launcher);
	memcpy(endpoint, given, sizeof(given));
	return 0;
}

static int parse(const struct buf *text, char endpoint[LINK_ENDPOINT],
		 struct link_keys *keys)
{
	_auto_buf_ struct buf right = { 0 };

	memset(keys, 0, sizeof(*keys));
	if (sscanf(buf_text(text), FORMAT, endpoint, keys->server,
		   keys->client, keys->client_secret) != 4 ||
	    describe(endpoint, keys, &right, NULL) < 0)
		return -1;
	return right.len == text->len &&
	       !memcmp(right.data, text->data, right.len) ? 0 : -1;
}

int rendezvous_read(const char *path, char endpoint[LINK_ENDPOINT],
		    struct link_keys *keys, struct belay_error *err)
{
	const char *slash = strrchr(path, '/');
	_auto_free_ char *dir = slash ? strndup(path, (size_t)(slash - path))
				      : NULL;
	_auto_buf_ struct buf text = { 0 };
	_auto_close_ int fd = -1;

	if (!dir)
		return err_set(err, BELAY_EINVAL, "not an absolute path: '%s'",
			       path);
	fd = fs_dir_open(dir, false, err);
	if (fd < 0 || fs_read(fd, slash + 1, FILE_MAX, &text, err) < 0)
		return -1;
	if (parse(&text, endpoint, keys) < 0)
		return err_set(err, BELAY_ECORRUPT, "damaged, or not a "
			       "meeting point of belay map: '%s'", path);
	return fill_in_address(endpoint, err);
}
