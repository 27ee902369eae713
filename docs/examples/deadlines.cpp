// What docs/guide/deadlines.md shows.
#include <magpie/magpie.hpp>

#include <chrono>

using namespace magpie;
using namespace std::chrono_literals;

namespace {

task<int> think() {
  co_await sleep_for(10ms);
  co_return 42;
}

task<int> answer_in_time() {
  try {
    co_return co_await with_timeout(20ms, think());
  } catch (const timed_out&) {
    co_return -1;  // think() has really ended by now
  }
}

task<> in_steps() {
  co_await with_deadline_scope(magpie::clock::now() + 50ms, [](deadline_scope& s) -> task<> {
    co_await think();
    s.reschedule(magpie::clock::now() + 50ms);  // so much for the next step
    co_await think();
  });
}

}  // namespace

int main() {
  const int answer = block_on(answer_in_time());
  try {
    block_on(in_steps());
  } catch (const timed_out&) {
    return 0;  // a loaded machine
  }
  return answer == 42 || answer == -1 ? 0 : 1;
}
