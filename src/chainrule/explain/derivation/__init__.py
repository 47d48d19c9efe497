"""Derivations: the steps to a derivative, checked and shown."""
