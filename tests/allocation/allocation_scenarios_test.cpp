#include <magpie/errors.hpp>
#include <magpie/runtime.hpp>

#include "allocation/counting_new.hpp"
#include "support/scenarios/scenarios.hpp"
#include "support/scenarios/watchdog.hpp"
#include "support/witness.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <exception>
#include <new>
#include <string>
#include <string_view>
#include <vector>

/// B6 for the whole interface: each scenario, with its k-th allocation failing, for every k that it comes to. Frames
/// are not pooled here, so each of them is an allocation.
namespace {

using magpie::runtime;
using magpie_test::scenario;

/// Whether it is std::bad_alloc, or a group that holds one, at whatever depth.
bool is_bad_alloc(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::bad_alloc&) {
    return true;
  } catch (const magpie::exception_group& all) {
    for (const std::exception_ptr& e : all.exceptions()) {
      if (is_bad_alloc(e)) return true;
    }
    return false;
  } catch (...) {
    return false;
  }
}

std::string text_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& e) {
    return e.what();
  } catch (...) {
    return "something else";
  }
}

class out_of_memory : public testing::TestWithParam<scenario> {};

TEST_P(out_of_memory, B6_at_each_allocation) {
  constexpr int size = 5;
  const auto ignore = [](std::exception_ptr, std::string_view) {};
  std::uint64_t failures = 0;
  std::uint64_t made_do = 0;
  for (std::uint64_t k = 0; k < 5000; ++k) {  // 0: none fails, once, so that what lasts is there
    std::exception_ptr error;
    bool failed = false;
    const std::int64_t before = magpie_test::live_allocations();
    {
      runtime rt{{.workers = 1, .on_unhandled = ignore}};
      const magpie_test::watchdog watch(rt, std::string(GetParam().name) + ", allocation " + std::to_string(k));
      magpie_test::fail_allocation(k);
      try {
        GetParam().run(rt, size);
      } catch (...) {
        error = std::current_exception();
      }
      failed = magpie_test::allocation_has_failed();
      magpie_test::fail_allocation(0);
      EXPECT_EQ(rt.block_on(magpie_test::later(2)), 2) << "the runtime goes on";
    }
    if (error) {
      EXPECT_TRUE(failed && is_bad_alloc(error)) << "allocation " << k << " ended in: " << text_of(error);
    }
    failures += failed ? 1 : 0;
    made_do += failed && !error ? 1 : 0;
    error = nullptr;
    EXPECT_NO_WITNESS_LEFT();
    if (k > 0) {
      EXPECT_EQ(magpie_test::live_allocations(), before) << "left by allocation " << k;
    }
    if (k > 0 && !failed) {
      EXPECT_GT(failures, 0u);
      RecordProperty("failures", std::to_string(failures));
      RecordProperty("made_do", std::to_string(made_do));
      return;
    }
    if (HasFailure()) break;
  }
  FAIL() << "never came to its end";
}

std::vector<scenario> those_that_end() {
  std::vector<scenario> some;
  for (const scenario& s : magpie_test::all_scenarios()) {
    if (!s.on_its_own) some.push_back(s);
  }
  return some;
}

INSTANTIATE_TEST_SUITE_P(all, out_of_memory, testing::ValuesIn(those_that_end()),
                         [](const auto& p) { return std::string(p.param.name); });

}  // namespace
