"""Owns how the limits written in C become modules: gcc compiles them when the benchmarks run, as fast as it can."""

from __future__ import annotations

import subprocess
import sysconfig
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import numpy as np

FLAGS = ("-O3", "-march=native", "-ffast-math", "-shared", "-fPIC")


def compiled(source: Path, scratch: Path) -> Any:
    """Return the module that a file of C defines, under the file's name and `_native`; it lies in the folder `scratch`."""
    name = f"{source.stem}_native"
    target = scratch / f"{name}{sysconfig.get_config_var('EXT_SUFFIX')}"
    includes = [f"-I{sysconfig.get_paths()['include']}", f"-I{np.get_include()}"]
    subprocess.run(["gcc", *FLAGS, *includes, str(source), "-o", str(target), "-lm"], check=True)
    spec = spec_from_file_location(name, target)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
