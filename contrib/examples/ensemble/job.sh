#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# job.sh - 300 trajectories on two nodes, each computed once, come what may
#
#   make && sbatch job.sh
#
# Kill a node while it runs: the job comes back without that node and computes
# only what is left.  'belay status' and 'belay why' tell the story.

#SBATCH --job-name=ensemble
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
#SBATCH --time=10
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --belay=high-availability

echo "attempt $BELAY_ATTEMPT: ${BELAY_PREVIOUS_CAUSE:-first start}," \
     "$BELAY_CHUNKS_DONE done"
exec belay map --chunks 300 -- ./one-trajectory {}
