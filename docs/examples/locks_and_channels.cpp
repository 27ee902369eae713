#include <magpie/magpie.hpp>

#include <cstdio>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// The examples of docs/guide/locks-and-channels.md.
namespace {

using magpie::task;

struct inventory {
  magpie::mutex lock;
  std::map<std::string, int> stock;
};

task<bool> take_one(inventory& shop, std::string what) {
  const auto guard = co_await shop.lock.lock();  // suspends; no thread is blocked
  int& left = shop.stock[what];
  if (left == 0) co_return false;
  co_await magpie::yield();  // a guard may be held over an await
  --left;
  co_return true;
}

task<int> fetch(magpie::semaphore& connections, int page) {
  const auto permit = co_await connections.acquire();  // at most as many at a time as there are permits
  co_return co_await magpie::blocking([page] { return page * 100; });
}

task<> produce(magpie::channel<int>& numbers, int count) {
  for (int i = 1; i <= count; ++i) co_await numbers.send(i);  // waits while 8 are on their way
  numbers.close();
}
task<long> consume(magpie::channel<int>& numbers) {
  long sum = 0;
  while (std::optional<int> n = co_await numbers.receive()) sum += *n;  // nothing: closed, and empty
  co_return sum;
}
task<long> pipe() {
  magpie::channel<int> numbers(8);
  auto [done, sum] = co_await magpie::gather(produce(numbers, 1000), consume(numbers));
  co_return sum;
}

magpie::generator<int> collatz(int n) {
  for (; n != 1; n = n % 2 == 0 ? n / 2 : 3 * n + 1) co_yield n;
  co_yield 1;
}
task<int> steps(int n) {
  auto path = collatz(n);
  int count = 0;
  while (int* value = co_await path.next()) count += *value != 1 ? 1 : 0;
  co_return count;
}

task<int> customers() {
  inventory shop;
  shop.stock["pie"] = 3;
  std::vector<task<bool>> all;
  all.reserve(10);
  for (int i = 0; i < 10; ++i) all.push_back(take_one(shop, "pie"));
  int served = 0;
  for (const bool got : co_await magpie::gather(std::move(all))) served += got ? 1 : 0;
  co_return served;
}

task<int> pages() {
  magpie::semaphore connections(2);
  std::vector<task<int>> all;
  all.reserve(10);
  for (int i = 0; i < 10; ++i) all.push_back(fetch(connections, i));
  int sum = 0;
  for (const int page : co_await magpie::gather(std::move(all))) sum += page;
  co_return sum;
}

}  // namespace

int main() {
  magpie::runtime rt;
  const int served = rt.block_on(customers());
  const int sum = rt.block_on(pages());
  const long piped = rt.block_on(pipe());
  const int count = rt.block_on(steps(27));
  std::printf("%d served, pages %d, piped %ld, %d steps\n", served, sum, piped, count);
  return served == 3 && sum == 4500 && piped == 500500 && count == 111 ? 0 : 1;
}
