#pragma once

#include <magpie/base/atomic.hpp>
#include <magpie/base/config.hpp>

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

namespace magpie {

/// The number of the worker that runs the caller: from 0 to workers() - 1 of its runtime. A task may be another
/// worker's after any co_await. Errors: usage_error on a thread that is no worker.
[[nodiscard]] MAGPIE_EXPORT unsigned this_worker_index();

namespace detail {

/// One for each worker: who and whose it is.
struct combinable_entry {
  explicit combinable_entry(const void* h) noexcept : home(h) {}
  const void* home;  // the executor
  combinable_entry* next = nullptr;
};

/// Finds a worker's entry by its number; the entries of several runtimes with one number stand in a list.
class MAGPIE_EXPORT combinable_table {
 public:
  combinable_table() noexcept = default;
  combinable_table(const combinable_table&) = delete;
  combinable_table& operator=(const combinable_table&) = delete;
  ~combinable_table();

  struct place {
    atomics::atomic<combinable_entry*>* head;
    const void* home;
  };
  /// Of the calling worker. Errors: usage_error, std::bad_alloc.
  place here();

  static combinable_entry* find(const place& p) noexcept {
    // acquire: pairs with add() by a worker of another runtime: its entry's `next`
    combinable_entry* e = p.head->load(acquire);
    while (e != nullptr && e->home != p.home) e = e->next;
    return e;
  }
  static void add(const place& p, combinable_entry* e) noexcept {
    e->next = p.head->load(relaxed);  // relaxed: the exchange decides
    // release: the entry; relaxed on failure: we try again with what is read
    while (!p.head->compare_exchange_weak(e->next, e, release, relaxed)) {
    }
  }

  /// When no worker adds any more.
  template <class F>
  void for_each(F f) const {
    for (std::size_t s = 0; s < segments_.size(); ++s) {
      const auto* heads = segments_[s].load(acquire);  // acquire: pairs with here(), where it was made
      for (std::size_t i = 0; heads != nullptr && i < (std::size_t{1} << s); ++i) {
        combinable_entry* e = heads[i].load(acquire);  // acquire: pairs with add()
        while (e != nullptr) f(*std::exchange(e, e->next));
      }
    }
  }
  void forget() noexcept;

 private:
  // The segment s holds the numbers from 2^s - 1.
  std::array<atomics::atomic<atomics::atomic<combinable_entry*>*>, 11> segments_{};
};

}  // namespace detail

/// One T for each worker, made when the worker first asks: for sums and lists that a parallel loop builds without
/// locks. For bodies of loops that do not suspend: a reference from local() must not be kept over a co_await.
template <class T>
class combinable {
 public:
  combinable() : make_([] { return T(); }) {}
  /// `make()` gives each worker's first value. It may be called on several workers at a time.
  template <class F>
    requires std::is_invocable_r_v<T, F&> && (!std::same_as<std::remove_cvref_t<F>, combinable>)
  explicit combinable(F make) : make_(std::move(make)) {}
  combinable(const combinable&) = delete;
  combinable& operator=(const combinable&) = delete;
  ~combinable() { clear(); }

  /// The calling worker's T. Errors: usage_error on a thread that is no worker; what making it throws. Cost: two loads;
  /// one allocation for each worker.
  [[nodiscard]] T& local() {
    const auto place = table_.here();
    if (auto* e = detail::combinable_table::find(place)) [[likely]]
      return static_cast<entry*>(e)->value;
    auto made = std::make_unique<entry>(place.home, make_);
    detail::combinable_table::add(place, made.get());
    return made.release()->value;
  }

  /// op of all that were made, in no special order; a new T if there is none, and to begin with if a T cannot be
  /// copied. Threads: any one, after the loop.
  template <class Op>
  [[nodiscard]] T combine(Op op) const {
    std::unique_ptr<T> sum;
    if constexpr (!std::is_copy_constructible_v<T>) sum = std::make_unique<T>(make_());
    table_.for_each([&](detail::combinable_entry& e) {
      const T& value = static_cast<entry&>(e).value;
      if constexpr (std::is_copy_constructible_v<T>) {
        if (!sum) {
          sum = std::make_unique<T>(value);
          return;
        }
      }
      *sum = std::invoke(op, std::move(*sum), value);
    });
    if (sum) return std::move(*sum);
    return make_();
  }

  /// f(T&) for each that was made. Threads: any one, after the loop.
  template <class F>
  void combine_each(F f) {
    table_.for_each([&](detail::combinable_entry& e) { std::invoke(f, static_cast<entry&>(e).value); });
  }

  /// Forgets all of them. Threads: any one, while no worker uses it.
  void clear() noexcept {
    table_.for_each([](detail::combinable_entry& e) { delete static_cast<entry*>(&e); });
    table_.forget();
  }

 private:
  struct alignas(detail::line_size) entry : detail::combinable_entry {
    entry(const void* whose, const std::function<T()>& make) : detail::combinable_entry(whose), value(make()) {}
    T value;
  };

  detail::combinable_table table_;
  std::function<T()> make_;
};

}  // namespace magpie
