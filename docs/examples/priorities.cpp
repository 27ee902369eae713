// What docs/guide/priorities.md shows.
#include <magpie/magpie.hpp>
#include <magpie/testing.hpp>

#include <chrono>
#include <string>

using namespace magpie;

namespace {

task<> note(std::string& order, char what) {
  order += what;
  co_return;
}

task<> compact(std::string& files) { co_await note(files, 'b'); }
task<> answer(std::string& request) { co_await note(request, 'h'); }
task<> compute(std::string& numbers) { co_await note(numbers, 'n'); }

void start(runtime& rt, std::string& order) {
  rt.spawn(compact(order), {.name = "compaction", .level = priority::background});
  rt.spawn(compute(order));
  rt.spawn(answer(order), {.name = "request", .level = priority::high});
}

}  // namespace

int main() {
  std::string order;
  testing::virtual_runtime rt;
  start(rt, order);
  rt.block_on(sleep_for(std::chrono::seconds(1)));
  return order == "hnb" ? 0 : 1;
}
