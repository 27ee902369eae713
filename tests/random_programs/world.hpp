#pragma once

#include <magpie/errors.hpp>
#include <magpie/mutex.hpp>
#include <magpie/semaphore.hpp>
#include <magpie/shared_mutex.hpp>

#include "random_programs/call_tree.hpp"
#include "random_programs/interpreter.hpp"

#include <array>
#include <cstddef>
#include <exception>
#include <string>
#include <vector>

namespace magpie_test {

/// What a node throws.
struct planted_error {
  long number;
};

/// Locks that all nodes share, and counts that come out even.
struct locks_of_one_rank {
  magpie::mutex mutex;
  int in_mutex = 0;
  magpie::semaphore permits{2};
  int with_permit = 0;
  magpie::shared_mutex shared;
  int readers = 0;
  int writers = 0;
};

/// Counts down when it goes.
class long_lived_count {
 public:
  explicit long_lived_count(int& count) noexcept : count_(count) {}
  long_lived_count(const long_lived_count&) = delete;
  long_lived_count& operator=(const long_lived_count&) = delete;
  ~long_lived_count() { --count_; }

 private:
  int& count_;
};

struct world {
  std::array<locks_of_one_rank, 4> locks;
  long clean_ups_due = 0;
  long clean_ups_done = 0;
  bool over = false;  // the runtime stops all that is left: anything may be disturbed from here on
  sabotage how = sabotage::none;
  std::vector<std::string> complaints;

  void complain(const node& n, const std::string& what) {
    complaints.push_back(std::string(name_of(n.what)) + "#" + std::to_string(n.number) + ": " + what);
  }
  void expect(bool holds, const node& n, const char* what) {
    if (!holds) complain(n, what);
  }
};

inline long number_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const planted_error& e) {
    return e.number;
  } catch (const magpie::timed_out&) {
    return error_timed_out;
  } catch (const magpie::task_cancelled&) {
    return error_cancelled;
  } catch (const magpie::usage_error&) {
    return error_refused;
  } catch (...) {
    return error_unknown;
  }
}

inline std::string words_for(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const planted_error& e) {
    return "error " + std::to_string(e.number);
  } catch (const std::exception& e) {
    return e.what();
  } catch (...) {
    return "something unknown";
  }
}

}  // namespace magpie_test
