#pragma once

#include <magpie/magpie.hpp>

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <system_error>
#include <thread>

namespace treesum {

/// Turns the first Ctrl-C, or SIGTERM, into a stop request. A signal handler may do next to nothing, so a thread waits
/// for the signal instead. The second one ends the process, as usual. Make it before any other thread: they inherit the
/// mask.
class interrupt {
 public:
  interrupt() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGINT);
    sigaddset(&signals_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
    signal_ = ::signalfd(-1, &signals_, SFD_CLOEXEC);
    over_ = ::eventfd(0, EFD_CLOEXEC);
    if (signal_ < 0 || over_ < 0) throw std::system_error(errno, std::generic_category(), "cannot wait for signals");
    waiter_ = std::thread([this] { wait(); });
  }
  interrupt(const interrupt&) = delete;
  interrupt& operator=(const interrupt&) = delete;
  ~interrupt() {
    const std::uint64_t one = 1;
    static_cast<void>(!::write(over_, &one, sizeof one));
    waiter_.join();
    ::close(signal_);
    ::close(over_);
  }

  magpie::stop_token token() const { return source_.get_token(); }

 private:
  void wait() {
    pollfd both[] = {{.fd = signal_, .events = POLLIN, .revents = 0}, {.fd = over_, .events = POLLIN, .revents = 0}};
    while (::poll(both, 2, -1) < 0 && errno == EINTR) {
    }
    if ((both[1].revents & POLLIN) != 0) return;
    signalfd_siginfo which;
    static_cast<void>(!::read(signal_, &which, sizeof which));
    pthread_sigmask(SIG_UNBLOCK, &signals_, nullptr);
    source_.request_stop();
  }

  sigset_t signals_;
  int signal_ = -1;
  int over_ = -1;
  magpie::stop_source source_;
  std::thread waiter_;
};

}  // namespace treesum
