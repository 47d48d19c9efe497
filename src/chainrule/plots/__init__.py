"""Figures: functions, surfaces, descents, curvature and backpropagation, each with a summary in words."""

from chainrule.plots.curves import curve
from chainrule.plots.ellipse import curvature_ellipse
from chainrule.plots.picture import Picture
from chainrule.plots.races import learning_rates, losses
from chainrule.plots.surfaces import contour, gradient_field, surface

__all__ = ["Picture", "contour", "curvature_ellipse", "curve", "gradient_field", "learning_rates", "losses", "surface"]
