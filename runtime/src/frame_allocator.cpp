#include <magpie/base/atomic.hpp>
#include <magpie/lockfree/magazine_stack.hpp>
#include <magpie/services/frame_allocator.hpp>

#include <algorithm>
#include <bit>
#include <memory>

namespace magpie::detail {

constinit frame_cache no_frame_cache;
constinit thread_local frame_cache* thread_frames = &no_frame_cache;
constinit thread_local std::uint32_t noted_frame_class = frame_cache::no_class;

/// Stands in the first of its frames.
struct frame_cache::magazine {
  idle_frame* next;
  magazine* next_magazine;
  std::uint32_t count;
};

namespace {

static_assert(frame_cache::class_bytes(frame_cache::classes - 1) == frame_cache::largest_pooled);

std::size_t large_class(std::size_t bytes) {
  return frame_cache::fine_classes + static_cast<std::size_t>(std::bit_width((bytes - 1) / frame_cache::largest_fine)) -
         1;
}

/// Owns a thread's cache, and returns its frames when the thread ends.
struct cache_owner {
  std::unique_ptr<frame_cache> cache;
  bool retired = false;

  /// With the thread's first frame. None if it has retired, or for want of memory.
  frame_cache* make() noexcept {
    if (retired) return nullptr;
    cache.reset(new (std::nothrow) frame_cache(frame_cache::magazine_frames));
    if (cache) thread_frames = cache.get();
    return cache.get();
  }
  ~cache_owner() {
    retired = true;
    thread_frames = &no_frame_cache;
    if (cache) cache->retire();
  }
};
thread_local cache_owner owner;

}  // namespace

// One stack a class, for all threads. Type-stable: what it holds is never returned to the system.
static constinit std::array<magazine_stack<frame_cache::magazine>, frame_cache::classes> magazines;

bool frame_cache::is_threads_own() const noexcept { return this != &no_frame_cache; }

void frame_cache::put_away(std::size_t c, idle_frame* frames, std::uint32_t count) noexcept {
  auto* m = new (static_cast<void*>(frames)) magazine{frames->next, nullptr, count};
  magazines[c].push(m);
}

void* frame_cache::refill(std::size_t c) {
  if (!is_threads_own()) {
    // A thread's first frame; or one of its last, made by a destructor that runs after its cache has retired.
    if (frame_cache* const own = owner.make()) return own->refill(c);
    if (!owner.retired) throw std::bad_alloc();
    frame_cache last(magazine_frames);
    void* memory = last.refill(c);
    last.retire();
    return memory;
  }
  shelf& s = shelves_[c];
  if (s.spare != nullptr) {
    s.loaded = s.spare;
    s.spare = nullptr;
    s.room = 0;
  } else if (magazine* m = magazines[c].pop()) {
    s.room = magazine_frames - m->count;
    s.loaded = new (static_cast<void*>(m)) idle_frame{m->next};
  } else {
    // Large frames come in small slabs. 64: frames of a multiple of 64 bytes share no line with others.
    const std::size_t bytes = class_bytes(c);
    const std::uint32_t count = bytes <= largest_fine ? magazine_frames : 8;
    auto* slab = static_cast<char*>(::operator new(bytes * count, std::align_val_t(64)));
    idle_frame* list = nullptr;
    for (std::uint32_t i = count; i > 0; --i) list = new (slab + (i - 1) * bytes) idle_frame{list};
    s.loaded = list;
    s.room = magazine_frames - count;
  }
  idle_frame* frame = s.loaded;
  s.loaded = frame->next;
  ++s.room;
  return frame;
}

void frame_cache::give_surplus(void* memory, std::size_t c) noexcept {
  if (!is_threads_own()) {
    if (frame_cache* const own = owner.make()) return own->give_fine(memory, c);
    // None any more, or no memory for one: to the others at once.
    return put_away(c, new (memory) idle_frame{nullptr}, 1);
  }
  shelf& s = shelves_[c];
  if (s.spare != nullptr) put_away(c, s.spare, magazine_frames);
  s.spare = s.loaded;
  s.loaded = new (memory) idle_frame{nullptr};
  s.room = magazine_frames - 1;
}

void* frame_cache::take_large(std::size_t bytes) {
  if (bytes > largest_pooled) return ::operator new(bytes);
  const std::size_t c = large_class(bytes);
  shelf& s = shelves_[c];
  idle_frame* frame = s.loaded;
  if (frame == nullptr) return refill(c);
  s.loaded = frame->next;
  ++s.room;
  return frame;
}

void frame_cache::give_large(void* memory, std::size_t bytes) noexcept {
  if (bytes > largest_pooled) return ::operator delete(memory, bytes);
  const std::size_t c = large_class(bytes);
  shelf& s = shelves_[c];
  if (s.room == 0) return give_surplus(memory, c);
  --s.room;
  s.loaded = new (memory) idle_frame{s.loaded};
}

void frame_cache::retire() noexcept {
  for (std::size_t c = 0; c < classes; ++c) {
    shelf& s = shelves_[c];
    if (s.loaded != nullptr) put_away(c, s.loaded, magazine_frames - s.room);
    if (s.spare != nullptr) put_away(c, s.spare, magazine_frames);
    s = shelf{};
  }
}

}  // namespace magpie::detail
