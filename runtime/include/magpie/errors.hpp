#pragma once

#include <magpie/base/config.hpp>

#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace magpie {

/// The program broke a rule of the interface; the message says which, and what to do.
class MAGPIE_EXPORT usage_error : public std::logic_error {
 public:
  using std::logic_error::logic_error;
  ~usage_error() override;
};

/// What was awaited ended cancelled, by somebody else than the one who awaits it.
class MAGPIE_EXPORT task_cancelled : public std::runtime_error {
 public:
  task_cancelled() : std::runtime_error("magpie: the task was cancelled") {}
  using std::runtime_error::runtime_error;
  ~task_cancelled() override;
};

/// A deadline passed before what was awaited had ended.
class MAGPIE_EXPORT timed_out : public std::runtime_error {
 public:
  timed_out() : std::runtime_error("magpie: the deadline passed") {}
  using std::runtime_error::runtime_error;
  ~timed_out() override;
};

/// Something was sent to a channel that is closed.
class MAGPIE_EXPORT channel_closed : public std::runtime_error {
 public:
  channel_closed() : std::runtime_error("magpie: the channel is closed") {}
  using std::runtime_error::runtime_error;
  ~channel_closed() override;
};

/// Several errors at once, in a stated order. Cost: copies share one allocation.
class MAGPIE_EXPORT exception_group : public std::runtime_error {
 public:
  /// Errors: usage_error if `errors` is empty.
  explicit exception_group(std::vector<std::exception_ptr> errors);
  ~exception_group() override;

  const std::vector<std::exception_ptr>& exceptions() const noexcept { return *errors_; }

  /// The first error of type E, also in groups inside this one, depth first; nullptr if there is none.
  template <class E>
  const E* find() const noexcept {
    for (const std::exception_ptr& error : *errors_) {
      try {
        std::rethrow_exception(error);
      } catch (const E& found) {
        return &found;
      } catch (...) {
        // Of another type: perhaps a group that holds one. Apart, as E may be a base of the group.
        try {
          throw;
        } catch (const exception_group& inner) {
          if (const E* found = inner.find<E>()) return found;
        } catch (...) {
          // nothing: it is none, go on
        }
      }
    }
    return nullptr;
  }

 private:
  std::shared_ptr<const std::vector<std::exception_ptr>> errors_;
};

}  // namespace magpie
