"""Logarithms and gamma functions that a compiler can turn into vector instructions.

The C library's are called one number at a time; these have neither calls nor branches.
Domain: positive normal numbers (``log``), non-negative ones (``log1p``, counts).  Relative
errors are below 4e-16, see the tests.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from leukoscope.kernels._jit import njit

_SQRT_HALF_BITS = 0x3FE6A09E667F3BCD
_TO_ONE = 0x3FF0000000000000 - _SQRT_HALF_BITS
_MANTISSA = 0x000FFFFFFFFFFFFF
_LN2_HIGH = 0.6931471803691238  # the leading 33 bits, so that a multiple of it is exact
_LN2_LOW = 1.9082149292705877e-10


@intrinsic
def _bits_of(typing_context: Any, x: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.IntType(64))

    return types.int64(types.float64), codegen


@intrinsic
def _float_of(typing_context: Any, bits: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.DoubleType())

    return types.float64(types.int64), codegen


@njit
def log(x: float) -> float:
    """Natural logarithm of a positive normal number.

    ``x = 2**k * (1 + f)`` with ``1 + f`` in [√½, √2), and ``log(1 + f) = 2 artanh(f / (2 + f))``
    by its series.
    """
    shifted = _bits_of(x) + _TO_ONE  # type: ignore[call-arg]
    k = float((shifted >> 52) - 1023)
    f = _float_of((shifted & _MANTISSA) + _SQRT_HALF_BITS) - 1.0
    s = f / (2.0 + f)
    z = s * s
    series = 2.0 / 21.0
    series = series * z + 2.0 / 19.0
    series = series * z + 2.0 / 17.0
    series = series * z + 2.0 / 15.0
    series = series * z + 2.0 / 13.0
    series = series * z + 2.0 / 11.0
    series = series * z + 2.0 / 9.0
    series = series * z + 2.0 / 7.0
    series = series * z + 2.0 / 5.0
    series = series * z + 2.0 / 3.0
    half = 0.5 * f * f
    return k * _LN2_HIGH - ((half - (s * (half + series * z) + k * _LN2_LOW)) - f)


@njit
def log1p(x: float) -> float:
    """Logarithm of 1 + x for x >= 0, exact to the last digits for small x too."""
    u = 1.0 + x
    return log(u) + (x - (u - 1.0)) / u


@njit
def gamma_remainder(z: float) -> float:
    """What Stirling's formula lacks: lgamma(z) - ((z - ½) log z - z + ½ log 2π), for z >= 8."""
    r = 1.0 / z
    q = r * r
    series = 43867.0 / 244188.0
    series = -3617.0 / 122400.0 + series * q
    series = 1.0 / 156.0 + series * q
    series = -691.0 / 360360.0 + series * q
    series = 1.0 / 1188.0 + series * q
    series = -1.0 / 1680.0 + series * q
    series = 1.0 / 1260.0 + series * q
    series = -1.0 / 360.0 + series * q
    return r * (1.0 / 12.0 + series * q)


@njit
def digamma_remainder(z: float) -> float:
    """Return digamma(z) - log z, for z >= 8."""
    r = 1.0 / z
    q = r * r
    series = -43867.0 / 14364.0
    series = 3617.0 / 8160.0 + series * q
    series = -1.0 / 12.0 + series * q
    series = 691.0 / 32760.0 + series * q
    series = -1.0 / 132.0 + series * q
    series = 1.0 / 240.0 + series * q
    series = -1.0 / 252.0 + series * q
    series = 1.0 / 120.0 + series * q
    series = -1.0 / 12.0 + series * q
    return -0.5 * r + series * q


@njit
def eightfold(z: float) -> float:
    """Return z (z + 1) … (z + 7), which leads from gamma(z) to gamma(z + 8)."""
    u = z * (z + 7.0)
    return u * (u + 6.0) * (u + 10.0) * (u + 12.0)


@njit
def eightfold_slope(z: float) -> float:
    """Return 1/z + 1/(z + 1) + … + 1/(z + 7)."""
    u = z * (z + 7.0)
    outer = u * (u + 6.0)
    inner = (u + 10.0) * (u + 12.0)
    return (2.0 * z + 7.0) * ((2.0 * u + 6.0) * inner + outer * (2.0 * u + 22.0)) / (outer * inner)


@njit
def log_factorial(y: float) -> float:
    """Logarithm of y!, for y >= 0."""
    z = y + 9.0
    stirling = (z - 0.5) * log(z) - z + 0.5 * math.log(2.0 * math.pi) + gamma_remainder(z)
    return stirling - log(eightfold(y + 1.0))


@njit
def total(values: NDArray[np.float64], start: int, end: int) -> float:
    """Sum of values[start:end] in eight interleaved parts: quick, and in one fixed order."""
    a = b = c = d = e = f = g = h = 0.0
    i = start
    while i + 8 <= end:
        a += values[i]
        b += values[i + 1]
        c += values[i + 2]
        d += values[i + 3]
        e += values[i + 4]
        f += values[i + 5]
        g += values[i + 6]
        h += values[i + 7]
        i += 8
    rest = 0.0
    while i < end:
        rest += values[i]
        i += 1
    return ((a + e) + (b + f)) + ((c + g) + (d + h)) + rest
