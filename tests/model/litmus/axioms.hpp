#pragma once

#include <array>
#include <atomic>
#include <set>
#include <vector>

/// The memory model a second time, written down as axioms instead of as an engine, and slow: for a small program it
/// goes through every assignment of writes to loads and every modification order, and keeps those that C++20 (with
/// RC11's exclusion of program-order-and-reads-from cycles) calls consistent. The checker must agree with it on any
/// program.
namespace litmus::axioms {

enum class kind { store, load, exchange, fence };

struct instruction {
  kind what;
  int location;  // 0 or 1
  std::memory_order order;
  int value;  // of a store or exchange: unique and not 0
};
using program = std::vector<std::vector<instruction>>;  // a list a thread

/// Values read, in the order of threads and instructions, then the final value of each location.
using outcome = std::vector<int>;

class enumeration {
 public:
  explicit enumeration(const program& text);
  std::set<outcome> outcomes();

 private:
  static constexpr int max_events = 16;
  using relation = std::array<unsigned, max_events>;  // row i: a bit for each j with i -> j

  struct event {
    kind what;
    int location;
    std::memory_order order;
    int value;
    int thread;  // -1: initialisation
  };

  void choose_sources(std::size_t read);
  void choose_order(int location);
  void judge();
  bool consistent();

  bool writes(int e) const { return events_[at(e)].what == kind::store || events_[at(e)].what == kind::exchange; }
  bool reads(int e) const { return events_[at(e)].what == kind::load || events_[at(e)].what == kind::exchange; }
  bool is_fence(int e) const { return events_[at(e)].what == kind::fence; }
  bool is_sc(int e) const { return events_[at(e)].order == std::memory_order_seq_cst; }
  static std::size_t at(int e) { return static_cast<std::size_t>(e); }

  int count() const { return static_cast<int>(events_.size()); }
  relation compose(const relation& a, const relation& b) const;
  relation closure(relation a) const;
  static relation unite(relation a, const relation& b);
  bool irreflexive(const relation& a) const;

  std::vector<event> events_;
  std::vector<int> readers_;
  std::array<std::vector<int>, 2> order_;  // modification order, the initialisation first
  std::array<int, max_events> source_{};   // of a read
  relation sequenced_{};
  std::set<outcome> found_;
};

}  // namespace litmus::axioms
