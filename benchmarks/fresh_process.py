"""Owns the first gradient of a fresh process: what each library is told to do there, what time and memory that takes."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter

ROUNDS = 3
NUMPY = "NumPy alone"

_FORMULA = "lambda x: np.sum(np.sin(x) ** 2 * np.exp(-x))"

PROGRAMS: dict[str, tuple[str, str]] = {
    "chainrule, grad": (
        "chainrule",
        f"""
import numpy as np
import chainrule as cr
cr.grad({_FORMULA})(np.linspace(0.1, 3.0, 10))
""",
    ),
    "chainrule, jit called twice": (
        "chainrule",
        f"""
import numpy as np
import chainrule as cr
f = cr.jit(cr.grad({_FORMULA}))
f(np.linspace(0.1, 3.0, 10))
f(np.linspace(0.1, 3.0, 10))
""",
    ),
    "autograd": (
        "autograd",
        f"""
import autograd.numpy as np
from autograd import grad
grad({_FORMULA})(np.linspace(0.1, 3.0, 10))
""",
    ),
    "mygrad": (
        "mygrad",
        """
import mygrad as mg
import numpy as np
x = mg.tensor(np.linspace(0.1, 3.0, 10))
mg.sum(mg.sin(x) ** 2 * mg.exp(-x)).backward()
""",
    ),
    "CasADi SX": (
        "casadi",
        """
import casadi as ca
import numpy as np
x = ca.SX.sym("x", 10)
f = ca.Function("f", [x], [ca.gradient(ca.sum1(ca.sin(x) ** 2 * ca.exp(-x)), x)])
np.asarray(f(np.linspace(0.1, 3.0, 10)))
""",
    ),
    "jax, no jit": (
        "jax",
        """
import jax
import jax.numpy as jnp
import numpy as np
jax.config.update("jax_enable_x64", True)
np.asarray(jax.grad(lambda x: jnp.sum(jnp.sin(x) ** 2 * jnp.exp(-x)))(np.linspace(0.1, 3.0, 10)))
""",
    ),
    "jax.jit called twice": (
        "jax",
        """
import jax
import jax.numpy as jnp
import numpy as np
jax.config.update("jax_enable_x64", True)
f = jax.jit(jax.grad(lambda x: jnp.sum(jnp.sin(x) ** 2 * jnp.exp(-x))))
np.asarray(f(np.linspace(0.1, 3.0, 10)))
np.asarray(f(np.linspace(0.1, 3.0, 10)))
""",
    ),
    "torch": (
        "torch",
        """
import numpy as np
import torch
x = torch.tensor(np.linspace(0.1, 3.0, 10), requires_grad=True)
torch.sum(torch.sin(x) ** 2 * torch.exp(-x)).backward()
x.grad.numpy()
""",
    ),
    NUMPY: ("numpy", "import numpy"),
}
"""For each row what it needs installed, and its program."""

# A process starts with the peak that its parent had, as far as getrusage is concerned; where Linux tells the peak of the
# memory that the process has had since it began, that is read.
_PEAK = """
import os, resource, sys
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
if os.path.exists("/proc/self/status"):
    for line in open("/proc/self/status"):
        if line.startswith("VmHWM"):
            peak = int(line.split()[1]) * 1024
print(peak)
"""


@dataclass(frozen=True, slots=True)
class Start:
    """What one program took.

    seconds: from the start of the process to its end.
    peak: the most memory that it held, in bytes.
    """

    seconds: float
    peak: float


def _environment() -> dict[str, str]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    source = Path(__file__).parent.parent / "src"
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, (str(source), environment.get("PYTHONPATH"))))
    return environment


def _run(program: str) -> Start:
    start = perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", program + _PEAK], env=_environment(), stdout=subprocess.PIPE, text=True, check=True
    )
    return Start(perf_counter() - start, float(done.stdout.split()[-1]))


def measure() -> dict[str, Start]:
    """Return for each program that can run the least of a few rounds; one before them compiles the byte code."""
    programs = {name: text for name, (module, text) in PROGRAMS.items() if find_spec(module) is not None}
    for text in programs.values():
        _run(text)
    runs: dict[str, list[Start]] = {name: [] for name in programs}
    for _ in range(ROUNDS):
        for name, text in programs.items():
            runs[name].append(_run(text))
    return {
        name: Start(min(run.seconds for run in taken), min(run.peak for run in taken)) for name, taken in runs.items()
    }
