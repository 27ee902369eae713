#include <magpie/coroutine/awaited_once.hpp>
#include <magpie/errors.hpp>

void magpie::detail::throw_awaited_twice() {
  throw usage_error("magpie: this was awaited before, and is awaited once: call the function again for another");
}
