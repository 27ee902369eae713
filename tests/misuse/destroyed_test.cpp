#include <magpie/magpie.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <utility>
#include <vector>

/// What somebody waits for is not destroyed: the process ends and says what it was. A stop ends the wait first.
namespace {

using namespace std::chrono_literals;
using magpie::task;
using magpie::testing::virtual_runtime;

/// Destroys `what` while a task does `wait` with it.
template <class What, class Wait>
void destroy_while_waited_on(std::unique_ptr<What> what, Wait wait) {
  virtual_runtime rt;
  rt.block_on([&]() -> task<> {
    const auto destroy = [&]() -> task<> {
      co_await magpie::sleep_for(1ms);
      what.reset();
    };
    co_await magpie::gather([&]() -> task<> { co_await wait(*what); }, destroy);
  });
}

TEST(misuse_death, what_somebody_waits_for_is_not_destroyed) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto say = [](const char* what) { return std::string("magpie: .*") + what + ".* destroyed while"; };
  EXPECT_DEATH(destroy_while_waited_on(std::make_unique<magpie::event>(), [](auto& e) -> task<> { co_await e.wait(); }),
               say("event"));
  EXPECT_DEATH(
      destroy_while_waited_on(std::make_unique<magpie::latch>(1), [](auto& l) -> task<> { co_await l.wait(); }),
      say("event"));
  EXPECT_DEATH(destroy_while_waited_on(std::make_unique<magpie::barrier>(2),
                                       [](auto& b) -> task<> { co_await b.arrive_and_wait(); }),
               say("barrier"));
  EXPECT_DEATH(destroy_while_waited_on(std::make_unique<magpie::semaphore>(0),
                                       [](auto& s) -> task<> { auto guard = co_await s.acquire(); }),
               say("semaphore"));
  EXPECT_DEATH(destroy_while_waited_on(std::make_unique<magpie::channel<int>>(1),
                                       [](auto& c) -> task<> { static_cast<void>(co_await c.receive()); }),
               say("channel"));
  EXPECT_DEATH(destroy_while_waited_on(std::make_unique<magpie::mutex>(),
                                       [](auto& m) -> task<> {
                                         auto first = co_await m.lock();
                                         auto second = co_await m.lock();
                                       }),
               say("mutex"));
  EXPECT_DEATH(destroy_while_waited_on(std::make_unique<magpie::shared_mutex>(),
                                       [](auto& m) -> task<> {
                                         auto first = co_await m.lock();
                                         auto second = co_await m.lock();
                                       }),
               say("mutex"));
}

TEST(misuse_death, a_stream_in_which_somebody_waits_is_not_destroyed) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto run = [] {
    virtual_runtime rt;
    std::vector<magpie::join_handle<void>> handles;
    handles.push_back(rt.spawn(magpie::sleep_for(1h)));
    destroy_while_waited_on(std::make_unique<magpie::completion_stream<void>>(magpie::as_completed(handles)),
                            [](auto& s) -> task<> { static_cast<void>(co_await s.next()); });
  };
  EXPECT_DEATH(run(), "magpie: a stream of as_completed.. is being destroyed while");
}

}  // namespace
