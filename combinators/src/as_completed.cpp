#include <magpie/as_completed.hpp>
#include <magpie/base/assert.hpp>
#include <magpie/errors.hpp>
#include <magpie/services/frame_allocator.hpp>
#include <magpie/spawn/self_wait.hpp>

#include <cstdint>
#include <exception>
#include <memory>
#include <new>

namespace magpie::detail {

std::size_t completed_feed::bytes_for(std::size_t tasks) noexcept {
  static_assert(alignof(node) <= alignof(completed_feed));
  return sizeof(completed_feed) + tasks * sizeof(node);
}

auto completed_feed::nodes() noexcept -> node* {
  return std::launder(reinterpret_cast<node*>(reinterpret_cast<std::byte*>(this) + sizeof(completed_feed)));
}

counted_ptr<completed_feed> completed_feed::make(std::size_t tasks) {
  if (tasks >= wait_block<>::most_sources) throw usage_error("magpie: too many handles to wait for at once");
  return counted_ptr<completed_feed>(::new (allocate_frame(bytes_for(tasks))) completed_feed(tasks));
}

void completed_feed::operator delete(completed_feed* feed, std::destroying_delete_t) noexcept {
  const std::size_t bytes = bytes_for(feed->room_);
  std::destroy_n(feed->nodes(), feed->watched_);
  feed->~completed_feed();
  free_frame(feed, bytes);
}

void completed_feed::watch(spawned_base* task) {
  if (task == nullptr) throw_invalid_handle();
  node& n = *std::construct_at(nodes() + watched_, *this, task);
  add_reference();  // for the arrival
  switch (task->own.done.attach(&n)) {
    case source_word<arrival>::attached::yes:
      break;
    case source_word<arrival>::attached::fired_already:
      on_end(&n);
      break;
    case source_word<arrival>::attached::somebody_waits:
      drop_reference();
      std::rethrow_exception(second_waiter());
  }
  ++watched_;
  ++remaining_;
}

void completed_feed::on_end(arrival* a) noexcept {
  auto* const n = static_cast<node*>(a);
  completed_feed& feed = n->feed;
  feed_wait* waiting = nullptr;
  {
    const locked hold(feed.lock_);
    feed.ended_.push_back(n);
    ++feed.arrived_;
    waiting = feed.waiting_;
    feed.waiting_ = nullptr;
  }
  if (waiting != nullptr) waiting->next_has_ended();  // the stream may be gone
  feed.drop_reference();                              // the feed may be gone
}

std::size_t completed_feed::take() noexcept {
  const locked hold(lock_);
  node* const n = ended_.pop_front();
  if (n == nullptr) return none;
  --remaining_;
  return static_cast<std::size_t>(n - nodes());
}

bool completed_feed::watches() noexcept {
  const locked hold(lock_);
  if (waiting_ != nullptr) fatal("magpie: a stream of as_completed() is being destroyed while somebody waits in it");
  return arrived_ < watched_;
}

void completed_feed::leave(std::size_t i, const spawned_base* task) noexcept {
  if (i >= watched_) return;
  node& n = nodes()[i];
  if (n.task != task) return;  // A4: it has ended, and may be gone
  if (n.task->own.done.detach(&n)) drop_reference();
}

auto completed_feed::attach(feed_wait& w) noexcept -> attached {
  const locked hold(lock_);
  // A3: looked at and entered under one lock
  if (!ended_.empty() || remaining_ == 0) return attached::nothing_to_wait_for;
  if (waiting_ != nullptr) return attached::somebody_waits;
  waiting_ = &w;
  return attached::yes;
}

bool completed_feed::detach(feed_wait& w) noexcept {
  const locked hold(lock_);
  if (waiting_ != &w) return false;  // A2: it was taken under this lock
  waiting_ = nullptr;
  return true;
}

bool completed_feed::watches_around(const scope* inside) noexcept {
  const auto begin = reinterpret_cast<std::uintptr_t>(nodes());
  return any_around(inside, [&](const scope& s) noexcept {
    if (s.kind() != scope_kind::spawned) return false;
    // A5: whose node waits for it? Not by its address in a node: that may be one of a task that is gone (A4)
    const arrival* const waiter = static_cast<const spawned_scope&>(s).done.waiter();
    return reinterpret_cast<std::uintptr_t>(waiter) - begin < watched_ * sizeof(node);
  });
}

bool feed_wait::await_ready() {
  once_.begin();
  if (feed_ == nullptr || feed_->remaining() == 0) return true;
  taken_ = feed_->take();
  return taken_ != completed_feed::none || too_late();
}

std::size_t feed_wait::take() {
  rethrow_refusal();
  if (taken_ == completed_feed::none && feed_ != nullptr) taken_ = feed_->take();
  return taken_;
}

void feed_wait::attach() noexcept {
  if (feed_->watches_around(task().promise().join->inside)) return refuse(self_wait());
  switch (feed_->attach(*this)) {
    case completed_feed::attached::yes:
      attached_ = true;
      return attach_deadline();
    case completed_feed::attached::nothing_to_wait_for:
      return happened(0);
    case completed_feed::attached::somebody_waits:
      return refuse(std::make_exception_ptr(
          usage_error("magpie: somebody waits in this stream of as_completed() already: one task takes from it")));
  }
}

std::uint32_t feed_wait::detach() noexcept { return detach_deadline() + (!attached_ || feed_->detach(*this) ? 1 : 0); }

}  // namespace magpie::detail
