#pragma once

#include <array>
#include <atomic>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <new>
#include <utility>
#include <vector>

/// The least that fork-join with coroutines costs: frames from free lists, a deque that thieves could take from (and
/// pays for it by one exchange-like store), a join that is a plain field. There are no thieves, errors, stops, nor
/// stack bounds, so it runs on one thread only. The floor that magpie is measured against.
namespace perf::bare {

struct pair_block;

/// What one thread owns.
class machine {
 public:
  machine() { enter(this); }
  machine(const machine&) = delete;
  machine& operator=(const machine&) = delete;
  ~machine() { enter(nullptr); }

  static machine& here() noexcept { return *current_; }

  void* take(std::size_t bytes) {
    idle*& list = idle_[(bytes - 1) / granule];
    if (list == nullptr) [[unlikely]]
      list = grow((bytes - 1) / granule);
    idle* frame = list;
    list = frame->next;
    return frame;
  }
  void give(void* frame, std::size_t bytes) noexcept {
    idle*& list = idle_[(bytes - 1) / granule];
    list = new (frame) idle{list};
  }

  void push(pair_block* block) noexcept {
    const std::int64_t bottom = bottom_.load(std::memory_order_relaxed);
    if (bottom - top_.load(std::memory_order_acquire) >= std::ssize(entries_)) [[unlikely]]
      std::terminate();
    entry(bottom).store(block, std::memory_order_relaxed);
    bottom_.store(bottom + 1, std::memory_order_release);
  }
  pair_block* pop() noexcept {
    const std::int64_t bottom = bottom_.load(std::memory_order_relaxed) - 1;
    bottom_.store(bottom, std::memory_order_seq_cst);
    if (top_.load(std::memory_order_seq_cst) > bottom) [[unlikely]]
      std::terminate();  // nobody steals
    return entry(bottom).load(std::memory_order_relaxed);
  }

 private:
  struct idle {
    idle* next;
  };
  static constexpr std::size_t granule = 32;

  static void enter(machine* m) noexcept { current_ = m; }
  std::atomic<pair_block*>& entry(std::int64_t index) noexcept {
    return entries_[static_cast<std::size_t>(index) % std::size(entries_)];
  }

  [[gnu::noinline, gnu::cold]] idle* grow(std::size_t size_class) {
    constexpr std::size_t frames = 64;
    const std::size_t size = (size_class + 1) * granule;
    chunks_.push_back(std::make_unique<std::byte[]>(size * frames));
    idle* list = nullptr;
    for (std::size_t i = frames; i-- > 0;) list = new (chunks_.back().get() + i * size) idle{list};
    return list;
  }

  static inline constinit thread_local machine* current_ = nullptr;

  std::atomic<std::int64_t> bottom_{0};
  std::array<std::atomic<pair_block*>, 1024> entries_{};
  alignas(64) std::atomic<std::int64_t> top_{0};
  alignas(64) std::array<idle*, 32> idle_{};
  std::vector<std::unique_ptr<std::byte[]>> chunks_;
};

/// Two children of one parent, in the parent's frame.
struct pair_block {
  std::coroutine_handle<> parent;
  std::coroutine_handle<> second;
  std::uint32_t stolen = 0;
};

template <class T>
class [[nodiscard]] task {
 public:
  struct promise_type;
  using handle = std::coroutine_handle<promise_type>;

  struct final_awaiter {
    bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(handle h) const noexcept {
      pair_block* const block = h.promise().block;
      const bool last = h.promise().last;
      h.destroy();
      if (!last && machine::here().pop() == block) [[likely]]
        return block->second;
      if (block->stolen != 0) [[unlikely]]
        std::terminate();
      return block->parent;
    }
    void await_resume() const noexcept {}
  };

  struct promise_type {
    task get_return_object() noexcept { return task(handle::from_promise(*this)); }
    std::suspend_always initial_suspend() const noexcept { return {}; }
    final_awaiter final_suspend() const noexcept { return {}; }
    void return_value(T value) noexcept { *result = value; }
    void unhandled_exception() const noexcept { std::terminate(); }
    static void* operator new(std::size_t bytes) { return machine::here().take(bytes); }
    static void operator delete(void* frame, std::size_t bytes) noexcept { machine::here().give(frame, bytes); }

    pair_block* block;
    T* result;
    bool last;
  };

  task(task&& other) noexcept : handle_(other.release()) {}
  task& operator=(task&&) = delete;
  ~task() {
    if (handle_) handle_.destroy();
  }

  handle release() noexcept {
    void* address = std::exchange(handle_, {}).address();
    // Else GCC 12 loads two neighbouring handles, just stored one by one, as one vector: a store-forwarding stall.
    asm("" : "+r"(address));
    return handle::from_address(address);
  }

 private:
  explicit task(handle h) noexcept : handle_(h) {}
  handle handle_;
};

template <class T>
class [[nodiscard]] both_awaiter {
 public:
  using handle = typename task<T>::handle;
  both_awaiter(handle first, handle second) noexcept : first_(first), second_(second) {}

  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> parent) noexcept {
    wire(first_, first_result_, false);
    wire(second_, second_result_, true);
    block_.parent = parent;
    block_.second = second_;
    const std::coroutine_handle<> first = first_;
    machine::here().push(&block_);
    return first;
  }
  std::pair<T, T> await_resume() const noexcept {
    T first = first_result_;
    T second = second_result_;
    asm("" : "+r"(first), "+r"(second));  // as in release()
    return {first, second};
  }

 private:
  void wire(handle child, T& result, bool last) noexcept {
    child.promise().block = &block_;
    child.promise().result = &result;
    child.promise().last = last;
  }

  pair_block block_;
  handle first_;
  handle second_;
  T first_result_;
  T second_result_;
};

/// co_await both(a, b): the first runs, the second could be stolen, and is not.
template <class T>
both_awaiter<T> both(task<T>&& first, task<T>&& second) noexcept {
  return {first.release(), second.release()};
}

template <class T>
T run(task<T> root) {
  T result{};
  pair_block block{std::noop_coroutine(), {}};
  const auto h = root.release();
  h.promise().block = &block;
  h.promise().result = &result;
  h.promise().last = true;
  h.resume();
  return result;
}

}  // namespace perf::bare
