#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# cut.t - what was acknowledged survives the power, on real file systems
#
# CUTS=5000 cuts more often on each file system; SEED=N repeats a row.

here=$(cd "$(dirname "$0")" && pwd)
kinds="ext4 xfs"
export PYTHONDONTWRITEBYTECODE=1

say() {		# say N STATUS WHAT
	if [ "$2" -eq 0 ]; then echo "ok $1 - $3"; else echo "not ok $1 - $3"; fi
}

if [ "$(id -u)" -ne 0 ] || [ ! -e /dev/loop-control ]; then
	echo "1..0 # SKIP root and loop devices are needed to mount a disk"
	exit
fi
if [ "${1-}" != inside ]; then
	exec unshare -m --propagation private "$0" inside
fi

scratch=$(mktemp -d) || exit 1
trap 'rmdir "$scratch"' EXIT
mount -t tmpfs -o size=2G,mode=700 power-cut "$scratch" || exit 1
trap 'cd /; umount -l "$scratch"; rmdir "$scratch"' EXIT
n=0
echo 1..2
for kind in $kinds; do
	n=$((n + 1))
	"$here/cut.py" "$kind" "${CUTS:-50}" "$scratch"
	say $n $? "nothing acknowledged is lost when the power of $kind is cut"
done
