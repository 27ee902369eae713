// What docs/guide/errors.md shows.
#include <magpie/magpie.hpp>

#include <cstdio>
#include <stdexcept>

using namespace magpie;

namespace {

task<int> fails() {
  throw std::runtime_error("no such luck");
  co_return 1;
}

task<> report() {
  outcome<int> one = co_await as_outcome(fails());  // an error as a value
  if (one.has_error()) std::printf("it failed\n");

  try {
    co_await with_task_group([](task_group& group) -> task<> {
      group.spawn(fails()).detach();
      co_return;
    });
  } catch (const exception_group& errors) {
    if (const auto* e = errors.find<std::runtime_error>()) std::printf("%s: %s\n", errors.what(), e->what());
  }
}

}  // namespace

int main() { block_on(report()); }
