"""Plots of a page as SVG, drawn with Matplotlib."""
