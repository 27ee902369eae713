#include <magpie/runtime.hpp>
#include <magpie/sleep.hpp>
#include <magpie/timeout.hpp>

#include "support/patience.hpp"
#include "support/proc.hpp"
#include "support/sanitizers.hpp"
#include "support/scenarios/scenarios.hpp"
#include "support/scenarios/watchdog.hpp"
#include "support/seed.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>
#include <random>
#include <string>

/// The scenarios beside what a machine does to a process: signals, stops, one processor, a quota.
namespace {

using magpie::runtime;
using magpie_test::scenario;
using namespace std::chrono_literals;

constexpr int all_right = 42;

/// Each scenario once; 42, or the number of the first that was wrong.
int run_all(unsigned workers, int size) {
  int number = 0;
  for (const scenario& s : magpie_test::all_scenarios()) {
    runtime rt{{.workers = workers}};
    const magpie_test::watchdog watch(rt, s.name);
    try {
      s.run(rt, size);
    } catch (const std::exception& e) {
      std::fprintf(stderr, "%s: %s\n", s.name, e.what());
      return 100 + number;
    }
    ++number;
  }
  return all_right;
}

template <class F>
pid_t start_child(F f) {
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    alarm(150);
    _exit(f());
  }
  return child;
}
int end_of(pid_t child) {
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

std::atomic<std::uint64_t> signals{0};
void on_signal(int) { signals.fetch_add(1, std::memory_order_relaxed); }

/// A thousand signals a second for the process, and as many for each of its threads. Calls return with EINTR.
class signal_storm {
 public:
  signal_storm() {
    struct sigaction action = {};
    action.sa_handler = on_signal;  // and no SA_RESTART
    sigaction(SIGALRM, &action, nullptr);
    sigaction(SIGUSR1, &action, nullptr);
    const itimerval each_millisecond{{0, 1000}, {0, 1000}};
    setitimer(ITIMER_REAL, &each_millisecond, nullptr);
    thread_ = std::thread([this] { send(); });
  }
  ~signal_storm() {
    over_ = true;
    thread_.join();
    const itimerval none{};
    setitimer(ITIMER_REAL, &none, nullptr);
  }

 private:
  void send() {
    const auto me = static_cast<pid_t>(syscall(SYS_gettid));
    while (!over_.load()) {
      const auto all = magpie_test::threads_of_this_process();
      for (int n = 0; n < 5 && !over_.load(); ++n) {
        for (const auto& t : all) {
          const int id = std::stoi(t.id);
          if (id != me) syscall(SYS_tgkill, getpid(), id, SIGUSR1);
        }
        std::this_thread::sleep_for(1ms);
      }
    }
  }

  std::atomic<bool> over_{false};
  std::thread thread_;
};

TEST(machine, a_thousand_signals_a_second_change_nothing) {
  signals = 0;
  const signal_storm storm;
  for (unsigned workers : {1u, 3u}) EXPECT_EQ(run_all(workers, 9), all_right);
  const auto start = std::chrono::steady_clock::now();
  runtime rt{{.workers = 2}};
  rt.block_on(magpie::sleep_for(100ms));
  EXPECT_THROW(rt.block_on(magpie::with_timeout(50ms, magpie::sleep_until(magpie::never))), magpie::timed_out);
  EXPECT_GE(std::chrono::steady_clock::now() - start, 150ms) << "a signal ends no sleep";
  EXPECT_GT(signals.load(), 100u);
  RecordProperty("signals", std::to_string(signals.load()));
}

TEST(machine, a_process_that_is_stopped_and_goes_on) {
  MAGPIE_TEST_USES_SEED(seed);
  std::mt19937_64 random(seed);
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_NONBLOCK), 0);
  const pid_t child = start_child([&ends] {
    close(ends[1]);
    char end;
    int status = all_right;
    do {
      status = run_all(3, 6);
    } while (status == all_right && read(ends[0], &end, 1) != 0);  // 0: the parent has closed its end
    return status;
  });
  close(ends[0]);
  for (int stops = 0; stops < 80; ++stops) {
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 5000));
    if (kill(child, SIGSTOP) != 0) break;
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 20000));
    kill(child, SIGCONT);
  }
  close(ends[1]);
  EXPECT_EQ(end_of(child), all_right);
}

TEST(machine, B4_B5_one_processor) {
  const pid_t child = start_child([] {
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return 1;
    int first = 0;
    while (!CPU_ISSET(first, &allowed)) ++first;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    if (sched_setaffinity(0, sizeof one, &one) != 0) return 2;
    {
      const runtime rt;
      if (rt.workers() != 1) return 3;
    }
    const int status = run_all(1, 9);
    return status == all_right ? run_all(4, 9) : status;
  });
  EXPECT_EQ(end_of(child), all_right);
}

/// A control group of this test's own with a quota, if the machine lets it have one.
class quota {
 public:
  explicit quota(int percent) {
    namespace fs = std::filesystem;
    std::error_code error;
    const bool unified = fs::exists("/sys/fs/cgroup/cgroup.controllers", error);
    const fs::path root = unified ? "/sys/fs/cgroup" : "/sys/fs/cgroup/cpu";
    const fs::path made = root / ("magpie-test-" + std::to_string(getpid()));
    if (!fs::create_directory(made, error) || error) return;
    directory_ = made;
    const std::string time = std::to_string(percent * 1000);
    usable_ = unified ? write("cpu.max", time + " 100000")
                      : write("cpu.cfs_period_us", "100000") && write("cpu.cfs_quota_us", time);
  }
  ~quota() {
    std::error_code ignored;
    if (directory_) std::filesystem::remove(*directory_, ignored);  // rmdir
  }
  bool usable() const { return usable_; }
  /// How often its processes had to wait for the next period.
  int throttled() const {
    std::ifstream in(*directory_ / "cpu.stat");
    std::string key;
    for (int n = 0; in >> key >> n;) {
      if (key == "nr_throttled") return n;
    }
    return 0;
  }
  bool enter() const { return write("cgroup.procs", std::to_string(getpid())); }

 private:
  bool write(const char* file, const std::string& text) const {
    std::ofstream out(*directory_ / file);
    out << text << std::flush;
    return out.good();
  }
  std::optional<std::filesystem::path> directory_;
  bool usable_ = false;
};

void under_a_quota(int percent) {
  const quota q(percent);
  if (!q.usable()) GTEST_SKIP() << "this machine lets no test have a control group with a quota";
  const pid_t child = start_child([&] {
    const unsigned outside = runtime().workers();
    if (!q.enter()) return 1;
    if (runtime().workers() != std::min(outside, (static_cast<unsigned>(percent) + 99) / 100)) return 2;
    // Long enough that it runs into the end of its time again and again.
    const auto end = std::chrono::steady_clock::now() + 1s;
    const auto had_enough = [&] {
      return std::chrono::steady_clock::now() >= end && (percent >= 100 || q.throttled() > 0);
    };
    int status = all_right;
    do {
      status = run_all(4, 9);
    } while (status == all_right && !had_enough());
    return status;
  });
  const int status = end_of(child);
  if (status == 1) GTEST_SKIP() << "this machine lets no test enter a control group";
  EXPECT_EQ(status, all_right);
  testing::Test::RecordProperty("throttled", std::to_string(q.throttled()));
  if (percent < 100) {
    EXPECT_GT(q.throttled(), 0) << "the quota was never used up";
  }
}

TEST(machine, B5_a_quota_of_a_tenth_of_a_processor) { under_a_quota(10); }

TEST(machine, B5_a_quota_of_one_and_a_half_processors) { under_a_quota(150); }

}  // namespace
