#include <magpie/model/explore.hpp>

#include "classics/chase_lev.hpp"

#include <cstdio>

// How fast the checker is: executions a second of a work-stealing deque.
int main() {
  using namespace classics;
  namespace model = magpie::model;
  const auto say = [](const char* what, const model::result& found) {
    std::printf("%-44s %s\n", what, found.report().c_str());
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
