/// The vector of this level: Eigen's packets, plus the one thing they lack, a partial load.
#pragma once
#include <Eigen/Core>
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <vector>

#include "linclass/data.h"
#include "simd/tiles.h"

namespace linclass::engine {

template <class T>
using Packet = typename Eigen::internal::packet_traits<T>::type;
template <class T>
constexpr int packet_size = static_cast<int>(Eigen::internal::unpacket_traits<Packet<T>>::size);

#if defined(__AVX512F__) || defined(__aarch64__)
constexpr int vector_registers = 32;
#else
constexpr int vector_registers = 16;
#endif
/// Whether a product and a sum are one operation, which leaves no product in a register.
#if defined(__FMA__) || defined(__aarch64__)
constexpr bool multiplies_and_adds = true;
#else
constexpr bool multiplies_and_adds = false;
#endif
/// What is to stay in a cache from the scores of a block of rows to its gradient: in the second level, or in the third, of which every core has a share.
#if defined(__AVX512F__)
constexpr Index block_bytes = 512 << 10, far_block_bytes = 2560 << 10;  // the first is half of that cache in the processors of this level
#else
constexpr Index block_bytes = 192 << 10, far_block_bytes = 1280 << 10;
#endif

/// Rows of so many bytes that stay in the second level: whole packets, and strips of the losses where they are many.
inline Index near_rows(double bytes, Index least, Index most) {
  const Index rows = std::clamp(static_cast<Index>(static_cast<double>(block_bytes) / bytes), least, most);
  return rows - rows % (rows < 256 ? 8 : 64);
}

/// Numbers that begin with a cache line where packets are as long as one: a load across two lines costs two.
template <class T>
using Aligned = std::vector<T, Eigen::aligned_allocator<T>>;

template <class T>
inline Packet<T> load(const T* x) {
  return Eigen::internal::ploadu<Packet<T>>(x);
}
/// Numbers of V as numbers of T, which may be wider.
template <class T, class V>
inline Packet<T> load_as(const V* x) {
  if constexpr (std::is_same_v<T, V>) {
    return load(x);
  } else {
#if defined(__AVX512F__)
    return _mm512_cvtps_pd(_mm256_loadu_ps(x));
#elif defined(__AVX2__)
    return _mm256_cvtps_pd(_mm_loadu_ps(x));
#else
    T wide[packet_size<T>];
    for (int i = 0; i < packet_size<T>; ++i) wide[i] = static_cast<T>(x[i]);
    return load(wide);
#endif
  }
}
template <class T>
inline Packet<T> broadcast(T x) {
  return Eigen::internal::pset1<Packet<T>>(x);
}
/// A number in memory, moved as bits: a Zen 4 broadcasts floats from memory in the pipes that multiply and add, and integers in others.
template <class T>
inline Packet<T> broadcast_from(const T* x) {
#if defined(__AVX512F__)
  if constexpr (std::is_same_v<T, double>) {
    long long bits;
    std::memcpy(&bits, x, sizeof(bits));
    return _mm512_castsi512_pd(_mm512_set1_epi64(bits));
  } else {
    int bits;
    std::memcpy(&bits, x, sizeof(bits));
    return _mm512_castsi512_ps(_mm512_set1_epi32(bits));
  }
#else
  return broadcast(*x);
#endif
}
/// Whether a broadcast of a number in memory costs no more than a load.
#if defined(__AVX__) || defined(__aarch64__)
template <class T>
constexpr bool broadcasts_from_memory = true;
#else
template <class T>
constexpr bool broadcasts_from_memory = sizeof(T) == 8;
#endif
/// Keeps a packet in a register where there are enough of them: GCC would read it from memory again for each use.
template <class P>
EIGEN_ALWAYS_INLINE P keep(P x) {
#if defined(__GNUC__) && defined(__AVX512F__)
  asm("" : "+v"(x));
#endif
  return x;
}
/// The first half of a packet, of which Eigen names the type.
template <class T>
using HalfPacket = typename Eigen::internal::unpacket_traits<Packet<T>>::half;
template <class Part, class P>
EIGEN_ALWAYS_INLINE Part first_part(const P& x) {
  if constexpr (std::is_same_v<Part, P>) {
    return x;
  } else {
#if defined(__AVX512F__)
    return _mm512_castps512_ps256(x);
#elif defined(__AVX__)
    return _mm256_castps256_ps128(x);
#endif
  }
}
template <class P>
inline P multiply_add(const P& a, const P& b, const P& c) {
  return Eigen::internal::pmadd(a, b, c);
}
template <class T>
inline void store(T* to, const Packet<T>& x) {
  Eigen::internal::pstoreu(to, x);
}
/// Rounded to float.
inline void store(float* to, const Packet<double>& x) {
#if defined(__AVX512F__)
  _mm256_storeu_ps(to, _mm512_cvtpd_ps(x));
#elif defined(__AVX2__)
  _mm_storeu_ps(to, _mm256_cvtpd_ps(x));
#else
  double wide[packet_size<double>];
  store(wide, x);
  for (int i = 0; i < packet_size<double>; ++i) to[i] = static_cast<float>(wide[i]);
#endif
}
/// Sums of neighbours: of two packets at level 0, of two such results at level 1, and so on, until one packet holds the sum of each packet of a whole tree.
#if defined(__AVX512F__)
template <int level>
EIGEN_ALWAYS_INLINE __m512d add_neighbours(__m512d a, __m512d b) {
  if constexpr (level == 0) return _mm512_add_pd(_mm512_unpacklo_pd(a, b), _mm512_unpackhi_pd(a, b));
  return _mm512_add_pd(_mm512_shuffle_f64x2(a, b, 0x88), _mm512_shuffle_f64x2(a, b, 0xdd));
}
template <int level>
EIGEN_ALWAYS_INLINE __m512 add_neighbours(__m512 a, __m512 b) {
  if constexpr (level == 0) return _mm512_add_ps(_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b));
  if constexpr (level == 1) return _mm512_add_ps(_mm512_shuffle_ps(a, b, 0x44), _mm512_shuffle_ps(a, b, 0xee));
  return _mm512_add_ps(_mm512_shuffle_f32x4(a, b, 0x88), _mm512_shuffle_f32x4(a, b, 0xdd));
}
#elif defined(__AVX__)
template <int level>
EIGEN_ALWAYS_INLINE __m256d add_neighbours(__m256d a, __m256d b) {
  if constexpr (level == 0) return _mm256_add_pd(_mm256_unpacklo_pd(a, b), _mm256_unpackhi_pd(a, b));
  return _mm256_add_pd(_mm256_permute2f128_pd(a, b, 0x20), _mm256_permute2f128_pd(a, b, 0x31));
}
template <int level>
EIGEN_ALWAYS_INLINE __m256 add_neighbours(__m256 a, __m256 b) {
  if constexpr (level == 0) return _mm256_add_ps(_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b));
  if constexpr (level == 1) return _mm256_add_ps(_mm256_shuffle_ps(a, b, 0x44), _mm256_shuffle_ps(a, b, 0xee));
  return _mm256_add_ps(_mm256_permute2f128_ps(a, b, 0x20), _mm256_permute2f128_ps(a, b, 0x31));
}
#endif
/// packet[0] <- the sum of the numbers of each of the packets, as many as they have lanes.
template <class P>
EIGEN_ALWAYS_INLINE void add_up(P* packet) {
  constexpr int size = static_cast<int>(Eigen::internal::unpacket_traits<P>::size);
#if defined(__AVX__)
  const auto level = [&](auto l) {
    constexpr int results = size >> (decltype(l)::value + 1);
    LINCLASS_UNROLL
    for (int i = 0; i < results; ++i) packet[i] = add_neighbours<decltype(l)::value>(packet[2 * i], packet[2 * i + 1]);
  };
  level(std::integral_constant<int, 0>{}), level(std::integral_constant<int, 1>{});
  if constexpr (size > 4) level(std::integral_constant<int, 2>{});
  if constexpr (size > 8) level(std::integral_constant<int, 3>{});
#else
  Eigen::internal::PacketBlock<P, size> lanes;
  for (int i = 0; i < size; ++i) lanes.packet[i] = packet[i];
  Eigen::internal::ptranspose(lanes);
  for (int distance = 1; distance < size; distance *= 2)
    for (int i = 0; i + distance < size; i += 2 * distance)
      lanes.packet[i] = Eigen::internal::padd(lanes.packet[i], lanes.packet[i + distance]);
  packet[0] = lanes.packet[0];
#endif
}
/// out[i] = the sum of the numbers in packet i; each in the same order, whatever N.
template <int N, class P, class T>
EIGEN_ALWAYS_INLINE void sums(const P* packet, T* out) {
  constexpr int size = static_cast<int>(Eigen::internal::unpacket_traits<P>::size), some = std::min(N, size);
  P tree[size];
  LINCLASS_UNROLL
  for (int i = 0; i < size; ++i) tree[i] = i < some ? packet[i] : Eigen::internal::pset1<P>(T(0));
  add_up(tree);
  if constexpr (N >= size) {
    Eigen::internal::pstoreu(out, tree[0]);
    if constexpr (N > size) sums<N - size>(packet + size, out + size);
  } else {
    T lane[size];
    Eigen::internal::pstoreu(lane, tree[0]);
    LINCLASS_UNROLL
    for (int i = 0; i < N; ++i) out[i] = lane[i];
  }
}
template <class P>
inline auto sum(const P& x) {
  typename Eigen::internal::unpacket_traits<P>::type out;
  sums<1>(&x, &out);
  return out;
}
/// Four numbers of each vector become four packets with a vector in each lane. Vectors lie `stride` apart; every fourth is given, since so few places stay in
/// registers. Packets of eight lanes and more are put together of quarters, and turned within them.
template <class V, class P>
EIGEN_ALWAYS_INLINE void turn_four(const V* const* fourth, Index stride, P* out) {
  static_assert(Eigen::internal::unpacket_traits<P>::size == 4);
  Eigen::internal::PacketBlock<P, 4> lanes;
  LINCLASS_UNROLL
  for (int v = 0; v < 4; ++v) lanes.packet[v] = load_as<typename Eigen::internal::unpacket_traits<P>::type>(fourth[0] + v * stride);
  Eigen::internal::ptranspose(lanes);
  LINCLASS_UNROLL
  for (int v = 0; v < 4; ++v) out[v] = lanes.packet[v];
}
#if defined(__AVX2__)
template <class V>
EIGEN_ALWAYS_INLINE void turn_four(const V* const* fourth, Index stride, Packet<float>* out) {
  const auto four = [&](int v) { return _mm_loadu_ps(fourth[v / 4] + v % 4 * stride); };
#if defined(__AVX512F__)
  const auto quarters = [&](int v) {
    const __m512 two = _mm512_insertf32x4(_mm512_castps128_ps512(four(v)), four(v + 4), 1);
    return _mm512_insertf32x4(_mm512_insertf32x4(two, four(v + 8), 2), four(v + 12), 3);
  };
  const __m512 a = quarters(0), b = quarters(1), c = quarters(2), d = quarters(3);
  const __m512 ab = _mm512_unpacklo_ps(a, b), cd = _mm512_unpacklo_ps(c, d), AB = _mm512_unpackhi_ps(a, b), CD = _mm512_unpackhi_ps(c, d);
  out[0] = _mm512_shuffle_ps(ab, cd, 0x44), out[1] = _mm512_shuffle_ps(ab, cd, 0xee);
  out[2] = _mm512_shuffle_ps(AB, CD, 0x44), out[3] = _mm512_shuffle_ps(AB, CD, 0xee);
#else
  const auto halves = [&](int v) { return _mm256_insertf128_ps(_mm256_castps128_ps256(four(v)), four(v + 4), 1); };
  const __m256 a = halves(0), b = halves(1), c = halves(2), d = halves(3);
  const __m256 ab = _mm256_unpacklo_ps(a, b), cd = _mm256_unpacklo_ps(c, d), AB = _mm256_unpackhi_ps(a, b), CD = _mm256_unpackhi_ps(c, d);
  out[0] = _mm256_shuffle_ps(ab, cd, 0x44), out[1] = _mm256_shuffle_ps(ab, cd, 0xee);
  out[2] = _mm256_shuffle_ps(AB, CD, 0x44), out[3] = _mm256_shuffle_ps(AB, CD, 0xee);
#endif
}
#endif
#if defined(__AVX512F__)
template <class V>
EIGEN_ALWAYS_INLINE void turn_four(const V* const* fourth, Index stride, Packet<double>* out) {
  const auto four = [&](int v) {
    const V* from = fourth[v / 4] + v % 4 * stride;
    if constexpr (std::is_same_v<V, double>)
      return _mm256_loadu_pd(from);
    else
      return _mm256_cvtps_pd(_mm_loadu_ps(from));
  };
  const auto halves = [&](int v, int w) { return _mm512_insertf64x4(_mm512_castpd256_pd512(four(v)), four(w), 1); };
  const __m512d a = halves(0, 2), b = halves(1, 3), c = halves(4, 6), d = halves(5, 7);
  const __m512d ab = _mm512_unpacklo_pd(a, b), cd = _mm512_unpacklo_pd(c, d), AB = _mm512_unpackhi_pd(a, b), CD = _mm512_unpackhi_pd(c, d);
  out[0] = _mm512_shuffle_f64x2(ab, cd, 0x88), out[1] = _mm512_shuffle_f64x2(AB, CD, 0x88);
  out[2] = _mm512_shuffle_f64x2(ab, cd, 0xdd), out[3] = _mm512_shuffle_f64x2(AB, CD, 0xdd);
}
#endif
template <class V>
constexpr int line = 64 / static_cast<int>(sizeof(V));  ///< numbers of a cache line
/// Into the cache of a level. GCC takes what only prefetches for a function without effect: such ones are always to be inlined.
template <int level = 2>
EIGEN_ALWAYS_INLINE void prefetch(const void* address) {
#if defined(__GNUC__)
  __builtin_prefetch(address, 0, 4 - level);
#else
  (void)address;
#endif
}

