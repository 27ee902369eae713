#include <magpie/gather.hpp>
#include <magpie/runtime.hpp>
#include <magpie/task.hpp>
#include <magpie/yield.hpp>

#include "support/sanitizers.hpp"
#include "support/seed.hpp"
#include "support/witness.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <exception>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

/// Random trees of gathers, plain awaits, yields, spawns, failures and catches, against an oracle that knows what each
/// may give without running anything at the same time.
namespace {

using magpie::gather;
using magpie::runtime;
using magpie::task;
using magpie_test::witness;

enum class kind { leaf, yields, fails, awaits, pair, triple, range, catches, spawns };

struct node {
  kind what;
  std::vector<node> children;
  int value = 0;
};

class planter {
 public:
  planter(std::uint64_t seed, int failures_per_mille) : random_(seed), failures_(failures_per_mille) {}

  node plant(int depth) {
    node n{kind::leaf, {}, static_cast<int>(random_() % 1000)};
    if (static_cast<int>(random_() % 1000) < failures_) {
      n.what = kind::fails;
      n.value = next_failure_++;
      return n;
    }
    if (depth == 0 || random_() % 8 == 0) {
      n.what = random_() % 2 == 0 ? kind::leaf : kind::yields;
      return n;
    }
    switch (random_() % 6) {
      case 0:
        return with(n, kind::awaits, 1 + random_() % 3, depth);
      case 1:
        return with(n, kind::pair, 2, depth);
      case 2:
        return with(n, kind::triple, 3, depth);
      case 3:
        return with(n, kind::range, random_() % 6, depth);
      case 4:
        return with(n, kind::catches, 1, depth);
      default:
        return with(n, kind::spawns, 1, depth);
    }
  }

 private:
  node with(node n, kind what, std::uint64_t count, int depth) {
    n.what = what;
    for (std::uint64_t i = 0; i < count; ++i) n.children.push_back(plant(depth - 1));
    return n;
  }

  std::mt19937_64 random_;
  int failures_;
  int next_failure_ = 1;
};

/// What a tree may end with: its sum, or one of these failures. In a gather any failing child may be the first in time;
/// a child that would fail may also be stopped, but only if another one has failed.
struct expectation {
  bool fails = false;
  long sum = 0;
  std::vector<int> failures;
};

expectation oracle(const node& n) {
  expectation e;
  switch (n.what) {
    case kind::leaf:
    case kind::yields:
      e.sum = n.value;
      return e;
    case kind::fails:
      e.fails = true;
      e.failures = {n.value};
      return e;
    case kind::awaits:
      for (const node& c : n.children) {
        const expectation x = oracle(c);
        if (x.fails) return x;  // the first one ends it
        e.sum += x.sum;
      }
      return e;
    case kind::pair:
    case kind::triple:
    case kind::range:
      for (const node& c : n.children) {
        const expectation x = oracle(c);
        e.fails |= x.fails;
        e.failures.insert(e.failures.end(), x.failures.begin(), x.failures.end());
        e.sum += x.sum;
      }
      return e;
    case kind::catches: {
      const expectation x = oracle(n.children.front());
      e.sum = x.fails ? -1 : x.sum;
      return e;
    }
    case kind::spawns:
      return oracle(n.children.front());
  }
  return e;
}

struct planted_failure {
  int id;
};

task<long> run(const node& n, witness w) {
  witness local(w.value());
  long sum = 0;
  switch (n.what) {
    case kind::leaf:
      co_return n.value;
    case kind::yields:
      for (int i = 0; i < 1 + n.value % 3; ++i) co_await magpie::yield();
      co_return n.value;
    case kind::fails:
      if (n.value % 2 == 0) co_await magpie::yield();
      throw planted_failure{n.value};
    case kind::awaits:
      for (const node& c : n.children) sum += co_await run(c, w);
      co_return sum;
    case kind::pair: {
      auto [a, b] = co_await gather(run(n.children[0], w), run(n.children[1], w));
      co_return a + b;
    }
    case kind::triple: {
      auto [a, b, c] = co_await gather(run(n.children[0], w), run(n.children[1], w), run(n.children[2], w));
      co_return a + b + c;
    }
    case kind::range: {
      std::vector<task<long>> tasks;
      for (const node& c : n.children) tasks.push_back(run(c, w));
      const std::vector<long> results = co_await gather(std::move(tasks));
      for (long r : results) sum += r;
      co_return sum;
    }
    case kind::catches:
      try {
        sum = co_await run(n.children.front(), w);
      } catch (const planted_failure&) {
        sum = -1;
      }
      co_return sum;
    case kind::spawns: {
      // The node outlives the handle's task only if it is awaited whatever happens: the root waits for all spawned.
      runtime& rt = co_await magpie::get_runtime();
      auto handle = rt.spawn(run(n.children.front(), w));
      sum = co_await handle;
      co_return sum;
    }
  }
  co_return sum;
}

void ignore(std::exception_ptr, std::string_view) {}

class random_tree : public testing::TestWithParam<unsigned> {
 protected:
  /// `failures_per_mille` of the nodes fail.
  void grow(int trees, int failures_per_mille) {
    MAGPIE_TEST_USES_SEED(seed);
    int failed = 0;
    int reused = 0;
    std::vector<node> planted;  // outlives the runtimes: a spawned task may run on when its waiter was stopped
    planted.reserve(static_cast<std::size_t>(trees));
    std::optional<runtime> rt;
    for (int i = 0; i < trees; ++i) {
      if (!rt || ++reused == 50) {
        rt.reset();
        rt.emplace(magpie::runtime_options{.workers = GetParam(), .on_unhandled = ignore});
        reused = 0;
      }
      SCOPED_TRACE("tree " + std::to_string(i));
      planted.push_back(planter(seed + static_cast<std::uint64_t>(i), failures_per_mille).plant(6));
      const node& root = planted.back();
      const expectation e = oracle(root);
      try {
        const long got = rt->block_on(run(root, witness(i)));
        ASSERT_FALSE(e.fails);
        ASSERT_EQ(got, e.sum);
      } catch (const planted_failure& f) {
        ++failed;
        ASSERT_TRUE(e.fails);
        ASSERT_NE(std::find(e.failures.begin(), e.failures.end(), f.id), e.failures.end()) << f.id;
      }
    }
    rt.reset();
    EXPECT_NO_WITNESS_LEFT();
    if (failures_per_mille > 0) {
      EXPECT_GT(failed, trees / 20) << "too few of the trees failed for the test to say much";
    }
  }
};
INSTANTIATE_TEST_SUITE_P(workers, random_tree, testing::Values(1u, 2u, 3u, 4u),
                         [](const auto& p) { return std::to_string(p.param); });

TEST_P(random_tree, without_failures_gives_what_the_oracle_says) {
  grow(magpie_test::fewer_if_sanitized(1500, 200), 0);
}
TEST_P(random_tree, with_few_failures) { grow(magpie_test::fewer_if_sanitized(3000, 400), 30); }
TEST_P(random_tree, with_many_failures) { grow(magpie_test::fewer_if_sanitized(3000, 400), 200); }

}  // namespace
