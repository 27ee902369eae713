#pragma once

#include <magpie/model/engine.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>

namespace magpie::model {

/// Data without atomics that the protocol around it must protect. Reads and is assigned like a T; two accesses, one of
/// them a write, that nothing orders are reported as a data race, an access after its destruction as a use after free.
template <class T>
class plain {
 public:
  plain() : plain(T{}) {}
  plain(T value) : value_(std::move(value)) { note(access::write); }
  plain(const plain& other) : plain(other.get()) {}
  plain& operator=(const plain& other) { return *this = other.get(); }
  plain& operator=(T value) {
    note(access::write);
    value_ = std::move(value);
    return *this;
  }
  ~plain() {
    note(access::destroy);
    alive_ = false;
    asm volatile("" : : "r"(this) : "memory");  // the flag must outlive the object: a late access is told by it
  }

  operator const T&() const { return get(); }
  const T& get() const {
    note(access::read);
    return value_;
  }
  T operator->() const
    requires std::is_pointer_v<T>
  {
    return get();
  }

  plain& operator+=(const T& by) { return *this = static_cast<T>(get() + by); }
  plain& operator-=(const T& by) { return *this = static_cast<T>(get() - by); }
  plain& operator++() { return *this = static_cast<T>(get() + 1); }
  plain& operator--() { return *this = static_cast<T>(get() - 1); }
  T operator++(int) {
    T old = get();
    *this = static_cast<T>(old + 1);
    return old;
  }
  T operator--(int) {
    T old = get();
    *this = static_cast<T>(old - 1);
    return old;
  }

  void called(const char* name) { name_ = name; }

 private:
  enum class access : std::uint8_t { read, write, destroy };

  void note(access what) const {
    engine& model = engine::get();
    if (!model.running()) return;
    if (!alive_) model.fail("use after free: access to " + text(model) + ", which has been destroyed");
    const view& now = model.now();
    const int self = model.self();
    if (now.clock(writer_) < written_ && writer_ != self) race(model, what, "write", writer_);
    if (what == access::read) {
      read_[static_cast<std::size_t>(self)] = now.clock(self);
    } else {
      for (int i = 0; i < thread_slots; ++i)
        if (i != self && now.clock(i) < read_[static_cast<std::size_t>(i)]) race(model, what, "read", i);
      writer_ = self;
      written_ = now.clock(self);
    }
    if (model.recording())
      model.record(text(model) + (what == access::read ? " is read" : what == access::write ? " is written" : " ends"));
  }
  [[noreturn]] void race(engine& model, access what, const char* other, int thread) const {
    const char* mine = what == access::read ? "read" : what == access::write ? "write" : "destruction";
    model.fail(std::string("data race: this ") + mine + " of " + text(model) + " and a " + other + " by " +
               (thread == main_thread ? std::string("main") : "thread " + std::to_string(thread)) + " are not ordered");
  }
  std::string text(const engine& model) const { return name_ != nullptr ? name_ : model.describe(this); }

  T value_;
  const char* name_ = nullptr;
  bool alive_ = true;
  mutable int writer_ = main_thread;
  mutable std::uint32_t written_ = 0;
  mutable std::array<std::uint32_t, thread_slots> read_{};
};

}  // namespace magpie::model
