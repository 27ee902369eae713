#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace bench {

/// How a child process ended, and what it said.
struct child_end {
  enum class kind {
    exited,       ///< `code` is its exit status
    signalled,    ///< `code` is the signal
    too_long,     ///< killed, as the limit was over
    too_much,     ///< killed, as it wrote without end
    interrupted,  ///< killed, as Ctrl-C was pressed
    not_started   ///< `err` says why
  };
  kind how = kind::not_started;
  int code = 0;
  std::string out;
  std::string err;
  double seconds = 0;
};

/// Runs a program to its end, or kills it, with whatever it has started, when the limit is over. It has a process group
/// of its own, so Ctrl-C at the terminal reaches the caller only, and it does not outlive the caller.
child_end run_child(const std::vector<std::string>& command, std::chrono::duration<double> limit);

}  // namespace bench
