"""Writes gaussian-nll.json, PyTorch's Gaussian negative log-likelihood in float64, of numbers that float32 has exactly.

    python test/golden/make_gaussian.py    (PyTorch 2.13)
"""
import json
import pathlib

import torch
from torch.nn.functional import gaussian_nll_loss

torch.manual_seed(5)
mean, target = (torch.randn(3, 5).float().double() for _ in range(2))
variance = (torch.rand(3, 5) * 3).float().double()
variance[0, 0], variance[2, 1] = 0.0, 2.0**-12  # below eps, and small

cases = []
for reduction in ("mean", "sum", "none"):
    for full, eps in ((False, 1e-6), (True, 1e-3)):
        m, v = mean.clone().requires_grad_(), variance.clone().requires_grad_()
        loss = gaussian_nll_loss(m, target, v, full=full, eps=eps, reduction=reduction)
        loss.sum().backward()
        cases.append(
            {
                "options": {"reduction": reduction, "full": full, "eps": eps},
                "loss": loss.sum().item(),
                "losses": loss.flatten().tolist(),
                "grad": m.grad.flatten().tolist(),
                "variance_grad": v.grad.flatten().tolist(),
            }
        )
inputs = {"shape": [3, 5], "mean": mean, "target": target, "variance": variance}
inputs = {name: value if name == "shape" else value.flatten().tolist() for name, value in inputs.items()}
text = ",\n".join(json.dumps(case) for case in cases)
path = pathlib.Path(__file__).with_name("gaussian-nll.json")
path.write_text(f'{{"inputs": {json.dumps(inputs)},\n"cases": [\n{text}\n]}}\n')
