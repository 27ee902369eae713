#pragma once

#include <magpie/model/limits.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace magpie::model {

/// The heap of one execution. Freed memory is not handed out again before the execution ends: a late access then finds
/// the remains of an object that says it is dead, and is reported instead of crashing the checker. (A protocol that
/// suffers from reuse, ABA, is modelled with a free list of its own, which is how real ones suffer from it.)
class tracked_heap {
 public:
  enum class freed : std::uint8_t { now, already, never_made };

  tracked_heap();

  void clear() noexcept {
    used_ = 0;
    blocks_.clear();
  }
  /// nullptr if the execution's heap is full.
  void* allocate(std::size_t bytes, std::size_t alignment, const char* what);
  freed release(const void* address) noexcept;

  /// Whether `address` lies in a block that has been freed.
  bool is_freed(const void* address) const noexcept;
  bool contains(const void* address) const noexcept {
    return address >= memory_.get() && address < memory_.get() + heap_bytes;
  }
  /// "node#2" for the start of the second block of the execution, "node#2+8" for what lies in it.
  std::string describe(const void* address) const;
  /// The first block that was never freed, or nullptr.
  const void* leaked() const noexcept;

 private:
  struct block {
    std::uint32_t offset;
    std::uint32_t size;
    const char* what;
    bool live;
  };
  const block* find(const void* address) const noexcept;

  std::unique_ptr<std::byte[]> memory_;
  std::size_t used_ = 0;
  std::vector<block> blocks_;  // by address: they are handed out in this order
};

}  // namespace magpie::model
