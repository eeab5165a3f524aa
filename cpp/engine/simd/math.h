/// exp and log1p to 2 ulp, and sigma on top of them, for float and double.
///
/// Branch-free arithmetic on one number: the compiler turns a loop over them into the vectors of this level, and every loss stays a plain
/// loop. Both follow the classical argument reductions (Muller, Elementary Functions, 3rd ed., ch. 11; Tang 1989, 1990) with coefficients that the compiler
/// works out from the series: no table of magic numbers.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>

/// Before a loop: its rounds do not depend on each other through memory, so it may become vectors without a test for overlap.
#if defined(__clang__)
#define LINCLASS_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#elif defined(__GNUC__)
#define LINCLASS_INDEPENDENT _Pragma("GCC ivdep")
#else
#define LINCLASS_INDEPENDENT __pragma(loop(ivdep))
#endif

/// A call in a loop keeps it from becoming vectors.
#if defined(_MSC_VER)
#define LINCLASS_ALWAYS_INLINE __forceinline
#else
#define LINCLASS_ALWAYS_INLINE inline __attribute__((always_inline))
#endif

namespace linclass::engine {

template <class T>
struct Float;
template <>
struct Float<double> {
  using Bits = std::uint64_t;
  static constexpr int mantissa = 52;
  static constexpr Bits bias = 1023, sqrt_half = 0x3fe6a09e667f3bcd;
  static constexpr double round = 6755399441055744.0 + 1023;  // 1.5 * 2^52 + bias: adding it leaves k + bias in the low bits
  static constexpr double integer = 4503599627370496.0;       // 2^52
  static constexpr double log2e = 1.4426950408889634;
  static constexpr double ln2_high = 6.93147180369123816490e-01;  // its low 21 bits are 0, so that k * ln2_high is exact
  static constexpr double ln2_low = 1.90821492927058770002e-10;
  static constexpr double exp_lowest = -746, exp_highest = 710;  // 0 and infinity after rounding
  static constexpr std::size_t exp_degree = 11;
  static constexpr std::size_t log_degree = 6, log_degree_to_2 = 9;
};
template <>
struct Float<float> {
  using Bits = std::uint32_t;
  static constexpr int mantissa = 23;
  static constexpr Bits bias = 127, sqrt_half = 0x3f3504f3;
  static constexpr float round = 12582912.0f + 127;
  static constexpr float integer = 8388608.0f;
  static constexpr float log2e = 1.44269504f;
  static constexpr float ln2_high = 6.93145752e-01f;  // low bits are 0
  static constexpr float ln2_low = 1.42860682e-06f;
  static constexpr float exp_lowest = -105, exp_highest = 89;
  static constexpr std::size_t exp_degree = 6;
  static constexpr std::size_t log_degree = 2, log_degree_to_2 = 3;
};

template <class T>
inline typename Float<T>::Bits to_bits(T x) {
  typename Float<T>::Bits bits;
  std::memcpy(&bits, &x, sizeof(x));
  return bits;
}
template <class T>
inline T from_bits(typename Float<T>::Bits bits) {
  T x;
  std::memcpy(&x, &bits, sizeof(x));
  return x;
}

/// Coefficients of a power series for |x| <= a by a polynomial of a lower degree: each later x^m is replaced by its best approximation of a lower degree,
/// x^m - 2 (a/2)^m T_m(x/a) with the Chebyshev polynomial T_m (Lanczos's economization: Muller, ch. 3). What is left beyond the degree is of no use.
template <std::size_t n>
constexpr std::array<double, n> economized(std::array<double, n> c, std::size_t degree, double a) {
  for (std::size_t m = n - 1; m > degree; --m) {
    double term = c[m];  // of 2 (a/2)^m T_m(x/a): its powers m, m - 2, ...
    for (std::size_t i = 1; 2 * i <= m; ++i) {
      term *= -a * a / 4 * static_cast<double>((m - 2 * i + 2) * (m - 2 * i + 1)) / static_cast<double>(i * (m - i));
      c[m - 2 * i] -= term;
    }
  }
  return c;
}

/// c_First + c_(First + 2) x + c_(First + 4) x^2 + ...: even and odd powers apart are two chains of half the length.
template <class Series, std::size_t First, class T>
LINCLASS_ALWAYS_INLINE T every_second_term(T x) {
  constexpr T coefficient = static_cast<T>(Series::coefficient(First));
  if constexpr (First + 2 > Series::degree)
    return coefficient;
  else
    return coefficient + x * every_second_term<Series, First + 2>(x);
}

/// e^r for |r| <= log(2)/2, two degrees less than the series for the same error
template <class T>
struct ExponentialSeries {
  static constexpr std::size_t degree = Float<T>::exp_degree;
  static constexpr double coefficient(std::size_t i) {
    std::array<double, degree + 7> c{1};
    for (std::size_t m = 1; m < c.size(); ++m) c[m] = c[m - 1] / static_cast<double>(m);
    return economized(c, degree, 0.34657359027997264)[i];
  }
};

/// x = k log(2) + r with |r| <= log(2)/2
template <class T>
struct Reduced {
  T rounded;  ///< k + bias in its low bits
  T r;
  explicit Reduced(T x) {
    using F = Float<T>;
    rounded = x * F::log2e + F::round;
    const T k = rounded - F::round;
    r = (x - k * F::ln2_high) - k * F::ln2_low;
  }
};
/// e^r - 1
template <class T>
LINCLASS_ALWAYS_INLINE T expm1_of_remainder(T r) {
  using Series = ExponentialSeries<T>;
  const T square = r * r;
  return r + square * (every_second_term<Series, 2>(square) + r * every_second_term<Series, 3>(square));
}

/// 2^k as two powers of about half the exponent, which are normal numbers: results near 0 and infinity round once.
template <class T>
LINCLASS_ALWAYS_INLINE T exp(T x) {
  using F = Float<T>;
  using Bits = typename F::Bits;
  T c = x < F::exp_lowest ? F::exp_lowest : x;  // comparisons that let NaN through
  c = c > F::exp_highest ? F::exp_highest : c;
  const Reduced<T> reduced(c);
  const Bits biased = to_bits(reduced.rounded) - to_bits(F::round) + 2 * F::bias, half = biased >> 1;  // k + 2 bias > 0
  return (T(1) + expm1_of_remainder(reduced.r)) * from_bits<T>(half << F::mantissa) * from_bits<T>((biased - half) << F::mantissa);
}

/// e[i] = exp(x(i)) for at most `most` numbers x(i) <= 0; 0 where a power of 2 is not a normal number. The two steps are loops of their own: a processor has
/// more numbers under way in two short chains of operations than in a long one.
template <std::ptrdiff_t most, class T, class X>
LINCLASS_ALWAYS_INLINE void exp_below_0(std::ptrdiff_t count, const X& x, T* e) {
  using F = Float<T>;
  T rounded[most];
  LINCLASS_INDEPENDENT
  for (std::ptrdiff_t i = 0; i < count; ++i) {
    const Reduced<T> reduced(x(i));
    rounded[i] = reduced.rounded, e[i] = reduced.r;
  }
  LINCLASS_INDEPENDENT
  for (std::ptrdiff_t i = 0; i < count; ++i) {
    const T power = from_bits<T>(to_bits(rounded[i]) << F::mantissa);  // the bits of F::round are shifted out
    const T value = power + power * expm1_of_remainder(e[i]);
    e[i] = rounded[i] <= F::round - static_cast<T>(F::bias) ? T(0) : value;
  }
}

/// (2 atanh(s) / s - 2) / s^2 = 2/3 + 2/5 z + 2/7 z^2 + ..., z = s^2, for log(1 + f) = 2 atanh(s), s = f / (2 + f), with 1 + f in [sqrt(1/2), sqrt(2)), or
/// up to 2. As a series in s it has even powers alone, and so have their approximations.
template <class T, bool to_2>
struct LogarithmSeries {
  static constexpr std::size_t degree = to_2 ? Float<T>::log_degree_to_2 : Float<T>::log_degree;
  static constexpr double coefficient(std::size_t i) {
    std::array<double, 2 * degree + 21> c{};
    for (std::size_t m = 0; m < c.size(); m += 2) c[m] = 2.0 / static_cast<double>(m + 3);
    return economized(c, 2 * degree, to_2 ? 1.0 / 3 : 0.17157287525380990)[2 * i];
  }
};

/// log(1 + f) - (f - f^2/2) = s (f^2/2 + z (2/3 + 2/5 z + ...))
template <class T, bool to_2>
LINCLASS_ALWAYS_INLINE T log1p_tail(T f, T half_square) {
  using Series = LogarithmSeries<T, to_2>;
  const T s = f / (T(2) + f), z = s * s, square = z * z;
  return s * (half_square + z * (every_second_term<Series, 0>(square) + z * every_second_term<Series, 1>(square)));
}

/// log(1 + x) for 0 <= x <= 1: f = x takes no reduction.
template <class T>
LINCLASS_ALWAYS_INLINE T log1p_up_to_1(T x) {
  const T half = T(0.5) * x * x;
  return x - (half - log1p_tail<T, true>(x, half));
}

/// log(1 + x) for 0 <= x < infinity, with inverse = 1 / (1 + x), which every caller has:
/// k log 2 + log(1 + f) with 1 + f in [sqrt(1/2), sqrt(2)), log(1 + f) = f - f^2/2 + s (f^2/2 + R(s^2)), s = f / (2 + f);
/// the rounding of u = 1 + x is put back to first order. Where k = 0, f is x itself and nothing was rounded.
template <class T>
LINCLASS_ALWAYS_INLINE T log1p(T x, T inverse) {
  using F = Float<T>;
  using Bits = typename F::Bits;
  constexpr Bits one = F::bias << F::mantissa, fraction = (Bits(1) << F::mantissa) - 1;
  const T u = T(1) + x;
  const Bits shifted = to_bits(u) + (one - F::sqrt_half);
  const T k = from_bits<T>(static_cast<Bits>((shifted >> F::mantissa) | to_bits(F::integer))) - (F::integer + static_cast<T>(F::bias));
  const T m = from_bits<T>(static_cast<Bits>((shifted & fraction) + F::sqrt_half));
  const T lost = u > T(2) ? T(1) - (u - x) : x - (u - T(1));
  const T f = k == T(0) ? x : m - T(1);
  const T correction = k == T(0) ? T(0) : lost * inverse;
  const T half = T(0.5) * f * f;
  const T tail = log1p_tail<T, false>(f, half) + (k * F::ln2_low + correction);
  return k * F::ln2_high + (f - (half - tail));
}

/// For every x.
template <class T>
LINCLASS_ALWAYS_INLINE T log1p(T x) {
  constexpr T infinity = std::numeric_limits<T>::infinity();
  T y = log1p(x, T(1) / (T(1) + x));
  y = x == infinity ? infinity : y;
  y = x == T(0) ? x : y;
  y = x == T(-1) ? -infinity : y;
  return x >= T(-1) ? y : std::numeric_limits<T>::quiet_NaN();
}

/// sigma(z) without overflow: 1 / (1 + e) or e / (1 + e) with e = exp(-|z|).
template <class T>
LINCLASS_ALWAYS_INLINE T sigmoid(T z) {
  const T e = exp(z < T(0) ? z : -z);
  return (z < T(0) ? e : T(1)) / (T(1) + e);
}

}  // namespace linclass::engine
