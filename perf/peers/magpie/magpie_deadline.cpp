#include <magpie/errors.hpp>
#include <magpie/gather.hpp>
#include <magpie/task.hpp>

#include "peers/magpie/magpie_forms.hpp"

#include <chrono>
#include <utility>
#include <vector>

namespace perf {
namespace {

magpie::task<> computes_until_stopped() {
  const magpie::stop_token token = co_await magpie::get_stop_token();
  while (!token.stop_requested()) {
  }
}

}  // namespace

void solve(magpie_peer& p, deadline_overshoot& w) {
  std::vector<magpie::task<>> each;
  each.reserve(p.runtime.workers());
  for (unsigned i = 0; i < p.runtime.workers(); ++i) each.push_back(computes_until_stopped());
  const auto began = std::chrono::steady_clock::now();
  try {
    p.runtime.block_on(magpie::with_timeout(w.length, magpie::gather(std::move(each))));
  } catch (const magpie::timed_out&) {
    // Nothing is lost: it ends so, or, if all tasks return first, with a value.
  }
  w.taken = std::chrono::steady_clock::now() - began;
}

}  // namespace perf
