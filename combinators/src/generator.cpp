#include <magpie/errors.hpp>
#include <magpie/generator.hpp>

void magpie::detail::throw_asked_already() {
  throw usage_error("magpie: somebody awaits the next value of this generator already: it has one consumer at a time");
}
