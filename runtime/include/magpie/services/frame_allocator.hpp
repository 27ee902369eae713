#pragma once

#include <magpie/base/config.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <new>

/// Memory for coroutine frames (docs/protocols/frame_allocator.md). Each thread keeps the frames that it freed, in size
/// classes; surplus travels to other threads in magazines of equal frames. Memory goes back to the system never.
///
/// Cost: taking and giving are a few plain instructions; the system is asked when the pool of a size grows.
/// Source: Bonwick and Adams, "Magazines and vmem", USENIX 2001.
namespace magpie::detail {

/// Sanitizers must see every frame as an allocation of its own, or a use after free looks like a use.
#if !defined(MAGPIE_POOL_FRAMES)
#define MAGPIE_POOL_FRAMES (!MAGPIE_SANITIZED)
#endif

/// Whether a frame may go to the free list at the end of its task without a call of destroy(), where nothing in it
/// needs a destructor. It pays on GCC only (docs/design/0003-direct-free.md).
#define MAGPIE_FREE_DIRECTLY (MAGPIE_POOL_FRAMES && MAGPIE_GCC)

class frame_cache {
 public:
  static constexpr std::size_t granule = 16;
  static constexpr std::size_t largest_small = 192;    // up to here a class each granule,
  static constexpr std::size_t largest_fine = 1024;    // up to here a class each line, so that frames which two threads
                                                       // use at a time share none: stolen ones get mixed up,
  static constexpr std::size_t largest_pooled = 4096;  // up to here a class each power of two, then operator new
  static constexpr std::size_t small_classes = largest_small / granule;
  static constexpr std::size_t fine_classes = small_classes + (largest_fine - largest_small) / line_size;
  static constexpr std::size_t classes = fine_classes + 2;
  static constexpr std::uint32_t magazine_frames = 64;

  struct magazine;  // equal frames on their way between threads

  /// Holds nothing, and keeps nothing: `no_frame_cache`.
  constexpr frame_cache() noexcept = default;
  /// A thread's own, whose magazines have so much room.
  explicit frame_cache(std::uint32_t room) noexcept {
    for (shelf& s : shelves_) s.room = room;
  }
  frame_cache(const frame_cache&) = delete;
  frame_cache& operator=(const frame_cache&) = delete;

  MAGPIE_INLINE void* take(std::size_t bytes) {
    if (bytes > largest_fine) [[unlikely]]
      return take_large(bytes);
    const std::size_t c = class_of(bytes);
    shelf& s = shelves_[c];
    idle_frame* frame = s.loaded;
    if (frame == nullptr) [[unlikely]]
      return refill(c);
    s.loaded = frame->next;
    ++s.room;
    return frame;
  }

  MAGPIE_INLINE void give(void* memory, std::size_t bytes) noexcept {
    if (bytes > largest_fine) [[unlikely]]
      return give_large(memory, bytes);
    give_fine(memory, class_of(bytes));
  }

  /// A frame of a fine class.
  MAGPIE_INLINE void give_fine(void* memory, std::size_t c) noexcept {
    shelf& s = shelves_[c];
    if (s.room == 0) [[unlikely]]
      return give_surplus(memory, c);
    --s.room;
    s.loaded = new (memory) idle_frame{s.loaded};
  }

  static constexpr std::uint32_t no_class = ~std::uint32_t{0};
  static constexpr std::uint32_t marks = no_class - 1;  // from here on it is no class
  static constexpr std::size_t class_of(std::size_t bytes) noexcept {
    return bytes <= largest_small ? (bytes - 1) / granule : small_classes + (bytes - largest_small - 1) / line_size;
  }
  /// How large the frames of a class are.
  static constexpr std::size_t class_bytes(std::size_t c) noexcept {
    if (c < small_classes) return c == 0 ? 32 : (c + 1) * granule;  // the least holds a magazine
    if (c < fine_classes) return largest_small + (c - small_classes + 1) * line_size;
    return largest_fine << (c - fine_classes + 1);
  }

  /// The thread ends: all its frames go to the others.
  MAGPIE_EXPORT void retire() noexcept;

 private:
  struct idle_frame {
    idle_frame* next;
  };

  /// Two magazines of a class: one in use, and a full spare one, so that a thread that goes back and forth over the
  /// edge of one does not trade with the others each time.
  struct shelf {
    idle_frame* loaded = nullptr;
    std::uint32_t room = 0;  // how many fit into `loaded` yet; 0 also where this is no thread's cache
    idle_frame* spare = nullptr;
  };

  MAGPIE_EXPORT void* refill(std::size_t c);
  MAGPIE_EXPORT void give_surplus(void* memory, std::size_t c) noexcept;
  MAGPIE_EXPORT void* take_large(std::size_t bytes);
  MAGPIE_EXPORT void give_large(void* memory, std::size_t bytes) noexcept;
  void put_away(std::size_t c, idle_frame* frames, std::uint32_t count) noexcept;
  bool is_threads_own() const noexcept;

  std::array<shelf, classes> shelves_{};
};

/// Points to a cache that is empty and full at once until the thread needs one of its own.
extern constinit MAGPIE_EXPORT frame_cache no_frame_cache;
extern constinit thread_local MAGPIE_EXPORT frame_cache* thread_frames __attribute__((tls_model("initial-exec")));

/// The class of the frame that this thread allocated last by allocate_noted_frame(), for its promise to pick up.
extern constinit thread_local MAGPIE_EXPORT std::uint32_t noted_frame_class __attribute__((tls_model("initial-exec")));

/// Errors: std::bad_alloc. Aligned to 16 bytes; an object in a frame that asks for more is misaligned.
MAGPIE_INLINE void* allocate_frame(std::size_t bytes) {
#if MAGPIE_POOL_FRAMES
  return thread_frames->take(bytes);
#else
  return ::operator new(bytes);
#endif
}

/// How much to ask for so that no line of the cache is shared with another frame: slabs begin with a line.
constexpr std::size_t unshared_bytes(std::size_t bytes) noexcept {
  return (bytes + line_size - 1) / line_size * line_size;
}

/// As allocate_frame(). Nothing else may be allocated between this and the promise's constructor.
MAGPIE_INLINE void* allocate_noted_frame(std::size_t bytes) {
  noted_frame_class = bytes > frame_cache::largest_fine ? frame_cache::no_class
                                                        : static_cast<std::uint32_t>(frame_cache::class_of(bytes));
  return allocate_frame(bytes);
}

MAGPIE_INLINE void free_frame(void* memory, std::size_t bytes) noexcept {
#if MAGPIE_POOL_FRAMES
  thread_frames->give(memory, bytes);
#else
  ::operator delete(memory, bytes);
#endif
}

}  // namespace magpie::detail
