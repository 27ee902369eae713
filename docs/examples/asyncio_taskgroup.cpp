// A group whose two children have both completed when its scope ends.
// run: --virtual 1
#include "tour.hpp"

#include <cstdio>
#include <string>

using namespace magpie;

task<std::string> some_coro() {
  co_await sleep_for(tour::between(1, 2));
  co_return "some";
}

task<int> another_coro() {
  co_await sleep_for(tour::between(1, 2));
  co_return 2;
}

task<> both() {
  join_handle<std::string> task1;
  join_handle<int> task2;

  co_await with_task_group([&](task_group& tg) -> task<> {
    task1 = tg.spawn(some_coro());
    task2 = tg.spawn(another_coro());
    co_return;
  });

  std::printf("Both tasks have completed now: %s, %d\n", task1.get().c_str(), task2.get());
}

int main(int argc, char** argv) { return tour::run(argc, argv, both); }
