"""Compares the speed of chainrule with that of its peers; `make bench` runs it."""

import os

# Every run compiles anew, so that it does not depend on the run before it. chainrule is imported after this.
os.environ["CHAINRULE_CACHE"] = "0"
