#include "axioms.hpp"

#include <algorithm>
#include <bit>

namespace litmus::axioms {

namespace {

bool releasing(std::memory_order order) {
  return order == std::memory_order_release || order == std::memory_order_acq_rel || order == std::memory_order_seq_cst;
}
bool acquiring(std::memory_order order) {
  return order == std::memory_order_acquire || order == std::memory_order_acq_rel || order == std::memory_order_seq_cst;
}
constexpr unsigned bit(int e) { return 1u << static_cast<unsigned>(e); }

}  // namespace

enumeration::enumeration(const program& text) {
  for (int location : {0, 1}) {
    events_.push_back({kind::store, location, std::memory_order_relaxed, 0, -1});
    order_[at(location)].push_back(location);
  }
  for (int thread = 0; thread < static_cast<int>(text.size()); ++thread)
    for (const instruction& each : text[at(thread)])
      events_.push_back({each.what, each.location, each.order, each.value, thread});
  for (int e = 0; e < count(); ++e) {
    if (reads(e)) readers_.push_back(e);
    if (e > 1 && writes(e)) order_[at(events_[at(e)].location)].push_back(e);
    for (int later = e + 1; later < count(); ++later)
      if (events_[at(e)].thread == events_[at(later)].thread && events_[at(e)].thread >= 0)
        sequenced_[at(e)] |= bit(later);
    for (int each = 2; e < 2 && each < count(); ++each) sequenced_[at(e)] |= bit(each);  // before the threads start
  }
}

std::set<outcome> enumeration::outcomes() {
  choose_sources(0);
  return found_;
}

void enumeration::choose_sources(std::size_t read) {
  if (read == readers_.size()) return choose_order(0);
  const int reader = readers_[read];
  for (int e = 0; e < count(); ++e) {
    if (e == reader || !writes(e) || events_[at(e)].location != events_[at(reader)].location) continue;
    source_[at(reader)] = e;
    choose_sources(read + 1);
  }
}

void enumeration::choose_order(int location) {
  if (location == 2) return judge();
  auto& order = order_[at(location)];
  std::sort(order.begin() + 1, order.end());
  do choose_order(location + 1);
  while (std::next_permutation(order.begin() + 1, order.end()));
}

void enumeration::judge() {
  if (!consistent()) return;
  outcome seen;
  for (int reader : readers_) seen.push_back(events_[at(source_[at(reader)])].value);
  for (const auto& order : order_) seen.push_back(events_[at(order.back())].value);
  found_.insert(seen);
}

enumeration::relation enumeration::compose(const relation& a, const relation& b) const {
  relation out{};
  for (int i = 0; i < count(); ++i)
    for (unsigned rest = a[at(i)]; rest != 0; rest &= rest - 1) out[at(i)] |= b[at(std::countr_zero(rest))];
  return out;
}
enumeration::relation enumeration::closure(relation a) const {
  for (int k = 0; k < count(); ++k)
    for (int i = 0; i < count(); ++i)
      if ((a[at(i)] & bit(k)) != 0) a[at(i)] |= a[at(k)];
  return a;
}
enumeration::relation enumeration::unite(relation a, const relation& b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] |= b[i];
  return a;
}
bool enumeration::irreflexive(const relation& a) const {
  for (int i = 0; i < count(); ++i)
    if ((a[at(i)] & bit(i)) != 0) return false;
  return true;
}

bool enumeration::consistent() {
  relation reads_from{}, modified{}, read_before{};
  for (int reader : readers_) reads_from[at(source_[at(reader)])] |= bit(reader);
  for (const auto& order : order_)
    for (std::size_t i = 0; i < order.size(); ++i)
      for (std::size_t j = i + 1; j < order.size(); ++j) modified[at(order[i])] |= bit(order[j]);
  for (int reader : readers_) read_before[at(reader)] |= modified[at(source_[at(reader)])] & ~bit(reader);

  if (!irreflexive(closure(unite(sequenced_, reads_from)))) return false;  // RC11's cut

  for (int e : readers_) {  // atomicity: nothing between an exchange and what it read
    if (!writes(e)) continue;
    const auto& order = order_[at(events_[at(e)].location)];
    const auto mine = std::find(order.begin(), order.end(), e);
    if (*(mine - 1) != source_[at(e)]) return false;
  }

  // Synchronizes-with: a release head, a release sequence of exchanges, a read, an acquire tail.
  relation synchronizes{};
  for (int reader : readers_) {
    unsigned tails = acquiring(events_[at(reader)].order) ? bit(reader) : 0;
    for (int e = 0; e < count(); ++e)
      if (is_fence(e) && acquiring(events_[at(e)].order) && (sequenced_[at(reader)] & bit(e)) != 0) tails |= bit(e);
    for (int head = source_[at(reader)];; head = source_[at(head)]) {
      if (releasing(events_[at(head)].order)) synchronizes[at(head)] |= tails;
      for (int e = 0; e < count(); ++e)
        if (is_fence(e) && releasing(events_[at(e)].order) && (sequenced_[at(e)] & bit(head)) != 0)
          synchronizes[at(e)] |= tails;
      if (!reads(head)) break;
    }
  }
  for (int e = 0; e < count(); ++e) synchronizes[at(e)] &= ~bit(e);
  const relation before = closure(unite(sequenced_, synchronizes));
  const relation coherence = closure(unite(unite(reads_from, modified), read_before));
  if (!irreflexive(before) || !irreflexive(coherence) || !irreflexive(compose(before, coherence))) return false;

  // The order S: [atomics.order] paragraph 4.
  relation strongly = unite(sequenced_, compose(sequenced_, compose(before, sequenced_)));
  for (int a = 0; a < count(); ++a)
    for (int b = 0; b < count(); ++b)
      if ((synchronizes[at(a)] & bit(b)) != 0 && is_sc(a) && is_sc(b)) strongly[at(a)] |= bit(b);
  strongly = closure(strongly);
  const relation sequenced_then_before = compose(sequenced_, before);
  relation total{};
  for (int a = 0; a < count(); ++a) {
    if (!is_sc(a)) continue;
    for (int b = 0; b < count(); ++b) {
      if (!is_sc(b)) continue;
      // Around a fence, what happens before or after it stands for it.
      const unsigned from = is_fence(a) ? before[at(a)] : bit(a);
      bool ordered = (strongly[at(a)] & bit(b)) != 0;
      for (int x = 0; x < count() && !ordered; ++x) {
        if ((from & bit(x)) == 0) continue;
        for (int y = 0; y < count() && !ordered; ++y)
          ordered = (coherence[at(x)] & bit(y)) != 0 &&
                    (y == b ? !is_fence(b) : is_fence(b) && (before[at(y)] & bit(b)) != 0);
      }
      // RC11 adds: sequenced before something that happens before a fence; and of fences, happens-before.
      if (is_fence(b)) {
        ordered = ordered || (sequenced_then_before[at(a)] & bit(b)) != 0;
        ordered = ordered || (is_fence(a) && (before[at(a)] & bit(b)) != 0);
      }
      if (ordered) total[at(a)] |= bit(b);
    }
  }
  return irreflexive(closure(total));
}

}  // namespace litmus::axioms
