#include <magpie/runtime.hpp>
#include <magpie/task.hpp>

#include "support/patience.hpp"
#include "support/proc.hpp"

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <pthread.h>

#include <atomic>
#include <cerrno>
#include <system_error>

namespace {

/// The creation that fails, counted from 1; 0: none.
std::atomic<int> fails_at{0};
std::atomic<int> created{0};

using creates = int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);

}  // namespace

// A sanitizer that is linked into the program has its own, under this name, and must see each thread.
extern "C" __attribute__((weak)) int __interceptor_pthread_create(pthread_t*, const pthread_attr_t*, void* (*)(void*),
                                                                  void*);

extern "C" int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*run)(void*),
                              void* argument) noexcept(noexcept(::pthread_create(thread, attributes, run, argument))) {
  if (const int wanted = fails_at.load(); wanted != 0 && created.fetch_add(1) + 1 == wanted) return EAGAIN;
  if (__interceptor_pthread_create != nullptr) {
    return __interceptor_pthread_create(thread, attributes, run, argument);
  }
  static const auto real = reinterpret_cast<creates>(dlsym(RTLD_NEXT, "pthread_create"));
  return real(thread, attributes, run, argument);
}

namespace {

TEST(thread_creation, that_fails_is_a_system_error_and_no_thread_is_left) {
  constexpr unsigned workers = 5;
  {
    magpie::runtime first({.thread_name = "first"});
  }  // a sanitizer starts a thread of its own with the first
  // A thread that was joined may be listed for a moment yet.
  ASSERT_TRUE(magpie_test::comes_true([] { return magpie_test::threads_named("first/").empty(); }));
  const std::size_t before = magpie_test::thread_count();
  for (bool pin : {false, true}) {
    for (int i = 1; i <= static_cast<int>(workers); ++i) {
      created = 0;
      fails_at = i;
      try {
        magpie::runtime rt({.workers = workers, .pin_workers = pin});
        ADD_FAILURE() << "made, though thread " << i << " could not be";
      } catch (const std::system_error& e) {
        EXPECT_EQ(e.code(), std::errc::resource_unavailable_try_again);
      }
      fails_at = 0;
      EXPECT_EQ(created.load(), i);
      EXPECT_TRUE(magpie_test::comes_true([&] { return magpie_test::thread_count() == before; }))
          << "after the failure of thread " << i;
    }
  }
  // And the next one works.
  magpie::runtime rt({.workers = workers});
  auto three = []() -> magpie::task<int> { co_return 3; };
  EXPECT_EQ(rt.block_on(three()), 3);
}

}  // namespace
