// Three groups, gathered into one; then with one of them cancelled.
// run: --virtual 1
#include "tour.hpp"

#include <cstdio>
#include <string>
#include <tuple>
#include <vector>

using namespace magpie;

task<std::string> coro(std::string tag) {
  std::printf("> %s\n", tag.c_str());
  co_await sleep_for(tour::between(1, 3));
  std::printf("< %s\n", tag.c_str());
  co_return tag;
}

std::vector<task<std::string>> coros(int group, int count) {
  std::vector<task<std::string>> all;
  for (int i = 1; i <= count; ++i) all.push_back(coro("group " + std::to_string(group) + "." + std::to_string(i)));
  return all;
}

void print(const std::vector<std::string>& tags) {
  std::printf(" [");
  for (const std::string& tag : tags) std::printf(" %s", tag.c_str());
  std::printf(" ]\n");
}

task<> gathered() {
  auto group1 = gather(coros(1, 5));
  auto group2 = gather(coros(2, 3));
  auto group3 = gather(coros(3, 9));

  auto all_groups = gather(std::move(group1), std::move(group2), std::move(group3));

  auto [results1, results2, results3] = co_await std::move(all_groups);
  print(results1);
  print(results2);
  print(results3);
}

task<> one_cancelled() {
  runtime& rt = co_await get_runtime();
  auto group1 = rt.spawn(gather(coros(1, 5)));
  auto group2 = rt.spawn(gather(coros(2, 3)));
  auto group3 = rt.spawn(gather(coros(3, 9)));

  group2.cancel();

  try {
    co_await gather(group1, group2, group3);
  } catch (const task_cancelled&) {
    std::printf("the whole is cancelled, because group 2 was\n");
  }
  group1.cancel();
  group3.cancel();
}

task<> one_cancelled_and_results_anyway() {  // return_exceptions=True
  runtime& rt = co_await get_runtime();
  auto group1 = rt.spawn(gather(coros(1, 5)));
  auto group2 = rt.spawn(gather(coros(2, 3)));
  auto group3 = rt.spawn(gather(coros(3, 9)));

  group2.cancel();

  auto [outcome1, outcome2, outcome3] = co_await gather_outcomes(group1, group2, group3);
  print(outcome1.value());
  std::printf(" group 2: %s\n", outcome2.is_cancelled() ? "cancelled" : "not cancelled");
  print(outcome3.value());
}

task<> all_variants() {
  std::printf("gather:\n");
  co_await gathered();
  std::printf("\ngroup2.cancel():\n");
  co_await one_cancelled();
  std::printf("\ngroup2.cancel(), outcomes:\n");
  co_await one_cancelled_and_results_anyway();
}

int main(int argc, char** argv) { return tour::run(argc, argv, all_variants); }
