#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# layers.t - the rooms look only where they may, and a look elsewhere is seen

here=$(cd "$(dirname "$0")" && pwd)
tree=$(mktemp -d) || exit 1
trap 'rm -rf "$tree"' EXIT
n=0

ok() {
	n=$((n + 1))
	echo "ok $n - $1"
}

not_ok() {
	n=$((n + 1))
	echo "not ok $n - $1"
	echo "$2" | sed 's/^/# /'
}

# A copy of what is checked, as it was before the last violation.
fresh() {
	rm -rf "${tree:?}/lib" "${tree:?}/cmd" "${tree:?}/plugin"
	cp -R "$here/../lib" "$here/../cmd" "$here/../plugin" "$tree/"
	mkdir -p "$tree/cmd/map" "$tree/cmd/agent" "$tree/lib/chunk"
}

# refused FILE LINE WORDS: with LINE in FILE the check fails and says WORDS
refused() {
	fresh
	printf '%s\n' "$2" >"$tree/$1"
	if said=$("$here/layers.sh" "$tree"); then
		not_ok "refuses '$2' in $1" "accepted"
	elif [ "$said" != "$1:1: $3" ]; then
		not_ok "refuses '$2' in $1" "$said"
	else
		ok "refuses '$2' in $1"
	fi
}

accepted() {
	fresh
	printf '%s\n' "$2" >"$tree/$1"
	if said=$("$here/layers.sh" "$tree"); then
		ok "accepts '$2' in $1"
	else
		not_ok "accepts '$2' in $1" "$said"
	fi
}

if said=$("$here/layers.sh"); then
	ok "the tree keeps the rules"
else
	not_ok "the tree keeps the rules" "$said"
fi

refused lib/base/x.c '#include "fs/fs.h"' \
	'lib/base/ may not include "fs/fs.h"'
refused lib/run/x.h '# include "journal/journal.h"' \
	'lib/run/ may not include "journal/journal.h"'
refused lib/chunk/x.c '#include "cause/cause.h"' \
	'lib/chunk/ may not include "cause/cause.h"'
refused lib/policy/x.c '#include "run/run.h"' \
	'lib/policy/ may not include "run/run.h"'
refused lib/dispatch/x.c '#include "slurm/slurm_sched.h"' \
	'lib/dispatch/ may not include "slurm/slurm_sched.h"'
refused lib/base/x.c '#include "cmd/belay/verb.h"' \
	'lib/base/ may not include "cmd/belay/verb.h"'
refused lib/base/x.c '#include "text.h"' \
	'lib/base/ may not include "text.h"'
refused lib/fs/x.c '#include <yaml.h>' \
	'only lib/policy/ may include <yaml.h>'
refused lib/recover/x.c '#include <slurm/slurm.h>' \
	'only lib/slurm/ may include <slurm/slurm.h>'
refused lib/slurm/x.c '#include <slurm/spank.h>' \
	'only plugin/ may include <slurm/spank.h>'
refused lib/slurm/x.c '#include <slurm/slurmdb.h>' \
	'nobody may include <slurm/slurmdb.h>'
refused cmd/belay/x.c '#include <zmq.h>' \
	'only cmd/map/ may include <zmq.h>'
refused cmd/belay/x.c '#include "slurm/slurm_sched.h"' \
	'cmd/belay/ may not include "slurm/slurm_sched.h"'
refused cmd/agent/x.c '#include "plugin/reply.h"' \
	'cmd/agent/ may not include "plugin/reply.h"'
refused plugin/x.c '#include "base/error.h"' \
	'plugin/ may not include "base/error.h"'
refused plugin/x.c '#include <slurm/slurm.h>' \
	'only lib/slurm/ may include <slurm/slurm.h>'
for call in fsync fdatasync syncfs rename renameat linkat link; do
	refused lib/journal/x.c "x = $call (fd);" \
		"only lib/fs/ may make names and bytes durable: x = $call (fd);"
done
refused cmd/map/x.c '/* one */ if (rename(a, b)) /* two */' \
	"only lib/fs/ may make names and bytes durable: /* one */ if\
 (rename(a, b)) /* two */"

accepted lib/fs/x.c 'fsync(fd);'
accepted lib/fs/x.c '#include "base/error.h"'
accepted cmd/agent/x.c '#include "slurm/slurm_sched.h"'
accepted cmd/map/x.c '#include <zmq.h>'
accepted plugin/x.c '#include <slurm/spank.h>'
accepted lib/run/x.c '/* rename(2) */ x = "fsync(2)"; // link(2)'
accepted lib/run/x.c "x = '\"'; /*
#include \"journal/journal.h\"
fsync(fd) */"
accepted lib/run/x.c 'fs_rename(x); unlink(y); store->hard_link(z);'

# rows of LAYERS itself
fresh
sed 's/^run  .*/run base fs cause/' "$here/../lib/LAYERS" >"$tree/lib/LAYERS"
said=$("$here/layers.sh" "$tree")
case $said in
*"run may not look up to cause") ok "a recording room may not be given a deciding one" ;;
*) not_ok "a recording room may not be given a deciding one" "$said" ;;
esac
fresh
mkdir "$tree/lib/utils"
echo 'int x;' >"$tree/lib/utils/x.c"
said=$("$here/layers.sh" "$tree")
case $said in
*"lib/LAYERS does not know the room utils") ok "a room of no rank is refused" ;;
*) not_ok "a room of no rank is refused" "$said" ;;
esac

echo "1..$n"
