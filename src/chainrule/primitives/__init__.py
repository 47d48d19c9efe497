"""The table of rules: what each primitive computes, its derivative, and what people call the rule."""
