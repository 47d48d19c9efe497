"""Owns the names of moves that belong to no row of the table: they say how rows are put together."""

from __future__ import annotations

CHAIN = "chain rule"
CHAIN_BY_OPERAND = "chain rule, one operand at a time"
CONSTANT = "constant rule"
DEFINITION = "definition"
TOGETHER = "put the parts together"
AS_POWER = "write it as a power"
BY_CASES = "differentiate case by case"
WHERE_CASES_MEET = "look where the cases meet"
BOTH_SIDES = "differentiate both sides"
BOTH_SIDES_KNOWN = "put both sides together"
COLLECT = "collect the derivative on one side"
DIVIDE = "solve for the derivative"
FACTOR = "factor"
PUT_IN = "put the first derivative in"
USE_THE_CURVE = "use the equation of the curve"
QUOTIENT_OF_SPEEDS = "divide the derivatives by the parameter"
PUT_RATES_IN = "put the rates in"
RELATED_RATES = "related rates"
ADD_UP = "add up the derivatives"
PUT_DEFINITIONS_IN = "put the definitions in"
UNIT_VECTOR = "make the length 1"
COEFFICIENT = "coefficient"
TAYLOR_SUM = "add the terms"
WHERE_INVERTED = "find the point"
INVERSE_RULE = "inverse function theorem"

DIVERGENCE, CURL, JACOBIAN, LAPLACIAN = "divergence", "curl", "Jacobian", "Laplacian"
DIRECTIONAL, DIFFERENTIAL = "directional derivative", "total differential"
CHAIN_OF_SEVERAL = "chain rule of several variables"
TAYLOR, INVERSE, LIMIT = "Taylor polynomial", "derivative of the inverse", "limit"
OF_SUMS = frozenset((DIVERGENCE, CURL, LAPLACIAN, DIRECTIONAL, DIFFERENTIAL, CHAIN_OF_SEVERAL, TAYLOR, INVERSE, LIMIT))
"""What is put together of several derivatives; it is the route of the derivation, and of its parts that add them up."""

STRUCTURE = (CHAIN, CHAIN_BY_OPERAND, CONSTANT, DEFINITION, TOGETHER, AS_POWER, BY_CASES, WHERE_CASES_MEET)
"""All of them: whatever else a derivation calls a rule is the table's."""
