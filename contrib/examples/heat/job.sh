#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#SBATCH --job-name=heat --nodes=2 --ntasks=4 --belay=checkpoint-recovery
#SBATCH --output=%x-%j.out --open-mode=append

exec mpirun ./heat 2000 20000 0 plate
