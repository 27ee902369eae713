#include <magpie/model/engine.hpp>

// What each event of an execution means for the order S of seq_cst operations: which of them S must put before it, and
// which behind. sc_order then says whether that is possible.
namespace magpie::model {

/// Executions without seq_cst operations do not pay for S: the sets in messages are valid from here on.
void engine::use_sc() {
  if (sc_used_) return;
  sc_used_ = true;
  for (int i = 0; i < messages_used_; ++i) {
    message& each = messages_[static_cast<std::size_t>(i)];
    each.sources.clear();
    each.reader_sources.clear();
    each.targets.clear();
  }
}

/// What S must put before a seq_cst operation here, or before a fence that follows it: whatever is coherence-ordered
/// before an operation that reads `each` (or writes directly behind it).
node_set engine::sc_before(const location& at, const message& each, event kind) {
  node_set found;
  for (const message* m = at.oldest; m != &each; m = m->newer) {
    found |= m->sources;
    found |= m->reader_sources;
  }
  found |= each.sources;
  if (kind != event::load) found |= each.reader_sources;
  return found;
}

/// What S must put after it: whatever has already run and is coherence-ordered behind.
node_set engine::sc_after(const location& at, const message& each) {
  node_set found;
  for (const message* m = each.newer; m != nullptr; m = m->newer) found |= m->targets;
  if (sc_.has_fences()) found |= sc_.fences_beyond(number_of(at), each.position);
  return found;
}

bool engine::coherent_with_sc(location& at, message& each, std::memory_order order, event kind) {
  if (!sc_used_ || &each == at.newest) return true;  // nothing is behind the newest
  const bool seq_cst = order == std::memory_order_seq_cst;
  if (!seq_cst && !sc_.has_fences()) return true;
  const node_set after = sc_after(at, each);
  if (after.empty()) return true;
  node_set known = now().sc();
  if (acquires(order) && each.carries && kind != event::store) known |= each.handed.sc();
  node_set before = sc_.fences_in(known);
  if (seq_cst) {
    before |= now().sc();
    before |= sc_before(at, each, kind);
  }
  return sc_.allows(before, after);
}

/// Enters the operation that reads `each`, or writes behind it, into S. Returns its number if it is seq_cst, else -1.
int engine::commit_sc(location& at, message& each, std::memory_order order, event kind) {
  const bool seq_cst = order == std::memory_order_seq_cst;
  if (seq_cst) use_sc();
  if (!sc_used_) return -1;
  node_set self;
  int node = -1;
  if (seq_cst) {
    node_set before = now().sc();
    before |= sc_before(at, each, kind);
    node = sc_.add(before);
    if (node < 0) fail("the execution has more seq_cst operations than max_sc_nodes in limits.hpp");
    self.add(node);
  }
  if (sc_.has_fences()) {
    node_set known = now().sc();
    if (acquires(order) && each.carries && kind != event::store) known |= each.handed.sc();
    self |= sc_.fences_in(known);
  }
  if (!self.empty() && &each != at.newest) sc_.order(self, sc_after(at, each));
  return node;
}

/// Leaves at a write what S needs to know of its reader.
void engine::note_reader(message& from, int node) {
  if (!sc_used_) return;
  if (sc_.has_fences()) from.reader_sources |= sc_.fences_in(now().sc());
  if (node < 0) return;
  from.reader_sources.add(node);
  from.targets.add(node);
  thread().current.sc().add(node);
}

}  // namespace magpie::model
