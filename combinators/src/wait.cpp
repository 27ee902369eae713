#include <magpie/errors.hpp>
#include <magpie/services/frame_allocator.hpp>
#include <magpie/spawn/self_wait.hpp>
#include <magpie/wait.hpp>

#include <exception>
#include <memory>
#include <stdexcept>

namespace magpie::detail {

handles_wait::~handles_wait() {
  if (capacity_ > few) free_frame(nodes_, capacity_ * sizeof(node));
}

void handles_wait::open(std::size_t count) {
  if (nodes_ != nullptr) throw usage_error("magpie: this wait was awaited before: make another, wait(handles)");
  if (count == 0) throw std::invalid_argument("magpie: there is no handle to wait for: the range is empty");
  if (count >= wait_block<>::most_sources) throw usage_error("magpie: too many handles to wait for at once");
  void* const memory = count <= few ? room_.data() : allocate_frame(count * sizeof(node));
  nodes_ = static_cast<node*>(memory);
  capacity_ = count;
}

void handles_wait::watch(spawned_base* task) {
  if (task == nullptr) throw_invalid_handle();
  if (task->own.done.waited_on()) std::rethrow_exception(second_waiter());
  std::construct_at(nodes_ + count_, task);
  ++count_;
}

bool handles_wait::is_over() noexcept {
  unfinished_.store(count_, relaxed);  // relaxed: nobody else has it yet
  for (std::size_t i = 0; i < count_; ++i) {
    const spawned_base& task = *nodes_[i].task;
    if (!task.own.done.has_fired()) continue;
    if (found_ == none) found_ = i;
    if (ends_wait(task)) return true;
  }
  found_ = none;
  if (too_late()) return true;
  unfinished_.store(count_, relaxed);  // relaxed: attach() counts anew
  return false;
}

bool handles_wait::ends_wait(const spawned_base& task) noexcept {
  if (fails_fast_ && task.end != ending::value) return true;
  switch (until_) {
    case return_when::first_completed:
      return true;
    case return_when::first_exception:
      if (task.end == ending::error) return true;
      break;
    case return_when::all_completed:
      break;
  }
  return unfinished_.fetch_sub(1, relaxed) == 1;  // relaxed: one is the last; the wait block hands over what they did
}

void handles_wait::attach() noexcept {
  const scope* const inside = blocked_task::task().promise().join->inside;
  for (std::size_t i = 0; i < count_; ++i) {
    node& n = nodes_[i];
    if (is_part_of(inside, n.task->own)) return refuse(self_wait());
    n.waiter = this;
    switch (n.task->own.done.attach(&n)) {
      case source_word<arrival>::attached::yes:
        continue;
      case source_word<arrival>::attached::fired_already:
        n.waiter = nullptr;
        if (ends_wait(*n.task)) return happened(static_cast<std::uint32_t>(i));
        break;
      case source_word<arrival>::attached::somebody_waits:
        n.waiter = nullptr;
        return refuse(second_waiter());
    }
  }
  attach_deadline();
}

std::uint32_t handles_wait::detach() noexcept {
  std::uint32_t gone = detach_deadline();
  for (std::size_t i = 0; i < count_; ++i) {
    node& n = nodes_[i];
    if (n.waiter == nullptr || n.task->own.done.detach(&n)) ++gone;
  }
  return gone;
}

void handles_wait::on_arrival(arrival* a) noexcept {
  auto* const n = static_cast<node*>(a);
  handles_wait* const w = n->waiter;
  if (w->ends_wait(*n->task)) {
    w->arrived(static_cast<std::uint32_t>(n - w->nodes_));
  } else {
    w->arrived_unheard();
  }
}

std::size_t handles_wait::decide() {
  std::size_t done = 0;
  for (std::size_t i = 0; i < count_; ++i) {
    node& n = nodes_[i];
    // The handles are about to change places.
    if (n.task->own.done.waited_on()) std::rethrow_exception(second_waiter());
    n.ended = n.task->own.done.has_fired();
    if (n.ended) ++done;
  }
  return done;
}

}  // namespace magpie::detail
