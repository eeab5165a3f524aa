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
  static constexpr double exp_normal = -708.396;                 // above it e^x is a normal number
  static constexpr std::size_t exp_degree = 11;
  static constexpr int log_terms = 10;
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
  static constexpr float exp_normal = -87.3365f;
  static constexpr std::size_t exp_degree = 6;
  static constexpr int log_terms = 4;
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

/// Coefficients of e^r for |r| <= a = log(2)/2, up to r^exp_degree. Those of the series, of which each later r^m is replaced by its best approximation of
/// a lower degree, r^m - 2 (a/2)^m T_m(r/a) with the Chebyshev polynomial T_m (Lanczos's economization: Muller, ch. 3): two degrees less for the same error.
template <class T>
constexpr auto exp_coefficients() {
  constexpr std::size_t degree = Float<T>::exp_degree, most = degree + 6;
  constexpr double a = 0.34657359027997264;
  std::array<double, most + 1> c{1};
  for (std::size_t n = 1; n <= most; ++n) c[n] = c[n - 1] / static_cast<double>(n);
  for (std::size_t m = most; m > degree; --m) {
    double term = c[m];  // of 2 (a/2)^m T_m(r/a): its powers m, m - 2, ...
    for (std::size_t i = 1; 2 * i <= m; ++i) {
      term *= -a * a / 4 * static_cast<double>((m - 2 * i + 2) * (m - 2 * i + 1)) / static_cast<double>(i * (m - i));
      c[m - 2 * i] -= term;
    }
  }
  return c;
}

/// c_First + c_(First + 2) x + c_(First + 4) x^2 + ...: even and odd powers apart are two chains of half the length.
template <class T, std::size_t First>
LINCLASS_ALWAYS_INLINE T every_second_exp_term(T x) {
  constexpr T coefficient = static_cast<T>(exp_coefficients<T>()[First]);
  if constexpr (First + 2 > Float<T>::exp_degree)
    return coefficient;
  else
    return coefficient + x * every_second_exp_term<T, First + 2>(x);
}

/// e^x = 2^k e^r with |r| <= log(2)/2.
template <class T>
struct Exponential {
  T rounded;  ///< k + bias in its low bits
  T e_r;
  explicit Exponential(T x) {
    using F = Float<T>;
    rounded = x * F::log2e + F::round;
    const T k = rounded - F::round, r = (x - k * F::ln2_high) - k * F::ln2_low, square = r * r;
    e_r = T(1) + (r + square * (every_second_exp_term<T, 2>(square) + r * every_second_exp_term<T, 3>(square)));
  }
};

/// 2^k as two powers of about half the exponent, which are normal numbers: results near 0 and infinity round once.
template <class T>
LINCLASS_ALWAYS_INLINE T exp(T x) {
  using F = Float<T>;
  using Bits = typename F::Bits;
  T c = x < F::exp_lowest ? F::exp_lowest : x;  // comparisons that let NaN through
  c = c > F::exp_highest ? F::exp_highest : c;
  const Exponential<T> e(c);
  const Bits biased = to_bits(e.rounded) - to_bits(F::round) + 2 * F::bias, half = biased >> 1;  // k + 2 bias > 0
  return e.e_r * from_bits<T>(half << F::mantissa) * from_bits<T>((biased - half) << F::mantissa);
}

/// exp for x <= 0 in three quarters of the time; 0 where it would not be a normal number.
template <class T>
LINCLASS_ALWAYS_INLINE T exp_below_0(T x) {
  using F = Float<T>;
  const Exponential<T> e(x);
  const T value = e.e_r * from_bits<T>(to_bits(e.rounded) << F::mantissa);  // the bits of F::round are shifted out
  return x < F::exp_normal ? T(0) : value;
}

/// 2/(2I+1) + x 2/(2I+5) + x^2 2/(2I+9) ..., up to 2/(2Last+1)
template <class T, int I, int Last>
LINCLASS_ALWAYS_INLINE T every_second_atanh_term(T x) {
  constexpr T coefficient = static_cast<T>(2.0 / (2 * I + 1));
  if constexpr (I + 2 > Last)
    return coefficient;
  else
    return coefficient + x * every_second_atanh_term<T, I + 2, Last>(x);
}

/// sum_{i=I}^{Last} z^(i-I) 2/(2i+1)
template <class T, int I, int Last>
LINCLASS_ALWAYS_INLINE T atanh_series(T z) {
  const T square = z * z;
  return every_second_atanh_term<T, I, Last>(square) + z * every_second_atanh_term<T, I + 1, Last>(square);
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
  const T s = f / (T(2) + f), z = s * s, half = T(0.5) * f * f;
  const T tail = s * (half + z * atanh_series<T, 1, F::log_terms>(z)) + (k * F::ln2_low + correction);
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
