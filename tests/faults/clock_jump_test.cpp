#include <magpie/blocking.hpp>
#include <magpie/channel.hpp>
#include <magpie/gather.hpp>
#include <magpie/runtime.hpp>
#include <magpie/sleep.hpp>
#include <magpie/timeout.hpp>
#include <magpie/wait.hpp>

#include "support/scenarios/scenarios.hpp"
#include "support/scenarios/watchdog.hpp"

#include <gtest/gtest.h>
#include <linux/futex.h>
#include <sys/syscall.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdarg>
#include <ctime>

/// The clock of the wall is set forward and back all the time: nothing that waits may notice. The kernel's clock is
/// left alone; this program has a clock_gettime() and a syscall() of its own, through which magpie and the standard
/// library go.
namespace {

std::atomic<bool> jumping{false};
std::atomic<std::uint64_t> walls_read{0};
std::atomic<std::uint64_t> waits_by_the_wall{0};
std::atomic<std::uint64_t> futex_calls{0};

long raw(long number, long a, long b, long c, long d, long e, long f) noexcept {
#if defined(__x86_64__)
  register long r10 asm("r10") = d;
  register long r8 asm("r8") = e;
  register long r9 asm("r9") = f;
  long result = number;
  asm volatile("syscall" : "+a"(result) : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
  if (result >= -4095 && result < 0) {
    errno = static_cast<int>(-result);
    return -1;
  }
  return result;
#else
#error "written for x86-64"
#endif
}

}  // namespace

extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept {
  const int result = static_cast<int>(raw(SYS_clock_gettime, clock, reinterpret_cast<long>(time), 0, 0, 0, 0));
  if (clock == CLOCK_REALTIME && jumping.load()) {
    const std::uint64_t n = walls_read.fetch_add(1);
    time->tv_sec += n % 2 == 0 ? 3600 * 24 : -3600 * 24;
  }
  return result;
}

extern "C" long syscall(long number, ...) noexcept {
  va_list list;
  va_start(list, number);
  long a[6];
  for (long& one : a) one = va_arg(list, long);
  va_end(list);
  if (number == SYS_futex) {
    futex_calls.fetch_add(1);
    if ((a[1] & FUTEX_CLOCK_REALTIME) != 0 && a[3] != 0) waits_by_the_wall.fetch_add(1);
  }
  return raw(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

namespace {

using namespace std::chrono_literals;

class walls : public testing::Test {
 protected:
  void SetUp() override { jumping = true; }
  void TearDown() override {
    jumping = false;
    EXPECT_EQ(waits_by_the_wall.load(), 0u) << "a futex was told a time of the wall's clock";
  }
};

TEST_F(walls, that_jump_are_seen_by_those_who_read_them) {
  timespec a;
  timespec b;
  clock_gettime(CLOCK_REALTIME, &a);
  clock_gettime(CLOCK_REALTIME, &b);
  EXPECT_GT(std::abs(a.tv_sec - b.tv_sec), 3600);
  EXPECT_GE(walls_read.load(), 2u);
}

TEST_F(walls, that_jump_move_no_sleep_and_no_deadline) {
  magpie::runtime rt{{.workers = 2}};
  const std::uint64_t before = futex_calls.load();
  const auto start = std::chrono::steady_clock::now();
  rt.block_on(magpie::sleep_for(30ms));
  EXPECT_THROW(rt.block_on(magpie::with_timeout(30ms, magpie::sleep_until(magpie::never))), magpie::timed_out);
  auto never = rt.spawn(magpie::sleep_until(magpie::never));
  EXPECT_FALSE(never.wait_for(30ms));
  EXPECT_EQ(rt.block_on(magpie::blocking([] { return 3; })), 3);
  never.cancel();
  never.wait();
  const auto took = std::chrono::steady_clock::now() - start;
  EXPECT_GE(took, 90ms);
  EXPECT_LT(took, 30s);
  EXPECT_GT(futex_calls.load(), before) << "magpie's futex calls do not come by here";
}

TEST_F(walls, that_jump_disturb_no_scenario) {
  for (const auto& s : magpie_test::all_scenarios()) {
    SCOPED_TRACE(s.name);
    magpie::runtime rt{{.workers = 2}};
    const magpie_test::watchdog watch(rt, s.name);
    EXPECT_NO_THROW(s.run(rt, 9));
  }
}

}  // namespace
