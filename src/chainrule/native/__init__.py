"""Native code: a recorded function becomes terms, a schedule, LLVM text and machine code; docs/native.md goes through it."""
