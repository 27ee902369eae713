#include "allocation/counting_new.hpp"

#include <cstddef>
#include <cstdlib>
#include <new>

namespace magpie_test {
namespace {

std::atomic<std::uint64_t> made{0};
std::atomic<std::uint64_t> given_back{0};
std::atomic<std::uint64_t> until_failure{0};
std::atomic<bool> failed{false};
constinit thread_local int spared = 0;

bool must_fail() noexcept {
  if (spared > 0 || until_failure.load(std::memory_order_relaxed) == 0) return false;
  if (until_failure.fetch_sub(1) != 1) return false;
  failed = true;
  return true;
}

void* allocate(std::size_t bytes, std::size_t alignment) {
  if (must_fail()) throw std::bad_alloc();
  void* p = alignment <= alignof(std::max_align_t)
                ? std::malloc(bytes != 0 ? bytes : 1)
                : std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
  if (p == nullptr) throw std::bad_alloc();
  made.fetch_add(1, std::memory_order_relaxed);
  return p;
}

void give_back(void* p) noexcept {
  if (p == nullptr) return;
  given_back.fetch_add(1, std::memory_order_relaxed);
  std::free(p);
}

}  // namespace

std::uint64_t allocations() noexcept { return made.load(); }
std::int64_t live_allocations() noexcept { return static_cast<std::int64_t>(made.load() - given_back.load()); }
void fail_allocation(std::uint64_t k) noexcept {
  failed = false;
  until_failure = k;
}
bool allocation_has_failed() noexcept { return failed.load(); }
no_failures::no_failures() noexcept { ++spared; }
no_failures::~no_failures() { --spared; }

}  // namespace magpie_test

void* operator new(std::size_t bytes) { return magpie_test::allocate(bytes, 0); }
void* operator new[](std::size_t bytes) { return magpie_test::allocate(bytes, 0); }
void* operator new(std::size_t bytes, std::align_val_t a) {
  return magpie_test::allocate(bytes, static_cast<std::size_t>(a));
}
void* operator new[](std::size_t bytes, std::align_val_t a) {
  return magpie_test::allocate(bytes, static_cast<std::size_t>(a));
}
void operator delete(void* p) noexcept { magpie_test::give_back(p); }
void operator delete[](void* p) noexcept { magpie_test::give_back(p); }
void operator delete(void* p, std::size_t) noexcept { magpie_test::give_back(p); }
void operator delete[](void* p, std::size_t) noexcept { magpie_test::give_back(p); }
void operator delete(void* p, std::align_val_t) noexcept { magpie_test::give_back(p); }
void operator delete[](void* p, std::align_val_t) noexcept { magpie_test::give_back(p); }
void operator delete(void* p, std::size_t, std::align_val_t) noexcept { magpie_test::give_back(p); }
void operator delete[](void* p, std::size_t, std::align_val_t) noexcept { magpie_test::give_back(p); }
