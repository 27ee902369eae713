#pragma once

#include <magpie/base/atomic.hpp>
#include <magpie/base/config.hpp>

#include <array>
#include <bit>
#include <cstdint>
#include <optional>

namespace magpie::detail {

/// Who sleeps and who searches (docs/protocols/parking.md). One word counts both; a bitmap names the sleepers.
///
///     counts   63 .......... 32 | 31 ........... 0
///              searching          parked
///
/// A sleeper never wakes by itself: whoever publishes work reserves one sleeper (count first, then a bit) and signals
/// it; it wakes up as a searcher. While anybody searches, nobody is woken; who stops searching looks once more.
template <class Atomics = atomics, unsigned MostWorkers = 1024>
class parking_word {
 public:
  static constexpr unsigned most_workers = MostWorkers;

  /// Any thread, after a fork push: a look without ordering, so it can miss a sleeper that is just lying down. Its
  /// timed first sleep covers that (P4).
  bool hungry() const noexcept {
    return wakeable(counts_.load(relaxed));  // relaxed: P4
  }

  /// A worker, after a push to its own queue: does anybody sleep or search? As hungry(), it can miss one that is just
  /// lying down.
  bool anybody_idle() const noexcept {
    return counts_.load(relaxed) != 0;  // relaxed: P4
  }

  /// Any thread, after publishing work by a seq_cst step. The worker to signal, if one must be woken. `self` is chosen
  /// with preference: a sleeper that finds work after its announcement calls this too.
  [[nodiscard]] std::optional<unsigned> reserve_sleeper(unsigned self = most_workers) noexcept {
    std::uint64_t counts = counts_.load(seq_cst);  // P1: after the publication, against park()'s step before its rescan
    do {
      if (!wakeable(counts)) return std::nullopt;
      // P2: a reservation; seq_cst as P1; on failure we look again
    } while (!counts_.compare_exchange_weak(counts, counts - one_parked + one_searching, seq_cst, seq_cst));
    if (self < most_workers && claim(self)) return self;
    return take_bit();
  }

  /// What the others do, from the view of one that sleeps or lies down.
  struct others {
    unsigned asleep;
    unsigned searching;
  };

  /// The worker `index` lies down. It must look for work once more afterwards, and then wait for its signal. What the
  /// others do then.
  others park(unsigned index, bool was_searching) noexcept {
    // P2: the bit before the count. release: pairs with claim(), which may come before the count: the reset of its
    // signal
    bits_[index / 64].fetch_or(bit(index), release);
    const std::uint64_t change = was_searching ? one_parked - one_searching : one_parked;
    const std::uint64_t before = counts_.fetch_add(change, seq_cst);  // P1: before the rescan
    return {static_cast<unsigned>(before & parked_mask), static_cast<unsigned>(before >> 32) - (was_searching ? 1 : 0)};
  }

  /// The same, later.
  others others_of_sleeper() const noexcept {
    // P7: what the others do to counts after our own step on it, than which no look is older. relaxed: nothing is read
    // because of it
    const std::uint64_t counts = counts_.load(relaxed);
    return {static_cast<unsigned>(counts & parked_mask) - 1, static_cast<unsigned>(counts >> 32)};
  }

  /// Any thread: takes a sleeper, which sleeps on, to act in its place; park() is due again then.
  [[nodiscard]] std::optional<unsigned> borrow_sleeper() noexcept {
    std::uint64_t counts = counts_.load(relaxed);  // relaxed: the exchange decides
    do {
      if ((counts & parked_mask) == 0) return std::nullopt;
      // P2: a reservation. seq_cst: in one order with P1 and P7; relaxed on failure: we look again
    } while (!counts_.compare_exchange_weak(counts, counts - one_parked, seq_cst, relaxed));
    return take_bit();
  }

  /// A worker starts to search, unless `most` do already.
  [[nodiscard]] bool start_searching(unsigned most) noexcept {
    std::uint64_t counts = counts_.load(relaxed);  // relaxed: the exchange decides
    do {
      if (counts >> 32 >= most) return false;
      // relaxed on failure: we look again. seq_cst: in one order with P1
    } while (!counts_.compare_exchange_weak(counts, counts + one_searching, seq_cst, relaxed));
    return true;
  }

  /// A searcher has found work. True: it was the last one, and must wake another if there is more (P3).
  [[nodiscard]] bool stop_searching() noexcept {
    return counts_.fetch_sub(one_searching, seq_cst) >> 32 == 1;  // P3: before the look for more work
  }

  /// A sleeper's sleep is timed: it will look at the newest tasks within a millisecond.
  void watch() noexcept {
    watchers_.fetch_add(1, seq_cst);  // P6: no reason to be weaker, the thread is about to sleep
  }
  void unwatch() noexcept {
    watchers_.fetch_sub(1, seq_cst);  // P6: before the look, against watched()
  }
  /// After a newest task was put.
  bool watched() const noexcept {
    return watchers_.load(seq_cst) != 0;  // P6: after the put, against unwatch()
  }

  /// How many sleep. What they did before is visible afterwards.
  unsigned parked() const noexcept {
    return static_cast<unsigned>(
        counts_.load(seq_cst));  // Z2: pairs with park(), in one order with the flag set before
  }

 private:
  static constexpr std::uint64_t one_parked = 1;
  static constexpr std::uint64_t one_searching = std::uint64_t{1} << 32;
  static constexpr std::uint64_t parked_mask = one_searching - 1;
  static constexpr unsigned words = (most_workers + 63) / 64;

  static constexpr bool wakeable(std::uint64_t counts) noexcept { return counts != 0 && counts < one_searching; }
  static constexpr std::uint64_t bit(unsigned index) noexcept { return std::uint64_t{1} << index % 64; }

  /// After a reservation.
  unsigned take_bit() noexcept {
    for (unsigned word = 0;; word = (word + 1) % words) {
      // relaxed: a hint, claim() decides. P2: there are at least as many bits as reservations, so this ends
      const std::uint64_t bits = bits_[word].load(relaxed);
      if (bits == 0) continue;
      const unsigned index = word * 64 + static_cast<unsigned>(std::countr_zero(bits));
      if (claim(index)) return index;
    }
  }

  bool claim(unsigned index) noexcept {
    // acquire: pairs with park(): the worker's reset of its signal comes before our setting it
    return (bits_[index / 64].fetch_and(~bit(index), acquire) & bit(index)) != 0;
  }

  alignas(line_size) typename Atomics::template atomic<std::uint64_t> counts_{0};
  typename Atomics::template atomic<std::uint32_t> watchers_{0};
  std::array<typename Atomics::template atomic<std::uint64_t>, words> bits_{};
};

}  // namespace magpie::detail
