#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""training.t - the example is killed, and ends with the same weights"""
import random
import sys
import types

import numpy
from support import tap
from support.job import FOREVER, Job, JobTest, TREE

import slurm_belay

TRAIN = TREE + "/contrib/examples/training/train.py"
SCRIPT = "import runpy, sys\nsys.argv[0] = %r\n" \
         "import slurm_belay\n" \
         "slurm_belay.Run.should_checkpoint = lambda run: True\n" \
         "save = slurm_belay.Run.save\n" \
         "def told(run, *words):\n" \
         "    save(run, *words)\n" \
         "    print('saved', flush=True)\n" \
         "slurm_belay.Run.save = told\n" \
         "runpy.run_path(sys.argv[0], run_name='__main__')\n" % TRAIN


class Training(JobTest):
    policy = FOREVER

    def weights(self, job):
        with open(job.path + "/weights", "rb") as file:
            return file.read()

    def test_the_weights_are_those_of_an_uninterrupted_training(self):
        calm = Job()
        self.addCleanup(calm.remove)
        calm.begin()
        self.assertIn("epochs 0 to 12,", calm.run(SCRIPT, "12", "weights"))
        for _ in range(4):
            self.next_attempt()
            killed = self.job.start(SCRIPT, "12", "weights")
            for _ in range(random.randrange(1, 3)):
                killed.stdout.readline()
            killed.kill()
            killed.communicate()
        self.next_attempt()
        said = self.job.run(SCRIPT, "12", "weights").splitlines()[-1]
        self.assertGreater(int(said.split()[1]), 3)
        self.assertEqual(self.weights(self.job), self.weights(calm))


class Tensor:
    """What slurm_belay asks of a tensor."""

    def __init__(self, array, dtype):
        self.array, self.dtype = array, dtype

    def detach(self):
        return self

    cpu = contiguous = detach

    def view(self, kind):
        self.array = self.array.view(kind)
        return self

    def numpy(self):
        if self.array is None:
            raise TypeError("NumPy knows no such type")
        return self.array


class Tensors(JobTest):
    def test_tensors_are_stored_as_their_arrays(self):
        module = types.ModuleType("torch")
        module.int16 = "i2"
        sys.modules["torch"] = module
        self.addCleanup(sys.modules.pop, "torch")
        bits = numpy.array([0x3f80, 0xc000], "u2")      # 1 and -2
        with slurm_belay.open() as run:
            run.save({"w": Tensor(numpy.ones((2, 3), "f4"), "torch.float32"),
                      "b": Tensor(bits, "torch.bfloat16")})
            state = run.restore()
            self.assertTrue((state["w"] == numpy.ones((2, 3), "f4")).all())
            self.assertEqual(list(state["b"]), [0x3f80, 0xc000])
            with run.open_checkpoint() as c:
                self.assertEqual(c.entries()[1].type, 15)

    def test_those_of_pytorch_too(self):
        try:
            import torch
        except ImportError:
            self.skipTest("PyTorch is not installed")
        kinds = [torch.float32, torch.bfloat16, torch.int64, torch.bool]
        with slurm_belay.open() as run:
            for kind in kinds:
                t = torch.tensor([[1, 0], [2, 3]]).to(kind)
                run.save({"t": t.T})
                got = run.restore()["t"]
                if kind == torch.bfloat16:
                    got = got.view("i2")
                got = torch.from_numpy(got).view(kind)
                self.assertTrue(torch.equal(got, t.T))


if __name__ == "__main__":
    tap.main()
