#include <magpie/model/tracked_heap.hpp>

#include <algorithm>

namespace magpie::model {

tracked_heap::tracked_heap() : memory_(new std::byte[heap_bytes]) { blocks_.reserve(256); }

void* tracked_heap::allocate(std::size_t bytes, std::size_t alignment, const char* what) {
  auto at = reinterpret_cast<std::uintptr_t>(memory_.get()) + used_;
  const std::uintptr_t aligned = (at + alignment - 1) / alignment * alignment;
  const std::size_t offset = used_ + (aligned - at);
  bytes = std::max<std::size_t>(bytes, 1);  // two blocks never share an address
  if (offset + bytes > heap_bytes) return nullptr;
  used_ = offset + bytes;
  blocks_.push_back({static_cast<std::uint32_t>(offset), static_cast<std::uint32_t>(bytes), what, true});
  return memory_.get() + offset;
}

const tracked_heap::block* tracked_heap::find(const void* address) const noexcept {
  if (!contains(address)) return nullptr;
  const auto offset = static_cast<std::uint32_t>(static_cast<const std::byte*>(address) - memory_.get());
  auto after = std::upper_bound(blocks_.begin(), blocks_.end(), offset,
                                [](std::uint32_t value, const block& each) { return value < each.offset; });
  if (after == blocks_.begin()) return nullptr;
  const block& found = *(after - 1);
  return offset < found.offset + found.size ? &found : nullptr;
}

tracked_heap::freed tracked_heap::release(const void* address) noexcept {
  auto* found = const_cast<block*>(find(address));
  if (found == nullptr || memory_.get() + found->offset != address) return freed::never_made;
  if (!found->live) return freed::already;
  found->live = false;
  return freed::now;
}

bool tracked_heap::is_freed(const void* address) const noexcept {
  const block* found = find(address);
  return found != nullptr && !found->live;
}

std::string tracked_heap::describe(const void* address) const {
  const block* found = find(address);
  if (found == nullptr) return {};
  const auto inside = static_cast<const std::byte*>(address) - memory_.get() - found->offset;
  std::string text = found->what + ("#" + std::to_string(found - blocks_.data() + 1));
  if (inside != 0) text += "+" + std::to_string(inside);
  return text;
}

const void* tracked_heap::leaked() const noexcept {
  for (const block& each : blocks_)
    if (each.live) return memory_.get() + each.offset;
  return nullptr;
}

}  // namespace magpie::model
