#include <magpie/combinable.hpp>
#include <magpie/coroutine/this_worker.hpp>
#include <magpie/errors.hpp>

namespace magpie {
namespace {

detail::worker_context& here_or_throw(const char* what) {
  detail::worker_context* const w = detail::current_worker;
  if (w == nullptr) throw usage_error(what);
  return *w;
}

}  // namespace

unsigned this_worker_index() {
  return here_or_throw("magpie: this_worker_index() on a thread that is no worker of a runtime").number;
}

namespace detail {

combinable_table::~combinable_table() {
  for (auto& s : segments_) delete[] s.load(relaxed);  // relaxed: whoever destroys it comes after all
}

auto combinable_table::here() -> place {
  const worker_context& w = here_or_throw("magpie: combinable::local() on a thread that is no worker of a runtime");
  const unsigned place_of = w.number + 1;
  const unsigned size = std::bit_floor(place_of);
  const auto s = static_cast<std::size_t>(std::countr_zero(size));
  auto* heads = segments_[s].load(acquire);  // acquire: pairs with the exchange below: the heads are null
  if (heads == nullptr) [[unlikely]] {
    auto made = std::make_unique<atomics::atomic<combinable_entry*>[]>(size);
    // acq_rel: as above, or ours; acquire on failure: somebody else's
    if (segments_[s].compare_exchange_strong(heads, made.get(), acq_rel, acquire)) heads = made.release();
  }
  return {heads + (place_of - size), &w.home};
}

void combinable_table::forget() noexcept {
  for (std::size_t s = 0; s < segments_.size(); ++s) {
    auto* heads = segments_[s].load(acquire);  // acquire: pairs with here(), where it was made
    for (std::size_t i = 0; heads != nullptr && i < (std::size_t{1} << s); ++i) {
      heads[i].store(nullptr, relaxed);  // relaxed: no worker uses it now
    }
  }
}

}  // namespace detail
}  // namespace magpie
