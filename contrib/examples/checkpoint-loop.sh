#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# checkpoint-loop.sh - a job that is one long computation, not many chunks
#
#   sbatch checkpoint-loop.sh
#
# It keeps all that it must not lose in files, hands them to belay now and
# then, and starts from the newest good ones when BELAY_CHECKPOINT is set.
# The computation here is a sum of squares; yours is slower.

#SBATCH --job-name=checkpoint-loop
#SBATCH --time=10
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --belay=checkpoint-recovery

set -eu

last=${LAST:-600}		# iterations in all
every=${EVERY:-30}		# iterations from checkpoint to checkpoint

# Work where a killed attempt can leave nothing behind that we would trust.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 143' TERM

if [ -n "${BELAY_CHECKPOINT:-}" ]; then
	cp "$BELAY_CHECKPOINT/state" "$work/state"
	echo "restored checkpoint $BELAY_CHECKPOINT_ID"
else
	echo "0 0" >"$work/state"
fi
read -r i sum <"$work/state"
echo "going on after iteration $i of $last"

while [ "$i" -lt "$last" ]; do
	i=$((i + 1))
	sum=$((sum + i * i))
	sleep "${PAUSE:-1}"

	if [ $((i % every)) -eq 0 ] || [ "$i" -eq "$last" ]; then
		echo "$i $sum" >"$work/state"
		(cd "$work" && belay checkpoint save state)
	fi
done
echo "the sum of the squares up to $last is $sum"
