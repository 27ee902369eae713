// What docs/guide/cancellation.md shows.
#include <magpie/magpie.hpp>

#include <cstdio>
#include <stop_token>
#include <string>
#include <vector>

using namespace magpie;
using namespace std::chrono_literals;

namespace {

bool is_prime(int n) {
  for (int d = 2; d * d <= n; ++d) {
    if (n % d == 0) return false;
  }
  return true;
}

task<int> count_primes(int limit) {
  int found = 0;
  for (int n = 2; n < limit; ++n) {
    if (n % 1024 == 0) co_await checkpoint();  // ends here if it is stopped, and lets others run now and then
    if (is_prime(n)) ++found;
  }
  co_return found;
}

long search_until(const stop_token& token) {
  long steps = 0;
  while (!token.stop_requested()) ++steps;
  return steps;
}

task<long> search() {
  stop_token token = co_await get_stop_token();
  co_return search_until(token);  // a plain function that polls token.stop_requested()
}

struct journal {
  std::vector<std::string> lines;
  task<> write(std::string line) {
    co_await sleep_for(1ms);
    lines.push_back(std::move(line));
  }
};

task<> transaction(journal& book) {
  auto roll_back = [&book]() -> task<> { co_await book.write("rolled back or done"); };
  co_await finally(book.write("begun"), roll_back);
}

bool token_stops_it(runtime& rt) {
  std::stop_source button;
  auto handle = rt.spawn(with_stop_token(button.get_token(), count_primes(1'000'000'000)));
  button.request_stop();
  try {
    handle.get();
    return false;
  } catch (const task_cancelled&) {
    return true;
  }
}

bool deadline_ends_search(runtime& rt) {
  for (auto limit = 5ms; limit < 1min; limit *= 2) {
    outcome<long> steps = rt.block_on(as_outcome(with_timeout(limit, search())));
    if (steps.has_value() && steps.value() > 0) return true;
    // A loaded machine: the deadline passed before the search began.
  }
  return false;
}

}  // namespace

int main() {
  runtime rt;
  if (rt.block_on(count_primes(1000)) != 168) return 1;
  if (!token_stops_it(rt)) return 2;

  // The deadline stops the search, which returns what it has: a value that was produced is delivered.
  if (!deadline_ends_search(rt)) return 3;

  journal book;
  try {
    rt.block_on(with_timeout(0ms, transaction(book)));
    return 4;
  } catch (const timed_out&) {
    std::printf("%zu lines\n", book.lines.size());  // it was not started
  }
  rt.block_on(transaction(book));
  return book.lines.size() == 2 ? 0 : 5;
}
