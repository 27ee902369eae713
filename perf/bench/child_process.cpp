#include "bench/child_process.hpp"
#include "bench/ctrl_c.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <system_error>
#include <utility>

namespace bench {
namespace {

using steady = std::chrono::steady_clock;

constexpr std::size_t most_output = std::size_t{64} << 20;

class pipe_ends {
 public:
  pipe_ends() {
    if (pipe2(ends_.data(), O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  }
  pipe_ends(const pipe_ends&) = delete;
  pipe_ends& operator=(const pipe_ends&) = delete;
  ~pipe_ends() {
    close_one(0);
    close_one(1);
  }
  int reader() const noexcept { return ends_[0]; }
  int writer() const noexcept { return ends_[1]; }
  void close_writer() noexcept { close_one(1); }

 private:
  void close_one(std::size_t which) noexcept {
    if (ends_.at(which) >= 0) close(std::exchange(ends_.at(which), -1));
  }
  std::array<int, 2> ends_{-1, -1};
};

/// Between fork and exec: only what is safe there. Returns if the program cannot be started.
void become(char* const* command, int out, int err, pid_t parent) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);  // it ended before the line above
  const int nothing = open("/dev/null", O_RDONLY);
  if (nothing >= 0) dup2(nothing, STDIN_FILENO);
  dup2(out, STDOUT_FILENO);
  dup2(err, STDERR_FILENO);
  signal(SIGPIPE, SIG_DFL);
  execv(command[0], command);
}

/// Appends what there is to read; false at the end.
bool read_some(int from, std::string& to) {
  std::array<char, 1 << 16> buffer;
  const ssize_t got = read(from, buffer.data(), buffer.size());
  if (got > 0) to.append(buffer.data(), static_cast<std::size_t>(got));
  return got > 0 || (got < 0 && (errno == EINTR || errno == EAGAIN));
}

class child {
 public:
  child(pid_t pid, int out, int err) : pid_(pid), watched_{{{out, POLLIN, 0}, {err, POLLIN, 0}}} {}

  child_end watch(std::chrono::duration<double> limit) {
    const auto began = steady::now();
    const auto end = began + std::chrono::duration_cast<steady::duration>(limit);
    child_end result;
    bool ended = false;
    while (!ended) {
      // Also looks whether it has ended: what it started in the background may keep the pipes open.
      read_for(std::chrono::milliseconds(20), result);
      ended = has_ended();
      if (ended) break;
      if (ctrl_c_pressed()) return kill_it(child_end::kind::interrupted, result, began);
      if (steady::now() >= end) return kill_it(child_end::kind::too_long, result, began);
      if (result.out.size() + result.err.size() > most_output) {
        return kill_it(child_end::kind::too_much, result, began);
      }
    }
    result.seconds = since(began);
    read_for(std::chrono::milliseconds(0), result);
    kill(-pid_, SIGKILL);  // what it left behind
    result.how = WIFSIGNALED(status_) ? child_end::kind::signalled : child_end::kind::exited;
    result.code = WIFSIGNALED(status_) ? WTERMSIG(status_) : WEXITSTATUS(status_);
    return result;
  }

 private:
  static double since(steady::time_point began) { return std::chrono::duration<double>(steady::now() - began).count(); }

  /// Reads until there is nothing for so long; at once at the end of both pipes.
  void read_for(std::chrono::milliseconds patience, child_end& result) {
    const auto end = steady::now() + std::chrono::milliseconds(200);  // then others want to look
    while (watched_[0].fd >= 0 || watched_[1].fd >= 0) {
      const int ready = poll(watched_.data(), watched_.size(), static_cast<int>(patience.count()));
      if (ready <= 0) return;
      for (pollfd& p : watched_) {
        if (p.fd >= 0 && p.revents != 0 && !read_some(p.fd, &p == watched_.data() ? result.out : result.err)) p.fd = -1;
      }
      if (steady::now() > end) return;
    }
    if (patience.count() > 0) poll(nullptr, 0, 1);  // it closed both and has not ended yet
  }

  bool has_ended() {
    pid_t waited = 0;
    do {
      waited = waitpid(pid_, &status_, WNOHANG);
    } while (waited < 0 && errno == EINTR);
    return waited == pid_;
  }

  child_end kill_it(child_end::kind why, child_end& result, steady::time_point began) {
    kill(-pid_, SIGKILL);
    kill(pid_, SIGKILL);  // it may not have its own group yet
    while (waitpid(pid_, &status_, 0) < 0 && errno == EINTR) {
    }
    result.how = why;
    result.seconds = since(began);
    return std::move(result);
  }

  pid_t pid_;
  std::array<pollfd, 2> watched_;
  int status_ = 0;
};

}  // namespace

child_end run_child(const std::vector<std::string>& command, std::chrono::duration<double> limit) {
  pipe_ends out;
  pipe_ends err;
  pipe_ends failure;  // closed by a successful exec
  std::vector<char*> words;
  words.reserve(command.size() + 1);
  for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  const pid_t parent = getpid();

  const pid_t pid = fork();
  if (pid < 0) return {child_end::kind::not_started, 0, {}, std::strerror(errno), 0};
  if (pid == 0) {
    become(words.data(), out.writer(), err.writer(), parent);
    const int why = errno;
    [[maybe_unused]] const ssize_t told = write(failure.writer(), &why, sizeof why);
    _exit(127);
  }
  setpgid(pid, pid);  // here too: whoever comes first
  out.close_writer();
  err.close_writer();
  failure.close_writer();

  int why = 0;
  ssize_t told = 0;
  do {
    told = read(failure.reader(), &why, sizeof why);
  } while (told < 0 && errno == EINTR);
  if (told == sizeof why) {
    while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
    return {child_end::kind::not_started, why, {}, std::strerror(why), 0};
  }
  return child(pid, out.reader(), err.reader()).watch(limit);
}

}  // namespace bench