/// The first `count` < packet_size numbers, zeros behind them; memory behind them is not touched.
template <class T>
inline Packet<T> load_partial(const T* x, int count) {
#if defined(__AVX512F__)
  if constexpr (std::is_same_v<T, double>)
    return _mm512_maskz_loadu_pd(static_cast<__mmask8>((1u << count) - 1), x);
  else
    return _mm512_maskz_loadu_ps(static_cast<__mmask16>((1u << count) - 1), x);
#elif defined(__AVX2__)
  alignas(32) static constexpr std::int32_t ones[16] = {-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0};
  constexpr int words = static_cast<int>(sizeof(T) / 4);
  const __m256i mask = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(ones + 8 - count * words));
  if constexpr (std::is_same_v<T, double>)
    return _mm256_maskload_pd(x, mask);
  else
    return _mm256_maskload_ps(x, mask);
#elif defined(__SSE2__)
  if constexpr (std::is_same_v<T, double>) {
    return _mm_load_sd(x);
  } else {
    if (count == 1) return _mm_load_ss(x);
    const __m128 two = _mm_loadl_pi(_mm_setzero_ps(), reinterpret_cast<const __m64*>(x));
    return count == 2 ? two : _mm_movelh_ps(two, _mm_load_ss(x + 2));
  }
