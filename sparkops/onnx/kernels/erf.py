"""The error function of doubles: ONNX Runtime has it in single precision only.

The rational approximations are those of FreeBSD's `s_erf.c` (Sun Microsystems, 1993), within one unit of the last
digit.
"""

from __future__ import annotations

from collections.abc import Sequence

from sparkops.onnx.graph_builder import GraphBuilder

_OFFSET = 8.45062911510467529297e-01
# Where each approximation ends; from the last one on, the result is 1.
_NEAR_END, _MIDDLE_END, _FAR_END = 0.84375, 1.25, 6.0
_FAR_SPLIT = 1.0 / 0.35
_P = (1.28379167095512558561e-01, -3.25042107247001499370e-01, -2.84817495755985104766e-02,
      -5.77027029648944159157e-03, -2.37630166566501626084e-05)  # fmt: skip
_Q = (1.0, 3.97917223959155352819e-01, 6.50222499887672944485e-02, 5.08130628187576562776e-03,
      1.32494738004321644526e-04, -3.96022827877536812320e-06)  # fmt: skip
_PA = (-2.36211856075265944077e-03, 4.14856118683748331666e-01, -3.72207876035701323847e-01,
       3.18346619901161753674e-01, -1.10894694282396677476e-01, 3.54783043256182359371e-02,
       -2.16637559486879084300e-03)  # fmt: skip
_QA = (1.0, 1.06420880400844228286e-01, 5.40397917702171048937e-01, 7.18286544141962662868e-02,
       1.26171219808761642112e-01, 1.36370839120290507362e-02, 1.19844998467991074170e-02)  # fmt: skip
_RA = (-9.86494403484714822705e-03, -6.93858572707181764372e-01, -1.05586262253232909814e+01,
       -6.23753324503260060396e+01, -1.62396669462573470355e+02, -1.84605092906711035994e+02,
       -8.12874355063065934246e+01, -9.81432934416914548592e+00)  # fmt: skip
_SA = (1.0, 1.96512716674392571292e+01, 1.37657754143519042600e+02, 4.34565877475229228821e+02,
       6.45387271733267880336e+02, 4.29008140027567833386e+02, 1.08635005541779435134e+02,
       6.57024977031928170135e+00, -6.04244152148580987438e-02)  # fmt: skip
_RB = (-9.86494292470009928597e-03, -7.99283237680523006574e-01, -1.77579549177547519889e+01,
       -1.60636384855821916062e+02, -6.37566443368389627722e+02, -1.02509513161107724954e+03,
       -4.83519191608651397019e+02)  # fmt: skip
_SB = (1.0, 3.03380607434824582924e+01, 3.25792512996573918826e+02, 1.53672958608443695994e+03,
       3.19985821950859553908e+03, 2.55305040643316442583e+03, 4.74528541206955367215e+02,
       -2.24409524465858183362e+01)  # fmt: skip


def add_erf(graph: GraphBuilder, value: str) -> str:
    """Return the error function of a tensor of doubles."""
    magnitude = graph.add("Abs", value)
    square = graph.add("Mul", magnitude, magnitude)
    near = graph.add("Add", magnitude, graph.add("Mul", magnitude, _emit_ratio(graph, square, _P, _Q)))
    excess = graph.add("Sub", magnitude, 1.0)
    middle = graph.add("Add", _emit_ratio(graph, excess, _PA, _QA), _OFFSET)
    inverse_square = graph.add("Reciprocal", square)
    inner, outer = _emit_ratio(graph, inverse_square, _RA, _SA), _emit_ratio(graph, inverse_square, _RB, _SB)
    power = graph.add("Where", graph.add("Less", magnitude, _FAR_SPLIT), inner, outer)
    complement = graph.add("Exp", graph.add("Sub", graph.add("Sub", power, 0.5625), square))
    far = graph.add("Sub", 1.0, graph.add("Div", complement, magnitude))
    result = graph.add("Where", graph.add("Less", magnitude, _MIDDLE_END), middle, far)
    result = graph.add("Where", graph.add("Less", magnitude, _NEAR_END), near, result)
    result = graph.add("Where", graph.add("GreaterOrEqual", magnitude, _FAR_END), 1.0, result)
    return graph.add("Mul", result, graph.add("Sign", value))


def _emit_ratio(graph: GraphBuilder, value: str, above: Sequence[float], below: Sequence[float]) -> str:
    return graph.add("Div", _emit_polynomial(graph, value, above), _emit_polynomial(graph, value, below))


def _emit_polynomial(graph: GraphBuilder, value: str, factors: Sequence[float]) -> str:
    """Return factors[0] + factors[1] * value + ..., from the last factor on."""
    total = graph.add("Add", graph.add("Mul", value, factors[-1]), factors[-2])
    for factor in reversed(factors[:-2]):
        total = graph.add("Add", graph.add("Mul", total, value), factor)
    return total
