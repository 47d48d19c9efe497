"""LLVM text and what becomes of it: machine code, for this processor, kept on disk."""
