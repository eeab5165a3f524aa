/// Times the kernels of a pass on all threads, each on its own rows: kernels MEGABYTES ROUNDS [d K]
/// Prints one line a case: kernel type layout d K seconds flops bytes (of X), the best of ROUNDS.
#include <omp.h>
#ifdef __linux__
#include <sys/mman.h>
#endif

#include <Eigen/Core>
#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <vector>

#include "data/dense.h"
#include "pass.h"

namespace {

using namespace linclass::engine;
using linclass::Index;

int rounds;

/// Seconds of each body(thread) on all threads at once, in turn, so that a disturbance meets all alike.
template <class... Body>
std::array<double, sizeof...(Body)> best(Body&&... bodies) {
  std::array<double, sizeof...(Body)> least;
  least.fill(1e30);
  for (int round = 0; round <= rounds; ++round) {  // the first does not count
    std::size_t which = 0;
    const auto time = [&](auto& body) {
      const double start = omp_get_wtime();
#pragma omp parallel
      body(omp_get_thread_num());
      if (round > 0) least[which] = std::min(least[which], omp_get_wtime() - start);
      ++which;
    };
    (time(bodies), ...);
  }
  return least;
}

volatile double sink;

template <class T>
const char* const type_name = sizeof(T) == 4 ? "float32" : "float64";

void print(const char* kernel, const char* type, const char* layout, Index d, Index K, double seconds, double flops, double bytes) {
  std::printf("%s %s %s %lld %lld %.9g %.9g %.9g\n", kernel, type, layout, static_cast<long long>(d), static_cast<long long>(K), seconds,
              flops, bytes);
  std::fflush(stdout);
}

/// Multiply-adds on registers alone.
template <class T>
void peak() {
  constexpr int chains = 10, steps = 1 << 20;
  const double seconds = best([](int thread) {
    Packet<T> total[chains];
    for (int c = 0; c < chains; ++c) total[c] = broadcast(static_cast<T>(c));
    const Packet<T> a = broadcast(static_cast<T>(1 - 1e-6 * thread)), b = broadcast(static_cast<T>(1e-6));
    for (int s = 0; s < steps; ++s)
      for (int c = 0; c < chains; ++c) total[c] = multiply_add(total[c], a, b);
    for (int c = 0; c < chains; ++c) sink = static_cast<double>(sum(total[c]));
  })[0];
  print("peak", type_name<T>, "-", 0, 0, seconds, 2.0 * packet_size<T> * chains * steps * omp_get_max_threads(), 0);
}

/// A cache line that goes to another thread and back: longer where their processors have no cache in common, and then each reads from memory at a rate of
/// its own. Where a virtual machine's processors lie may change from one moment to the next.
void exchange(const char* type) {
  if (omp_get_max_threads() < 2) return;
  constexpr int times = 10000;
  alignas(64) std::atomic<int> turn{0};
  const double seconds = best([&](int thread) {
    for (int i = 0; i < times && thread < 2; ++i) {
      while (turn.load(std::memory_order_acquire) != thread) continue;
      turn.store(1 - thread, std::memory_order_release);
    }
  })[0];
  print("exchange", type, "-", 0, 0, seconds / times, 0, 0);
}

/// n x d numbers in huge pages, as NumPy asks for them, each thread's share first touched by it.
template <class T>
struct Data {
  Data(Index n, Index d) : n(n), d(d) {
    constexpr std::size_t page = 2 << 20;
    const std::size_t bytes = (static_cast<std::size_t>(n * d) * sizeof(T) + page - 1) / page * page;
    values = static_cast<T*>(::operator new(bytes, std::align_val_t(page)));
#ifdef __linux__
    madvise(values, bytes, MADV_HUGEPAGE);
#endif
#pragma omp parallel for schedule(static)
    for (Index i = 0; i < n; ++i)
      for (Index j = 0; j < d; ++j) values[i * d + j] = static_cast<T>((i * 7 + j * 13) % 31 - 15);
  }
  ~Data() { ::operator delete(values, std::align_val_t(2 << 20)); }
  Index n, d;
  T* values;
};

Index begin(Index n, int thread) { return n * thread / omp_get_max_threads(); }

/// Streams numbers [begin, end).
template <class T>
void read(const T* values, Index begin, Index end) {
  constexpr int chains = 8, S = packet_size<T>;
  Packet<T> total[chains];
  for (int c = 0; c < chains; ++c) total[c] = broadcast(T(0));
  for (Index i = begin; i + chains * S <= end; i += chains * S)
    for (int c = 0; c < chains; ++c) {
      prefetch(values + std::min(i + c * S + Index(4096), end));
      total[c] = Eigen::internal::padd(total[c], load(values + i + c * S));
    }
  for (int c = 0; c < chains; ++c) sink = static_cast<double>(sum(total[c]));
}

/// Streams rows [begin, end) of a column-major X in the order of walk_columns: some rows of all columns, then the next.
template <class T>
void read_runs(const T* values, Index n, Index d, Index begin, Index end) {
  constexpr Index height = walk_height<T>, S = packet_size<T>, ahead = 16;
  Packet<T> total = broadcast(T(0));
  for (Index i = begin; i + height <= end; i += height)
    for (Index j = 0; j < d; ++j) {
      const T *from = values + j * n + i, *coming = values + std::min(j + ahead, d - 1) * n + i;
      for (Index r = 0; r < height; r += line<T>) prefetch(coming + r);
      for (Index r = 0; r < height; r += S) total = Eigen::internal::padd(total, load(from + r));
    }
  sink = static_cast<double>(sum(total));
}

template <class X>
void products(const X& x, const char* layout, Index K, const typename X::Scalar* values) {
  using T = typename X::Scalar;
  const Index d = x.columns, size = x.rows * d;
  const double bytes = static_cast<double>(size) * sizeof(T), flops = 2.0 * static_cast<double>(size * K);
  const Index block = x.block_rows(K);
  const Aligned<T> W(static_cast<std::size_t>(K * d), T(0.01));
  struct Own {
    Aligned<T> Z, walk;
    std::vector<double> G;
  };
  std::vector<Own> own(static_cast<std::size_t>(omp_get_max_threads()));
  for (Own& o : own) {
    o.Z.assign(static_cast<std::size_t>(K * block), T(0.5)), o.G.assign(static_cast<std::size_t>(K * d), 0.0);
    if constexpr (X::can_walk) o.walk.resize(static_cast<std::size_t>(x.walk_space(K)));
  }
  const auto run = [&](bool scores, bool gradient) {
    return [&, scores, gradient](int thread) {
      Own& o = own[static_cast<std::size_t>(thread)];
      const Index end = begin(x.rows, thread + 1);
      for (Index i = begin(x.rows, thread); i < end; i += block) {
        const Rows rows{i, std::min(block, end - i)};
        if constexpr (X::can_walk)
          if (scores && gradient && x.walks(K)) {
            x.walk_rows(rows, W.data(), K, o.Z.data(), block, o.walk.data(), o.G.data(), [](Index, Index) {});
            continue;
          }
        if (scores) x.scores(rows, W.data(), K, o.Z.data(), block);
        if (gradient) x.add(rows, o.Z.data(), block, K, 1.0, o.G.data(), 0, d);
      }
    };
  };
  const bool runs = !X::any_rows && x.walks(K);
  const auto seconds = best([&](int thread) { read(values, begin(size, thread), begin(size, thread + 1)); }, run(true, false),
                            run(false, true), run(true, true),
                            [&](int thread) {
                              if (runs) read_runs(values, x.rows, d, begin(x.rows, thread), begin(x.rows, thread + 1));
                            });
  print("read", type_name<T>, layout, d, K, seconds[0], 0, bytes);
  if (runs) print("runs", type_name<T>, layout, d, K, seconds[4], 0, bytes);
  print("scores", type_name<T>, layout, d, K, seconds[1], flops, bytes);
  print("gradient", type_name<T>, layout, d, K, seconds[2], flops, bytes);
  print("fused", type_name<T>, layout, d, K, seconds[3], 2 * flops, bytes);
}

template <class X>
void gram(const X& x, const char* layout, const typename X::Scalar* values) {
  using T = typename X::Scalar;
  const Index d = x.columns, threads = omp_get_max_threads(), n = std::min(x.rows, std::max<Index>(512, Index(4e9) / (d * d)) * threads);
  const double bytes = static_cast<double>(n * d) * sizeof(T),
               square = static_cast<double>(n) * static_cast<double>(d) * static_cast<double>(d);
  const std::vector<T> weights(static_cast<std::size_t>(gram_rows), T(0.5));
  std::vector<std::vector<double>> G(static_cast<std::size_t>(threads), std::vector<double>(static_cast<std::size_t>(d * d)));
  std::vector<Aligned<T>> packed(static_cast<std::size_t>(threads), Aligned<T>(static_cast<std::size_t>(x.gram_space(gram_rows))));
  using General = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  std::vector<General> products(static_cast<std::size_t>(threads), General(d, d));
  const auto seconds = best(
      [&](int thread) {
        const auto t = static_cast<std::size_t>(thread);
        const Index end = begin(n, thread + 1);
        for (Index i = begin(n, thread); i < end; i += gram_rows) {
          const Rows rows{i, std::min(gram_rows, end - i)};
          x.add_gram(rows, weights.data(), G[t].data(), d, packed[t].data(), x.coming(rows));
        }
      },
      [&](int thread) {
        const Index first = begin(n, thread), count = begin(n, thread + 1) - first;
        General& C = products[static_cast<std::size_t>(thread)];
        if (X::any_rows) {
          const Eigen::Map<const General> A(values + first * d, count, d);
          C.noalias() = A.transpose() * A;
        } else {
          const Eigen::Map<const General, 0, Eigen::OuterStride<>> A(values + first, d, count, Eigen::OuterStride<>(x.rows));
          C.noalias() = A * A.transpose();
        }
      });
  print("gram", type_name<T>, layout, d, 1, seconds[0], square, bytes);
  print("eigen_gemm", type_name<T>, layout, d, 1, seconds[1], 2 * square, bytes);
}

template <class T>
void all(double megabytes, Index only_d, Index only_K) {
  for (const Index d : only_d ? std::vector<Index>{only_d} : std::vector<Index>{28, 50, 200, 784, 10000}) {
    peak<T>();  // again and again: one moment, when the processor is throttled, does not stand for it
    exchange(type_name<T>);
    const Data<T> data(static_cast<Index>(megabytes * 1e6 / static_cast<double>(d * static_cast<Index>(sizeof(T)))), d);
    const DenseRows<T> by_rows(data.n, d, data.values, d);
    const DenseColumns<T> by_columns(data.n, d, data.values, data.n);
    for (const Index K : {1, 2, 3, 5, 8, 10, 16, 100}) {
      if (only_K && K != only_K) continue;
      products(by_rows, "row", K, data.values);
      products(by_columns, "column", K, data.values);
    }
    if (d < 1000) gram(by_rows, "row", data.values), gram(by_columns, "column", data.values);
  }
}

}  // namespace

int main(int count, char** arguments) {
  const double megabytes = count > 1 ? std::atof(arguments[1]) : 200;
  rounds = count > 2 ? std::atoi(arguments[2]) : 5;
  const Index d = count > 3 ? std::atoi(arguments[3]) : 0, K = count > 4 ? std::atoi(arguments[4]) : 0;
  all<double>(megabytes, d, K);
  all<float>(megabytes, d, K);
}
