// expect: a result lives in a coroutine frame, which is aligned to 16 bytes
#include <magpie/magpie.hpp>
struct alignas(64) vector8 {
  float lane[16];
};
#if defined(MAGPIE_FIXED)
magpie::task<std::unique_ptr<vector8>> f() { co_return std::make_unique<vector8>(); }
#else
magpie::task<vector8> f() { co_return vector8{}; }
#endif
magpie::task<> g() { auto v = co_await f(); }
