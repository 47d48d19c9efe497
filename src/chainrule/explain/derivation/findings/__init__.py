"""Findings: what a study of a function holds, and how it is written."""
