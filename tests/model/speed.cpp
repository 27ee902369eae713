#include <magpie/model/explore.hpp>

#include "classics/chase_lev.hpp"

#include <cstdio>
#include <ctime>

// How fast the checker is: executions of a work-stealing deque, a second of processor time, so that it means something
// on a machine that is busy.
int main() {
  using namespace classics;
  namespace model = magpie::model;
  auto say = [before = std::clock()](const char* what, const model::result& found) mutable {
    const std::clock_t now = std::clock();
    const double seconds = static_cast<double>(now - before) / CLOCKS_PER_SEC;
    before = now;
    std::printf("%-44s %llu executions, %.0f a second\n", what, static_cast<unsigned long long>(found.executions),
                static_cast<double>(found.executions) / seconds);
    if (!found.ok()) std::printf("%s\n", found.report().c_str());
    return found.ok();
  };
  const bool ok =
      say("owner and thief, every schedule",
          model::explore<chase_lev_scene<chase_lev_orders, 2, 2>>(
              {.preemptions = model::unbounded, .reduce = false, .max_executions = 1'000'000})) &&
      say("owner and thief, growth, every schedule",
          model::explore<chase_lev_scene<chase_lev_orders, 2, 1>>(
              {.preemptions = model::unbounded, .reduce = false, .max_executions = 1'000'000})) &&
      say("owner and two thieves, two preemptions", model::explore<chase_lev_scene<chase_lev_orders, 3, 2>>()) &&
      say("owner and two thieves, random", model::explore<chase_lev_scene<chase_lev_orders, 3, 2>>(
                                               {.mode = model::options::strategy::random, .max_executions = 500'000}));
  return ok ? 0 : 1;
}
