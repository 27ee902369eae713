#pragma once

#include <magpie/base/config.hpp>

namespace magpie::detail {

[[noreturn]] MAGPIE_EXPORT void throw_awaited_twice();

/// Of an awaiter that cannot wait again: it would find what the first wait has left in it.
class awaited_once {
 public:
  /// First of all in await_ready(). Errors: usage_error the second time.
  void begin() {
    if (begun_) [[unlikely]]
      throw_awaited_twice();
    begun_ = true;
  }

 private:
  bool begun_ = false;
};

}  // namespace magpie::detail
