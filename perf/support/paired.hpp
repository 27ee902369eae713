#pragma once

#include "support/run_queue_wait.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

/// Comparisons that hold on a machine that others use too: all contestants run once in each round, the order of a round
/// is the reverse of the one before, and ratios are taken within a round. Where one thread works, its processor time is
/// the better measure, as others cannot add to it; where threads wait for each other, only time on the wall counts, and
/// only of quiet rounds.
namespace perf {

struct spread {
  double low;  // the quartiles
  double median;
  double high;
};

inline spread spread_of(std::vector<double> values) {
  if (values.empty()) return {0, 0, 0};
  std::sort(values.begin(), values.end());
  const auto at = [&](double part) {
    const double place = part * static_cast<double>(values.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const std::size_t above = std::min(below + 1, values.size() - 1);
    return values[below] + (place - static_cast<double>(below)) * (values[above] - values[below]);
  };
  return {at(0.25), at(0.5), at(0.75)};
}

struct sample {
  double wall;  // seconds
  double processor;
};

class paired_runs {
 public:
  /// `work` is what is timed; it returns whether its result was right.
  void add(std::string name, std::function<bool()> work) { contestants_.push_back({std::move(name), std::move(work)}); }

  /// Runs until `rounds` rounds were quiet: each of a round's runs waited for a CPU, or was stolen from, for less than
  /// 2 % of its time. After three times as many rounds it goes by the quietest ones.
  void run(std::size_t rounds, const std::function<void(std::size_t done, std::size_t of)>& progress) {
    for (contestant& c : contestants_) right_ = c.work() && right_;  // warm
    std::size_t quiet = 0;
    for (std::size_t r = 0; r < 3 * rounds && quiet < rounds; ++r) {
      round now{std::vector<sample>(contestants_.size()), 0};
      for (std::size_t i = 0; i < contestants_.size(); ++i) {
        const std::size_t c = r % 2 == 0 ? i : contestants_.size() - 1 - i;
        const double waited = waited_for_cpu();
        const double processor = processor_seconds();
        const auto began = std::chrono::steady_clock::now();
        right_ = contestants_[c].work() && right_;
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
        now.disturbed = std::max(now.disturbed, (waited_for_cpu() - waited) / took.count());
        // Its threads lie down, so that they do not disturb the next one, and because the system adds what a thread has
        // used to the process's only when the thread leaves its CPU.
        std::this_thread::sleep_for(std::chrono::milliseconds(3));
        now.samples[c] = {took.count(), processor_seconds() - processor};
      }
      rounds_.push_back(std::move(now));
      quiet += rounds_.back().disturbed < tolerated ? 1 : 0;
      progress(r + 1, rounds);
    }
    std::sort(rounds_.begin(), rounds_.end(), [](const round& a, const round& b) { return a.disturbed < b.disturbed; });
    set_aside_ = rounds_.size() - std::min(rounds_.size(), rounds);
    rounds_.resize(rounds_.size() - set_aside_);
  }

  /// `of` gets the samples of a round, in the order of add().
  template <class Of>
  spread over_rounds(Of of) const {
    std::vector<double> values;
    for (const round& r : rounds_) values.push_back(of(r.samples));
    return spread_of(std::move(values));
  }

  /// The least that `of` gives for a sample of one contestant, in all rounds that count.
  template <class Of>
  double least(Of of, std::size_t c) const {
    double value = of(rounds_.front().samples[c]);
    for (const round& r : rounds_) value = std::min(value, of(r.samples[c]));
    return value;
  }

  std::size_t contestants() const noexcept { return contestants_.size(); }
  const std::string& name(std::size_t c) const noexcept { return contestants_[c].name; }
  std::size_t rounds() const noexcept { return rounds_.size(); }
  std::size_t set_aside() const noexcept { return set_aside_; }
  /// The greatest part of its time for which a run that counts had no CPU, summed over its threads.
  double worst_disturbance() const noexcept { return rounds_.empty() ? 0 : rounds_.back().disturbed; }
  bool quiet() const noexcept { return worst_disturbance() < 5 * tolerated; }
  bool all_right() const noexcept { return right_; }

 private:
  static constexpr double tolerated = 0.02;

  struct contestant {
    std::string name;
    std::function<bool()> work;
  };
  struct round {
    std::vector<sample> samples;
    double disturbed;
  };

  std::vector<contestant> contestants_;
  std::vector<round> rounds_;
  std::size_t set_aside_ = 0;
  bool right_ = true;
};

}  // namespace perf
