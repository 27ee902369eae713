#include "axioms.hpp"
#include "litmus.hpp"

#include <array>
#include <cstdlib>
#include <random>

// The checker against the axioms, on random programs: both must see exactly the same outcomes. MAGPIE_MODEL_PROGRAMS
// sets how many.
namespace litmus {
namespace {

using axioms::instruction;
using axioms::kind;
using axioms::program;

struct interpreter {
  static constexpr int threads = 3;
  static inline program text;
  atomic<int> location[2] = {0, 0};
  std::vector<int> read[threads];

  void thread(int self) {
    for (const instruction& each : text[static_cast<std::size_t>(self)]) {
      atomic<int>& at = location[each.location];
      switch (each.what) {
        case kind::store:
          at.store(each.value, each.order);
          break;
        case kind::load:
          read[self].push_back(at.load(each.order));
          break;
        case kind::exchange:
          read[self].push_back(at.exchange(each.value, each.order));
          break;
        case kind::fence:
          fence(each.order);
          break;
      }
    }
  }
  tuple outcome() const {
    tuple all;
    for (const auto& mine : read) all.insert(all.end(), mine.begin(), mine.end());
    for (const auto& each : location) all.push_back(each.load(rlx));
    return all;
  }
};

program random_program(std::mt19937_64& dice) {
  const auto pick = [&dice](auto... options) {
    const std::array choices{options...};
    return choices[dice() % choices.size()];
  };
  program text(interpreter::threads);
  int value = 0;
  for (auto& thread : text)
    for (int i = pick(1, 2, 3, 3); i > 0; --i) {
      const kind what = pick(kind::store, kind::store, kind::load, kind::load, kind::exchange, kind::fence);
      instruction next{what, pick(0, 1), rlx, 0};
      switch (next.what) {
        case kind::store:
          next.order = pick(rlx, rel, sc, sc);
          break;
        case kind::load:
          next.order = pick(rlx, acq, sc, sc);
          break;
        case kind::exchange:
          next.order = pick(rlx, acq, rel, ar, sc);
          break;
        case kind::fence:
          next.order = pick(acq, rel, ar, sc, sc);
          break;
      }
      if (next.what == kind::store || next.what == kind::exchange) next.value = ++value;
      thread.push_back(next);
    }
  return text;
}

std::string listing(const program& text) {
  std::ostringstream out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    out << "  thread " << i << ":";
    for (const instruction& each : text[i]) {
      const char* at = each.location == 0 ? "x" : "y";
      switch (each.what) {
        case kind::store:
          out << " " << at << "=" << each.value;
          break;
        case kind::load:
          out << " read " << at;
          break;
        case kind::exchange:
          out << " exchange " << at << "=" << each.value;
          break;
        case kind::fence:
          out << " fence";
          break;
      }
      out << " " << order_name(each.order) << ";";
    }
    out << "\n";
  }
  return out.str();
}

TEST(RandomPrograms, AgreeWithTheAxioms) {
  const char* wanted = std::getenv("MAGPIE_MODEL_PROGRAMS");
  const int programs = wanted != nullptr ? std::atoi(wanted) : 300;
  for (int seed = 0; seed < programs; ++seed) {
    std::mt19937_64 dice(static_cast<std::uint64_t>(seed));
    interpreter::text = random_program(dice);
    const tuples allowed = axioms::enumeration(interpreter::text).outcomes();
    const tuples seen = outcomes<interpreter>({.preemptions = unbounded, .stale_reads = 10});
    ASSERT_EQ(seen, allowed) << "program " << seed << "\n"
                             << listing(interpreter::text) << "seen:   " << print(seen)
                             << "\nallowed:" << print(allowed);
  }
}

}  // namespace
}  // namespace litmus
