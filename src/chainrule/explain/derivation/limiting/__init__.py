"""Limits of functions: by putting the point in, by the laws of limits, and by the rule of l'Hôpital."""
