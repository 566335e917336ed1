"""PyTorch's time for the closure of closure.mjs. Usage: python benchmarks/closure.py [repetitions]

`fused` is torch.nn.LSTM and torch.nn.GRU in float32; `cells` steps LSTMCell and GRUCell in float64, as the notebook does.
"""
import statistics
import sys
import time

import torch

ROWS, STEPS, UNITS = 197, 999, 51
REPETITIONS = int(sys.argv[1]) if len(sys.argv) > 1 else 3

t = torch.arange(STEPS)[:, None] + 37 * torch.arange(ROWS)[None]
INPUT, TARGET = torch.sin(t / 20)[..., None], torch.sin((t + 1) / 20)[..., None]


def fused(kind):
    layer, head = getattr(torch.nn, kind)(1, UNITS, 2), torch.nn.Linear(UNITS, 1)
    return lambda: torch.nn.functional.mse_loss(head(layer(INPUT)[0]), TARGET).backward()


def cells(kind):
    cell = getattr(torch.nn, kind + 'Cell')
    first, second, head = cell(1, UNITS).double(), cell(UNITS, UNITS).double(), torch.nn.Linear(UNITS, 1).double()
    hidden = (lambda state: state[0]) if kind == 'LSTM' else (lambda state: state)

    def closure():
        a = b = None
        outputs = []
        for x in INPUT.double():
            a = first(x, a)
            b = second(hidden(a), b)
            outputs.append(head(hidden(b)))
        torch.nn.functional.mse_loss(torch.stack(outputs), TARGET.double()).backward()

    return closure


print(f'PyTorch {torch.__version__}: seconds for one closure, {ROWS} × {STEPS} steps, 2 × {UNITS} units')
for form in (fused, cells):
    for kind in ('GRU', 'LSTM'):
        closure = form(kind)
        for threads in (1, 2):
            torch.set_num_threads(threads)
            seconds = []
            for _ in range(REPETITIONS + 1):
                begin = time.perf_counter()
                closure()
                seconds.append(time.perf_counter() - begin)
            seconds = seconds[1:]
            print(f'{kind:5} {form.__name__:5} {threads} threads  least {min(seconds):.3f}  median {statistics.median(seconds):.3f}')
