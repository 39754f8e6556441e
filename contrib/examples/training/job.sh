#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#SBATCH --job-name=training --nodes=1 --belay=checkpoint-recovery
#SBATCH --output=%x-%j.out --open-mode=append

exec python3 train.py 200 weights