#else
  T padded[packet_size<T>] = {};
  for (int i = 0; i < count; ++i) padded[i] = x[i];
  return load(padded);
#endif
}

template <class T, class V>
inline Packet<T> load_partial_as(const V* x, int count) {
  if constexpr (std::is_same_v<T, V>) {
    return load_partial(x, count);
  } else {
    T wide[packet_size<T>] = {};
    for (int i = 0; i < count; ++i) wide[i] = static_cast<T>(x[i]);
    return load(wide);
  }
}

/// The last `count` < packet_size numbers of a vector of `length` that ends at `end`, zeros elsewhere: in the last lanes, since a load of a whole packet
/// that ends there takes some processors a tenth of a masked one, or in the first lanes where the vector is shorter than a packet.
template <class T, class V>
EIGEN_ALWAYS_INLINE Packet<T> load_rest_as(const V* end, int count, Index length) {
  constexpr int S = packet_size<T>;
  if (length < S) return load_partial_as<T>(end - count, count);
#if defined(__AVX512F__)
  if constexpr (std::is_same_v<V, double>) return _mm512_maskz_loadu_pd(static_cast<__mmask8>(0xffu << (S - count)), end - S);
  if constexpr (std::is_same_v<T, float>) return _mm512_maskz_loadu_ps(static_cast<__mmask16>(0xffffu << (S - count)), end - S);
#endif
  using Bits = std::conditional_t<sizeof(T) == 8, std::int64_t, std::int32_t>;
  struct Lanes {
    Bits bits[2 * S]{};
    constexpr Lanes() {
      for (int i = S; i < 2 * S; ++i) bits[i] = -1;
    }
  };
  static constexpr Lanes lanes;
  Packet<T> mask;
  std::memcpy(&mask, lanes.bits + count, sizeof(mask));
  return Eigen::internal::pand(load_as<T>(end - S), mask);
}
/// The first lane that load_rest_as fills.
template <class T>
constexpr int rest_lane(int count, Index length) {
  return length < packet_size<T> ? 0 : packet_size<T> - count;
}

}  // namespace linclass::engine
