"""Findings: what a study of a function holds, how it is written, and the exact forms of numbers that were found."""
