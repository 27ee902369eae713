// Ten tasks: the first result, more results in two seconds, all others.
// run: --virtual 1
#include "tour.hpp"

#include <cstdio>
#include <span>
#include <vector>

using namespace magpie;
using namespace std::chrono_literals;

task<int> coro(int tag) {
  std::printf("> %d\n", tag);
  co_await sleep_for(tour::between(0.5, 5));
  std::printf("< %d\n", tag);
  co_return tag;
}

void print(std::span<join_handle<int>> finished, std::span<join_handle<int>> unfinished) {
  for (join_handle<int>& task : finished) std::printf("%d\n", task.get());
  std::printf("unfinished: %zu\n", unfinished.size());
}

task<> in_three_steps() {
  runtime& rt = co_await get_runtime();
  std::vector<join_handle<int>> tasks;
  for (int i = 1; i <= 10; ++i) tasks.push_back(rt.spawn(coro(i)));

  std::printf("Get first result:\n");
  auto [finished, unfinished] = co_await wait(tasks, return_when::first_completed);
  print(finished, unfinished);

  std::printf("Get more results in 2 seconds:\n");
  auto [finished2, unfinished2] = co_await wait_for(unfinished, 2s);
  print(finished2, unfinished2);

  std::printf("Get all other results:\n");
  auto [finished3, unfinished3] = co_await wait(unfinished2);
  print(finished3, unfinished3);
}

int main(int argc, char** argv) { return tour::run(argc, argv, in_three_steps); }
