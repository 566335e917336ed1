"""Writes schedules.json, PyTorch's learning rates and momenta after every step of each schedule.

    python test/golden/make_schedules.py    (PyTorch 2.13)
"""
import json
import pathlib
import warnings

import torch
from torch.optim import SGD, Adam
from torch.optim.lr_scheduler import (
    CosineAnnealingLR,
    ExponentialLR,
    LinearLR,
    MultiStepLR,
    OneCycleLR,
    ReduceLROnPlateau,
    SequentialLR,
    StepLR,
)

warnings.simplefilter("ignore")


def groups():
    first, second = (torch.nn.Parameter(torch.zeros(2)) for _ in range(2))
    return [{"params": [first]}, {"params": [second], "lr": 0.07}]


def sgd():
    return SGD(groups(), lr=0.3, momentum=0.5)


def adam():
    return Adam(groups(), lr=0.3)


def momentum(group):
    return group["betas"][0] if "betas" in group else group["momentum"]


def follow(name, optimizer, schedule, steps, metrics=None):
    rates, momenta = [], []
    for t in range(steps + 1):
        if t > 0:
            optimizer.step()
            schedule.step(*([] if metrics is None else [metrics[t - 1]]))
        rates.append([group["lr"] for group in optimizer.param_groups])
        momenta.append([momentum(group) for group in optimizer.param_groups])
    return {"name": name, "steps": steps, "rates": rates, "momenta": momenta, "metrics": metrics}


def made(name, make, schedule, steps, metrics=None):
    chosen = make()
    return follow(name, chosen, schedule(chosen), steps, metrics)


def warm_up(optimizer):
    parts = [
        LinearLR(optimizer, start_factor=0.1, total_iters=4),
        CosineAnnealingLR(optimizer, T_max=9, eta_min=0.01),
        ExponentialLR(optimizer, gamma=0.5),
    ]
    return SequentialLR(optimizer, parts, milestones=[4, 13])


metrics = [3.0, 2.0, 2.0, 1.9999, 2.1, 2.2, 1.0, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 0.9, 0.95, 0.95, 0.95, 0.95, 0.95, 0.95]
cases = [
    made("StepLR", sgd, lambda o: StepLR(o, step_size=3, gamma=0.4), 11),
    made("MultiStepLR", sgd, lambda o: MultiStepLR(o, milestones=[2, 5, 5, 9]), 11),
    made("ExponentialLR", sgd, lambda o: ExponentialLR(o, gamma=0.83), 11),
    made("CosineAnnealingLR", sgd, lambda o: CosineAnnealingLR(o, T_max=7, eta_min=0.02), 20),
    made("LinearLR", sgd, lambda o: LinearLR(o), 8),
    made("LinearLR down", sgd, lambda o: LinearLR(o, start_factor=0.9, end_factor=0.2, total_iters=6), 8),
    made("SequentialLR", sgd, warm_up, 18),
    made("OneCycleLR", adam, lambda o: OneCycleLR(o, max_lr=[0.5, 0.2], total_steps=17), 16),
    made(
        "OneCycleLR three lines",
        sgd,
        lambda o: OneCycleLR(
            o,
            max_lr=0.6,
            epochs=3,
            steps_per_epoch=7,
            pct_start=0.35,
            anneal_strategy="linear",
            base_momentum=0.7,
            max_momentum=0.9,
            div_factor=10,
            final_div_factor=50,
            three_phase=True,
        ),
        20,
    ),
    made(
        "OneCycleLR without momentum",
        sgd,
        lambda o: OneCycleLR(o, max_lr=0.6, total_steps=10, pct_start=0.5, cycle_momentum=False),
        9,
    ),
    made("ReduceLROnPlateau", sgd, lambda o: ReduceLROnPlateau(o, patience=2, factor=0.5), len(metrics), metrics),
    made(
        "ReduceLROnPlateau of a maximum",
        sgd,
        lambda o: ReduceLROnPlateau(
            o, mode="max", patience=1, factor=0.3, threshold=0.2, threshold_mode="abs", cooldown=2, min_lr=0.02
        ),
        len(metrics),
        metrics,
    ),
]
text = ",\n".join(json.dumps(case) for case in cases)
pathlib.Path(__file__).with_name("schedules.json").write_text(f"[\n{text}\n]\n")
