#pragma once

#include "bench/quantiles.hpp"
#include "bench/run_file.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

/// What all processes of a workload, a peer and a number of threads say together.
namespace bench {

enum class measure { time, latency, memory, idle_cpu, busy_cpu };

measure measure_of(const workload_facts& workload);
std::string value_text(measure what, double value);
/// "per call", "median latency", ...
std::string value_name(measure what, const std::string& unit);

/// A sample whose threads waited for a CPU for longer than this part of its time is set aside.
inline constexpr double tolerated_wait = 0.02;

struct figures {
  ending how = ending::right;
  std::string message;  ///< if it is not right
  spread value;         ///< in seconds an item, seconds, bytes, seconds or CPUs
  spread cpu;           ///< processor seconds an item
  std::optional<double> peak_bytes;
  double items = 1;                     ///< of one run of the workload
  std::vector<double> latencies;        ///< in seconds, sorted, of all rounds
  std::map<unsigned, double> by_round;  ///< the round's own median
  std::size_t taken = 0;                ///< samples
  std::size_t set_aside = 0;
  bool noisy = false;  ///< too few samples were quiet, so the quietest count

  bool good() const noexcept { return how == ending::right; }
};

/// Of two values; what cannot be told from nothing counts as little, not as nothing.
double ratio_of(measure what, double value, double to);

/// The ratio of two peers, taken within each round that has both; in no round: of the medians.
spread paired_ratio(const figures& of, const figures& to, measure what);

/// The same failure of a peer, wherever it occurred.
struct failure {
  std::string peer;  ///< its name
  std::string message;
  std::vector<std::string> where;  ///< "fib (1, 2 threads)"
};

std::vector<failure> failures_of(const run_file& run);

class figure_table {
 public:
  explicit figure_table(const run_file& run);

  /// Null where nothing was run.
  const figures* find(const std::string& workload, unsigned threads, const std::string& peer) const;
  /// The good one that is the least pair by pair, among those that are no reference; null if there is none.
  const figures* best(const std::string& workload, unsigned threads) const;
  /// Why a cell is empty; empty if that is not known.
  std::string why_absent(const std::string& workload, const std::string& peer) const;

  const run_file& run() const noexcept { return *run_; }
  /// Those that were run, in the catalogue's order.
  const std::vector<workload_facts>& workloads() const noexcept { return workloads_; }
  const std::vector<unsigned>& threads() const noexcept { return threads_; }
  std::vector<unsigned> threads_of(const std::string& workload) const;
  /// Of all samples, the part that was set aside.
  double set_aside() const;

 private:
  using key = std::tuple<std::string, unsigned, std::string>;

  const run_file* run_;
  std::vector<workload_facts> workloads_;
  std::vector<unsigned> threads_;
  std::map<key, figures> all_;
};

}  // namespace bench
