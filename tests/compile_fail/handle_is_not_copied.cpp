// expect: (use of deleted function|call to (implicitly-)?deleted|call to implicitly-deleted)
#include <magpie/magpie.hpp>
void g(magpie::join_handle<int> h) {
#if defined(MAGPIE_FIXED)
  magpie::join_handle<int> other = std::move(h);
#else
  magpie::join_handle<int> other = h;
#endif
}
