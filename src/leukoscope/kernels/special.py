"""Logarithms and gamma functions that a compiler can turn into vector instructions.

The C library's are called one number at a time; these have neither calls nor branches, but for
:func:`long_gamma_remainder`.  Errors are a few units in the last place, see the tests.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from leukoscope.kernels._jit import inner_njit

_SQRT_HALF_BITS = 0x3FE6A09E667F3BCD
_TO_ONE = 0x3FF0000000000000 - _SQRT_HALF_BITS
_MANTISSA = 0x000FFFFFFFFFFFFF
_LN2_HIGH = 0.6931471803691238  # the leading 33 bits, so that a multiple of it is exact
_LN2_LOW = 1.9082149292705877e-10
_TO_WHOLE = 6755399441055744.0


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


@inner_njit
def log_near_one(x: float, away: float) -> float:
    """Natural logarithm of a positive normal number x = 1 + away; exact for small `away` too.

    ``x = 2**k * (1 + f)`` with ``1 + f`` in [√½, √2), and ``log(1 + f) = 2 artanh(f / (2 + f))``
    by its series.  Where k is 0, f is `away`, which may have digits that x has not.
    """
    shifted = _bits_of(x) + _TO_ONE  # type: ignore[call-arg]
    k = float((shifted >> 52) - 1023)
    f = away if k == 0.0 else _float_of((shifted & _MANTISSA) + _SQRT_HALF_BITS) - 1.0
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


@inner_njit
def exp(x: float) -> float:
    """Exponential of a number above -708.3; infinite beyond 709.

    ``x = k log 2 + r``: adding 1.5 · 2⁵² rounds to the whole number k and leaves it in the last bits.
    """
    shifted = x * 1.4426950408889634 + _TO_WHOLE
    k = shifted - _TO_WHOLE
    r = (x - k * _LN2_HIGH) - k * _LN2_LOW
    series = 1.0 / 6227020800.0
    series = series * r + 1.0 / 479001600.0
    series = series * r + 1.0 / 39916800.0
    series = series * r + 1.0 / 3628800.0
    series = series * r + 1.0 / 362880.0
    series = series * r + 1.0 / 40320.0
    series = series * r + 1.0 / 5040.0
    series = series * r + 1.0 / 720.0
    series = series * r + 1.0 / 120.0
    series = series * r + 1.0 / 24.0
    series = series * r + 1.0 / 6.0
    series = series * r + 0.5
    series = series * r + 1.0
    found = (series * r + 1.0) * _float_of((_bits_of(shifted) + 1023) << 52)  # type: ignore[call-arg]
    return found if x < 709.0 else np.inf


@inner_njit
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


@inner_njit
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


@inner_njit
def long_gamma_remainder(z: float) -> tuple[float, float]:
    """Return gamma_remainder and digamma_remainder for any z > 0, below 8 by a detour over z + 8.

    From gamma(z) to gamma(z + 8) leads the product z (z + 1) … (z + 7).
    """
    if z >= 8.0:
        return gamma_remainder(z), digamma_remainder(z)
    big, u = z + 8.0, z * (z + 7.0)
    outer, inner = u * (u + 6.0), (u + 10.0) * (u + 12.0)
    slope = (2.0 * z + 7.0) * ((2.0 * u + 6.0) / outer + (2.0 * u + 22.0) / inner)
    log_z, log_big = math.log(z), math.log(big)
    value = (big - 0.5) * log_big - 8.0 - (z - 0.5) * log_z - math.log(outer * inner)
    return gamma_remainder(big) + value, digamma_remainder(big) + log_big - log_z - slope


@inner_njit
def total(values: NDArray[np.float64]) -> float:
    """Sum in eight interleaved parts: quick, and in one fixed order."""
    a = b = c = d = e = f = g = h = 0.0
    i = 0
    while i + 8 <= values.size:
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
    while i < values.size:
        rest += values[i]
        i += 1
    return ((a + e) + (b + f)) + ((c + g) + (d + h)) + rest
