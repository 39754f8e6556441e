/* SPDX-License-Identifier: Apache-2.0 */
/* reader.h - what a reader is, for the files of this room */
#ifndef PACK_READER_H
#define PACK_READER_H

#include <sys/types.h>

#include "pack/source.h"

struct pack_reader {
	pid_t pid;		/* who opened it */
	char name[PACK_NAME];
	struct pack_header header;
	struct pack_sum sum;
	struct source source;
};

#endif /* PACK_READER_H */
