"""Owns why a rule applies, in words."""

from __future__ import annotations

WHY = {
    "multiply": "each factor is differentiated in turn while the other is kept",
    "divide": "above and below the line both change; the two contributions stand over one denominator",
}
WHY_AT_THE_VARIABLE = {
    ("power", 0): "the base is the variable, and the exponent does not change",
    ("power", 1): "the exponent is the variable, and the base does not change",
    ("divide", 1): "only what stands below the line changes",
    ("integral", 0): "where the integral starts, it loses the integrand's value there",
    ("integral", 1): "where the integral ends, it grows by the integrand's value there",
}
WHY_TOTAL = "each operand contributes its partial derivative times its own derivative"
WHY_CHAIN = "the derivative of the outside at the inside, times the derivative of the inside"
WHY_BY_CASES = "each case is differentiated on its own, inside of where it holds"
