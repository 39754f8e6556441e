#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""train.py [EPOCHS [FILE]] - a training loop that outlives its nodes

The state is what PyTorch calls a state_dict: of the model, of the optimizer and
of whatever else the next epoch depends on, the random numbers too.  With
PyTorch, tensors go in as they are, and

    model.load_state_dict(tensors(state["model"]))
    optimizer.load_state_dict(tensors(state["optimizer"]))

bring them back.  Without it this is a network of NumPy, trained by Adam, which
learns z = x * y.  FILE gets the weights; they are the same, bit for bit,
however often the training was interrupted.
"""
import sys

import numpy
import slurm_belay


def tensors(value):
    """Arrays as tensors over the same memory, in any container."""
    import torch  # pylint: disable=import-error,import-outside-toplevel
    if isinstance(value, numpy.ndarray):
        return torch.from_numpy(value)
    if isinstance(value, dict):
        return {key: tensors(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(map(tensors, value))
    return value


class Model:
    """Two layers."""

    def __init__(self, rng):
        self.weights = {"hidden.weight": rng.normal(size=(2, 32)),
                        "hidden.bias": numpy.zeros(32),
                        "out.weight": rng.normal(size=(32, 1)) / 32}

    def gradients(self, x, z):
        """Of the mean square error, which comes first."""
        w = self.weights
        hidden = numpy.tanh(x @ w["hidden.weight"] + w["hidden.bias"])
        error = hidden @ w["out.weight"] - z
        back = error @ w["out.weight"].T * (1 - hidden ** 2) / len(x)
        return (error ** 2).mean(), {
            "hidden.weight": x.T @ back, "hidden.bias": back.sum(axis=0),
            "out.weight": hidden.T @ error / len(x)}


class Adam:
    """Its state is numbered by parameter, as that of PyTorch is."""

    def __init__(self, rate):
        self.state, self.groups = {}, [{"rate": rate, "betas": (0.9, 0.999)}]

    def step(self, weights, gradients):
        """Change the weights where they are."""
        group, = self.groups
        for number, name in enumerate(weights):
            zeros = numpy.zeros_like(weights[name])
            s = self.state.setdefault(
                number, {"step": 0, "mean": zeros, "square": zeros.copy()})
            s["step"] += 1
            for key, power, beta in zip(("mean", "square"), (1, 2),
                                        group["betas"]):
                s[key] *= beta
                s[key] += (1 - beta) * gradients[name] ** power
            mean, square = (s[key] / (1 - beta ** s["step"]) for key, beta
                            in zip(("mean", "square"), group["betas"]))
            weights[name] -= group["rate"] * mean / (numpy.sqrt(square) + 1e-8)

    def state_dict(self):
        """As PyTorch has it."""
        return {"state": self.state, "param_groups": self.groups}


def main(epochs=200, path=None):
    rng = numpy.random.default_rng(1)
    model, optimizer = Model(rng), Adam(0.01)
    first, loss = 0, None
    with slurm_belay.open() as run:
        state = run.restore(into={"model": model.weights})
        if state:
            first, loss = state["epoch"], state["loss"]
            optimizer.state = state["optimizer"]["state"]
            optimizer.groups = state["optimizer"]["param_groups"]
            rng.bit_generator.state = state["random"]
        for epoch in range(first, epochs):
            for _ in range(20):
                x = rng.uniform(-1, 1, (64, 2))
                loss, gradients = model.gradients(x, x[:, :1] * x[:, 1:])
                optimizer.step(model.weights, gradients)
            run.progress = slurm_belay.Progress(epoch + 1,
                                                error_estimate=float(loss))
            if run.should_checkpoint() or epoch + 1 == epochs:
                run.save({"epoch": epoch + 1, "loss": float(loss),
                          "model": model.weights,
                          "optimizer": optimizer.state_dict(),
                          "random": rng.bit_generator.state})
    print("epochs %d to %d, loss %.6f" % (first, epochs, loss))
    if path:
        with open(path, "wb") as file:
            for weights in model.weights.values():
                file.write(weights.tobytes())


if __name__ == "__main__":
    main(*[int(arg) for arg in sys.argv[1:2]], *sys.argv[2:3])
