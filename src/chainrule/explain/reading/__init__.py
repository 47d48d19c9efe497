"""Typed mathematics becomes expressions: characters, tokens, grammar."""
