#include <magpie/magpie.hpp>

#include "random_programs/interpreter.hpp"
#include "random_programs/oracle.hpp"
#include "random_programs/world.hpp"
#include "support/witness.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <stop_token>
#include <utility>
#include <vector>

namespace magpie_test {
namespace {

using magpie::join_handle;
using magpie::outcome;
using magpie::runtime;
using magpie::task;
using half_seconds = std::chrono::duration<double, std::ratio<1, 2>>;
using handles = std::vector<join_handle<long>>;

task<long> run(node& n, world& w);

std::chrono::seconds length_of(const node& n) { return std::chrono::seconds(n.a / 2); }
half_seconds limit_of(const node& n) { return half_seconds(n.a); }

long as_number(outcome<long> o) {
  if (o.is_cancelled()) return -2;
  if (o.has_error()) return number_of(o.error()) == error_cancelled ? -2 : -1;
  return o.value();
}
long weighted(const std::vector<long>& values) {
  long sum = 0;
  for (std::size_t i = 0; i < values.size(); ++i) sum += values[i] * static_cast<long>(i + 1);
  return sum;
}
std::vector<task<long>> tasks_of(node& n, world& w) {
  std::vector<task<long>> tasks;
  for (node& c : n.children) tasks.push_back(run(c, w));
  return tasks;
}
handles spawn_all(runtime& rt, node& n, world& w) {
  handles all;
  for (node& c : n.children) all.push_back(rt.spawn(run(c, w), {.name = name_of(c.what)}));
  return all;
}

bool may_throw(node& n, const world& w, long error) {
  // The runtime's end refuses what is spawned then, and whoever waits for that fails in its own way.
  if (w.over) return true;
  const possibilities& p = look(n, true);
  return p.unknown || std::any_of(p.all.begin(), p.all.end(), [&](const possible& x) {
           return (x.how == possible::kind::error && x.what == error) ||
                  (x.how == possible::kind::ended && error == error_cancelled);
         });
}
/// Each of the errors may be some child's.
void check_group(node& n, world& w, const magpie::exception_group& group) {
  w.expect(!group.exceptions().empty(), n, "an empty exception_group");
  w.expect(group.exceptions().size() <= n.children.size(), n, "more errors than children");
  for (const std::exception_ptr& e : group.exceptions()) {
    const long error = number_of(e);
    const bool known =
        std::any_of(n.children.begin(), n.children.end(), [&](node& c) { return may_throw(c, w, error); });
    if (!known) w.complain(n, "its exception_group holds " + words_for(e));
  }
}

// Leaves
// ---------------------------------------------------------------------------------------------------------------

task<long> do_leaf(node& n, world& w) {
  switch (n.what) {
    case call::yields:
      for (int i = 0; i < n.a; ++i) co_await magpie::yield();
      co_return n.a;
    case call::checkpoints:
      for (int i = 0; i < n.a; ++i) co_await magpie::checkpoint();
      co_return n.a;
    case call::sleeps:
      co_await magpie::sleep_for(length_of(n));
      co_return n.a;
    case call::fails:
      co_await magpie::sleep_for(length_of(n));
      throw planted_error{n.number};
    case call::stops:
      co_await magpie::sleep_for(length_of(n));
      co_await magpie::stopped();
      w.complain(n, "went on after stopped()");
      co_return 0;
    case call::looks_at_token: {
      const magpie::stop_token token = co_await magpie::get_stop_token();
      static_cast<void>(token.stop_requested());
      co_return 3;
    }
    default:
      co_return w.how == sabotage::wrong_sum&& n.a == 5 ? 4 : n.a;
  }
}

task<long> do_blocking(world& w) {
  const auto call = [&w] {
    static_cast<void>(w);
    return 3L;
  };
  co_return co_await magpie::blocking(call);
}

task<long> do_loop(node& n) {
  std::vector<int> visits(static_cast<std::size_t>(n.a) * 20);
  const long bad = n.b != 0 ? n.b * n.a * 3 : -1;
  const long number = n.number;
  const auto visit = [&visits, bad, number](long i) {
    if (i == bad) throw planted_error{number};
    ++visits[static_cast<std::size_t>(i)];
  };
  co_await magpie::parallel_for(0L, static_cast<long>(visits.size()), visit, n.a % 3);
  if (n.b != 0) throw planted_error{n.number};  // none was visited
  co_return std::count(visits.begin(), visits.end(), 1);
}

task<long> do_reduction(node& n) {
  const auto map = [](long i) { return i; };
  const auto plus = [](long x, long y) { return x + y; };
  co_return co_await magpie::parallel_reduce(0L, n.a * 20L, 0L, map, plus, n.a % 3);
}

task<long> do_sorting(node& n, world& w) {
  std::vector<unsigned> v(static_cast<std::size_t>(20 + n.a * 40));
  unsigned x = static_cast<unsigned>(n.number);
  for (unsigned& y : v) y = x = x * 1664525 + 1013904223;
  if (n.a % 2 == 0) {
    co_await magpie::parallel_sort(v, std::less<>(), 16);
  } else {
    co_await magpie::parallel_stable_sort(v, std::less<>(), 16);
  }
  w.expect(std::is_sorted(v.begin(), v.end()), n, "is not sorted");
  co_return n.a;
}

// One by one
// -----------------------------------------------------------------------------------------------------------

task<long> do_awaits(node& n, world& w) {
  long sum = 0;
  long weight = 1;
  for (node& c : n.children) {
    const long v = co_await run(c, w);
    sum += v * weight++;
  }
  co_return sum;
}

task<long> do_catch(node& n, world& w) {
  try {
    const long v = co_await run(n.children[0], w);
    co_return v;
  } catch (...) {
    w.expect(number_of(std::current_exception()) != error_unknown, n, "an unknown error");
  }
  co_return -1;
}

task<long> do_outcome(node& n, world& w) {
  outcome<long> o = co_await magpie::as_outcome(run(n.children[0], w));
  co_return as_number(std::move(o));
}

magpie::generator<long> values_of(node& n, world& w) {
  for (node& c : n.children) {
    const long v = co_await run(c, w);
    co_yield v;
  }
}
task<long> do_generator(node& n, world& w) {
  magpie::generator<long> values = values_of(n, w);
  long sum = 0;
  long weight = 1;
  while (const long* v = co_await values.next()) sum += *v * weight++;
  co_return sum;
}

task<long> run_and_set(node& n, world& w, magpie::event& e) {
  const long v = co_await run(n, w);
  e.set();
  co_return v;
}
task<long> wait_and_run(node& n, world& w, magpie::event& e) {
  co_await e.wait();
  co_return co_await run(n, w);
}
task<long> do_event(node& n, world& w) {
  magpie::event e;
  auto [x, y] = co_await magpie::gather(run_and_set(n.children[0], w, e), wait_and_run(n.children[1], w, e));
  co_return x + 2 * y;
}

// At once
// --------------------------------------------------------------------------------------------------------------

task<long> do_gather_two(node& n, world& w) {
  auto [x, y] = co_await magpie::gather(run(n.children[0], w), run(n.children[1], w));
  co_return x + 2 * y;
}
task<long> do_gather_three(node& n, world& w) {
  auto [x, y, z] = co_await magpie::gather(run(n.children[0], w), run(n.children[1], w), run(n.children[2], w));
  co_return x + 2 * y + 3 * z;
}
task<long> do_gather_range(node& n, world& w) {
  std::vector<task<long>> tasks = tasks_of(n, w);
  const std::vector<long> values = co_await magpie::gather(std::move(tasks));
  co_return weighted(values);
}
task<long> do_gather_limited(node& n, world& w) {
  std::vector<task<long>> tasks = tasks_of(n, w);
  const std::vector<long> values = co_await magpie::gather(magpie::limit{1 + n.a % 3}, std::move(tasks));
  co_return weighted(values);
}
task<long> do_gather_handles(node& n, world& w) {
  runtime& rt = co_await magpie::get_runtime();
  handles all = spawn_all(rt, n, w);
  const std::vector<long> values = co_await magpie::gather(std::move(all));
  co_return weighted(values);
}
task<long> do_gather_borrowed(node& n, world& w) {
  runtime& rt = co_await magpie::get_runtime();
  handles all = spawn_all(rt, n, w);
  std::exception_ptr failed;
  try {
    const std::vector<long> values = co_await magpie::gather(all);
    co_return weighted(values);
  } catch (...) {
    failed = std::current_exception();
  }
  std::erase_if(all, [](const join_handle<long>& h) { return !h.valid(); });
  w.expect(all.size() + 1 == n.children.size(), n, "more than the failed one was taken");
  if (!all.empty()) co_await magpie::wait(all);
  std::rethrow_exception(failed);
}

task<long> do_outcomes_two(node& n, world& w) {
  auto [x, y] = co_await magpie::gather_outcomes(run(n.children[0], w), run(n.children[1], w));
  co_return as_number(std::move(x)) + 2 * as_number(std::move(y));
}
long weighted(std::vector<outcome<long>> outcomes) {
  std::vector<long> values;
  for (outcome<long>& o : outcomes) values.push_back(as_number(std::move(o)));
  return weighted(values);
}
task<long> do_outcomes_range(node& n, world& w) {
  std::vector<task<long>> tasks = tasks_of(n, w);
  std::vector<outcome<long>> outcomes = co_await magpie::gather_outcomes(std::move(tasks));
  co_return weighted(std::move(outcomes));
}
task<long> do_outcomes_limited(node& n, world& w) {
  std::vector<task<long>> tasks = tasks_of(n, w);
  std::vector<outcome<long>> outcomes = co_await magpie::gather_outcomes(magpie::limit{1 + n.a % 3}, std::move(tasks));
  co_return weighted(std::move(outcomes));
}

task<> run_and_send(node& n, world& w, magpie::channel<long>& c) {
  const long v = co_await run(n, w);
  co_await c.send(v);
}
task<> send_all(node& n, world& w, magpie::channel<long>& c) {
  std::vector<task<>> senders;
  for (node& child : n.children) senders.push_back(run_and_send(child, w, c));
  co_await magpie::gather(std::move(senders));
  c.close();
}
task<long> receive_all(magpie::channel<long>& c) {
  long sum = 0;
  for (;;) {
    const std::optional<long> v = co_await c.receive();
    if (!v) co_return sum;
    sum += *v;
  }
}
task<long> do_pipe(node& n, world& w) {
  magpie::channel<long> c(static_cast<std::size_t>(n.a % 3));
  auto [none, sum] = co_await magpie::gather(send_all(n, w, c), receive_all(c));
  static_cast<void>(none);
  co_return sum;
}

task<long> run_and_meet(node& n, world& w, magpie::barrier& b) {
  const long v = co_await run(n, w);
  co_await b.arrive_and_wait();
  co_return v;
}
task<long> do_barrier(node& n, world& w) {
  magpie::barrier b(n.children.size());
  std::vector<task<long>> tasks;
  for (node& c : n.children) tasks.push_back(run_and_meet(c, w, b));
  const std::vector<long> values = co_await magpie::gather(std::move(tasks));
  co_return weighted(values);
}
task<long> run_and_count_down(node& n, world& w, magpie::latch& l) {
  const long v = co_await run(n, w);
  co_await l.arrive_and_wait();
  co_return v;
}
task<long> do_latch(node& n, world& w) {
  magpie::latch l(n.children.size());
  std::vector<task<long>> tasks;
  for (node& c : n.children) tasks.push_back(run_and_count_down(c, w, l));
  const std::vector<long> values = co_await magpie::gather(std::move(tasks));
  co_return weighted(values);
}

task<long> run_and_complete(node& n, world& w, magpie::completion<long>& c) {
  const long v = co_await run(n, w);
  w.expect(c.set_value(v), n, "the only one who sets a completion is not the first");
  co_return v;
}
task<long> wait_for_completion(magpie::completion<long>& c) {
  const long& v = co_await c.wait();
  co_return v;
}
task<long> do_completion(node& n, world& w) {
  magpie::completion<long> c;
  auto [x, y] = co_await magpie::gather(run_and_complete(n.children[0], w, c), wait_for_completion(c));
  co_return x + y;
}

// One wins
// -------------------------------------------------------------------------------------------------------------

long place_and_value(std::variant<long, long> won) {
  const long v = won.index() == 0 ? std::get<0>(won) : std::get<1>(won);
  return v * 4 + static_cast<long>(won.index());
}
task<long> do_race_two(node& n, world& w) {
  const std::variant<long, long> won = co_await magpie::race(run(n.children[0], w), run(n.children[1], w));
  co_return place_and_value(won);
}
task<long> do_race_range(node& n, world& w) {
  std::vector<task<long>> tasks = tasks_of(n, w);
  auto [place, v] = co_await magpie::race(std::move(tasks));
  co_return v * 4 + static_cast<long>(place);
}
void check_all_failed(node& n, world& w, const magpie::exception_group& group) {
  w.expect(group.exceptions().size() == n.children.size(), n, "not all errors are in the exception_group");
  if (group.exceptions().size() != n.children.size()) return;
  for (std::size_t i = 0; i < n.children.size(); ++i) {
    const std::exception_ptr& e = group.exceptions()[i];
    if (!may_throw(n.children[i], w, number_of(e))) w.complain(n.children[i], "not its own is " + words_for(e));
  }
}
task<long> do_first_of_two(node& n, world& w) {
  try {
    const std::variant<long, long> won = co_await magpie::first_success(run(n.children[0], w), run(n.children[1], w));
    co_return place_and_value(won);
  } catch (const magpie::exception_group& group) {
    check_all_failed(n, w, group);
  }
  throw planted_error{n.number};
}
task<long> do_first_of_range(node& n, world& w) {
  std::vector<task<long>> tasks = tasks_of(n, w);
  try {
    auto [place, v] = co_await magpie::first_success(std::move(tasks));
    co_return v * 4 + static_cast<long>(place);
  } catch (const magpie::exception_group& group) {
    check_all_failed(n, w, group);
  }
  throw planted_error{n.number};
}
task<long> do_wait_any(node& n, world& w) {
  runtime& rt = co_await magpie::get_runtime();
  handles all = spawn_all(rt, n, w);
  const std::size_t i = co_await magpie::wait_any(all);
  w.expect(all[i].ready(), n, "wait_any names one that has not ended");
  outcome<long> won = all[i].take();
  for (join_handle<long>& h : all) h.cancel();
  for (join_handle<long>& h : all) {
    if (h.valid()) static_cast<void>(co_await magpie::as_outcome(std::move(h)));
  }
  co_return won.value() * 4 + static_cast<long>(i);
}

// Handles
// --------------------------------------------------------------------------------------------------------------

task<long> do_waits(node& n, world& w, magpie::return_when until) {
  runtime& rt = co_await magpie::get_runtime();
  handles all = spawn_all(rt, n, w);
  long sum = 0;
  for (std::span<join_handle<long>> left = all; !left.empty();) {
    auto [done, pending] = co_await magpie::wait(left, until);
    w.expect(done.size() + pending.size() == left.size(), n, "wait lost a handle");
    bool failed = false;
    for (join_handle<long>& h : done) {
      w.expect(h.ready(), n, "done, but not ready");
      outcome<long> o = h.take();
      failed |= o.has_error();
      sum += as_number(std::move(o));
    }
    if (until == magpie::return_when::all_completed) w.expect(pending.empty(), n, "not all are done");
    if (until == magpie::return_when::first_completed) w.expect(!done.empty(), n, "none is done");
    if (until == magpie::return_when::first_exception) {
      w.expect(failed || pending.empty(), n, "returned though none had failed");
    }
    if (done.empty()) break;
    left = pending;
  }
  co_return sum;
}
task<long> do_wait_a_while(node& n, world& w) {
  runtime& rt = co_await magpie::get_runtime();
  handles all = spawn_all(rt, n, w);
  auto [done, pending] = co_await magpie::wait_for(all, limit_of(n));
  for (join_handle<long>& h : done) static_cast<void>(h.take());
  for (join_handle<long>& h : pending) h.cancel();
  for (join_handle<long>& h : pending) static_cast<void>(co_await magpie::as_outcome(std::move(h)));
  co_return static_cast<long>(done.size());
}
task<long> do_stream(node& n, world& w) {
  runtime& rt = co_await magpie::get_runtime();
  handles all = spawn_all(rt, n, w);
  auto stream = magpie::as_completed(all);
  long sum = 0;
  while (join_handle<long>* h = co_await stream.next()) sum += as_number(h->take());
  w.expect(stream.remaining() == 0, n, "the stream ended with some remaining");
  co_return sum;
}

task<long> do_spawn(node& n, world& w) {
  runtime& rt = co_await magpie::get_runtime();
  join_handle<long> h = rt.spawn(run(n.children[0], w));
  co_return co_await h;
}
task<long> do_spawn_and_cancel(node& n, world& w) {
  runtime& rt = co_await magpie::get_runtime();
  join_handle<long> h = rt.spawn(run(n.children[0], w));
  co_await magpie::sleep_for(length_of(n));
  const bool ready = h.ready();
  const bool cancelled = h.cancel();
  w.expect(ready != cancelled, n, "cancel() says otherwise than ready()");
  outcome<long> o = co_await magpie::as_outcome(std::move(h));
  co_return o.is_cancelled() ? -7 : o.value();
}
task<long> do_spawn_and_leave(node& n, world& w) {
  runtime& rt = co_await magpie::get_runtime();
  rt.spawn(run(n.children[0], w)).detach();
  co_return 5;
}

task<long> await_shared(magpie::shared_handle<long> h) {
  const long& v = co_await h;
  co_return v;
}
task<long> do_share(node& n, world& w) {
  runtime& rt = co_await magpie::get_runtime();
  magpie::shared_handle<long> h = rt.spawn(run(n.children[0], w)).share();
  auto [x, y] = co_await magpie::gather(await_shared(h), await_shared(h));
  co_return x + y;
}

task<long> do_group(node& n, world& w) {
  handles all;
  all.reserve(n.children.size());
  const auto body = [&](magpie::task_group& group) -> task<> {
    for (node& c : n.children) all.push_back(group.spawn(run(c, w)));
    const bool joins = (n.a & 4) != 0;
    if (joins) co_await group.join();
  };
  magpie::task_group_options options;
  if ((n.a & 1) != 0) options.policy = magpie::on_error::keep_running;
  if ((n.a & 2) != 0) options.limit = 1;
  options.name = "group";
  bool failed = false;
  try {
    co_await magpie::with_task_group(options, body);
  } catch (const magpie::exception_group& group) {
    check_group(n, w, group);
    failed = true;
  }
  std::vector<long> values;
  for (join_handle<long>& h : all) {
    w.expect(h.ready(), n, "a child outlives its group");
    if (h.ready()) values.push_back(as_number(h.take()));
  }
  if (failed) throw planted_error{n.number};
  co_return weighted(values);
}
task<long> do_cancelled_group(node& n, world& w) {
  const auto body = [&](magpie::task_group& group) -> task<long> {
    for (node& c : n.children) group.spawn(run(c, w)).detach();
    co_await magpie::sleep_for(limit_of(n));
    group.cancel();
    w.expect(group.cancelled(), n, "a cancelled group says that it is not");
    co_return 42;
  };
  try {
    const long v = co_await magpie::with_task_group(body);
    co_return v;
  } catch (const magpie::exception_group& group) {
    check_group(n, w, group);
  }
  throw planted_error{n.number};
}

// Around one
// -----------------------------------------------------------------------------------------------------------

task<long> do_deadline_scope(node& n, world& w) {
  const auto time = magpie::clock::now() + std::chrono::duration_cast<magpie::clock::duration>(limit_of(n));
  const auto body = [&](magpie::deadline_scope& s) -> task<long> {
    if (n.b != 0) s.reschedule(time + std::chrono::seconds(1));
    const long v = co_await run(n.children[0], w);
    co_return v;
  };
  co_return co_await magpie::with_deadline_scope(time, body);
}

task<> clean_up_after(node& n, world& w) {
  co_await magpie::sleep_for(length_of(n));
  ++w.clean_ups_done;
  if (n.b != 0) throw planted_error{n.number};
}
task<long> do_finally(node& n, world& w) {
  const auto cleanup = [&n, &w] { return clean_up_after(n, w); };
  ++w.clean_ups_due;
  try {
    const long v = co_await magpie::finally(run(n.children[0], w), cleanup);
    co_return v;
  } catch (const magpie::exception_group& group) {
    w.expect(group.exceptions().size() == 2, n, "an exception_group of other than two");
    w.expect(number_of(group.exceptions().back()) == n.number, n, "the second is not the clean-up's");
    const long first = number_of(group.exceptions().front());
    w.expect(may_throw(n.children[0], w, first), n, "the first is not the child's");
  }
  throw planted_error{-static_cast<long>(n.number)};
}

template <class Source>
task<long> request_after(half_seconds length, Source& source) {
  co_await magpie::sleep_for(length);
  source.request_stop();
  co_return 0;
}
template <class Source>
task<long> do_stop_token(node& n, world& w) {
  Source source;
  if (n.a == 0) source.request_stop();
  auto [v, none] = co_await magpie::gather(magpie::with_stop_token(source.get_token(), run(n.children[0], w)),
                                           request_after(limit_of(n), source));
  co_return v + none;
}

task<long> do_lock(node& n, world& w) {
  locks_of_one_rank& l = w.locks[static_cast<std::size_t>(n.a)];
  const magpie::mutex::guard hold = co_await l.mutex.lock();
  w.expect(++l.in_mutex == 1, n, "two hold the mutex");
  const long_lived_count leave(l.in_mutex);
  const long v = co_await run(n.children[0], w);
  co_return v;
}
task<long> do_permit(node& n, world& w) {
  locks_of_one_rank& l = w.locks[static_cast<std::size_t>(n.a)];
  const magpie::semaphore::guard hold = co_await l.permits.acquire();
  w.expect(++l.with_permit <= 2, n, "more hold a permit than there are");
  const long_lived_count leave(l.with_permit);
  const long v = co_await run(n.children[0], w);
  co_return v;
}
task<long> do_read(node& n, world& w) {
  locks_of_one_rank& l = w.locks[static_cast<std::size_t>(n.a)];
  const magpie::shared_mutex::shared_guard hold = co_await l.shared.lock_shared();
  ++l.readers;
  const long_lived_count leave(l.readers);
  w.expect(l.writers == 0, n, "reads while somebody writes");
  const long v = co_await run(n.children[0], w);
  co_return v;
}
task<long> do_write(node& n, world& w) {
  locks_of_one_rank& l = w.locks[static_cast<std::size_t>(n.a)];
  const magpie::shared_mutex::guard hold = co_await l.shared.lock();
  ++l.writers;
  const long_lived_count leave(l.writers);
  w.expect(l.writers == 1 && l.readers == 0, n, "writes beside others");
  const long v = co_await run(n.children[0], w);
  co_return v;
}

// Which
// ----------------------------------------------------------------------------------------------------------------

task<long> start(node& n, world& w) {
  switch (n.what) {
    case call::blocks:
      return do_blocking(w);
    case call::loop:
      return do_loop(n);
    case call::reduction:
      return do_reduction(n);
    case call::sorting:
      return do_sorting(n, w);
    case call::plain_awaits:
      return do_awaits(n, w);
    case call::catches:
      return do_catch(n, w);
    case call::outcome:
      return do_outcome(n, w);
    case call::generates:
      return do_generator(n, w);
    case call::event_between:
      return do_event(n, w);
    case call::gathers_two:
      return do_gather_two(n, w);
    case call::gathers_three:
      return do_gather_three(n, w);
    case call::gathers_range:
      return do_gather_range(n, w);
    case call::gathers_limited:
      return do_gather_limited(n, w);
    case call::gathers_handles:
      return do_gather_handles(n, w);
    case call::gathers_borrowed:
      return do_gather_borrowed(n, w);
    case call::outcomes_two:
      return do_outcomes_two(n, w);
    case call::outcomes_range:
      return do_outcomes_range(n, w);
    case call::outcomes_limited:
      return do_outcomes_limited(n, w);
    case call::pipes:
      return do_pipe(n, w);
    case call::meets_at_barrier:
      return do_barrier(n, w);
    case call::meets_at_latch:
      return do_latch(n, w);
    case call::completes:
      return do_completion(n, w);
    case call::races_two:
      return do_race_two(n, w);
    case call::races_range:
      return do_race_range(n, w);
    case call::first_of_two:
      return do_first_of_two(n, w);
    case call::first_of_range:
      return do_first_of_range(n, w);
    case call::waits_any:
      return do_wait_any(n, w);
    case call::waits_all:
      return do_waits(n, w, magpie::return_when::all_completed);
    case call::waits_first:
      return do_waits(n, w, magpie::return_when::first_completed);
    case call::waits_first_failure:
      return do_waits(n, w, magpie::return_when::first_exception);
    case call::waits_a_while:
      return do_wait_a_while(n, w);
    case call::streams:
      return do_stream(n, w);
    case call::spawns:
      return do_spawn(n, w);
    case call::spawns_and_cancels:
      return do_spawn_and_cancel(n, w);
    case call::spawns_and_leaves:
      return do_spawn_and_leave(n, w);
    case call::shares:
      return do_share(n, w);
    case call::group:
      return do_group(n, w);
    case call::cancelled_group:
      return do_cancelled_group(n, w);
    case call::timeout:
      return magpie::detail::to_task(magpie::with_timeout(limit_of(n), run(n.children[0], w)));
    case call::deadline_scope:
      return do_deadline_scope(n, w);
    case call::shield:
      return magpie::detail::to_task(magpie::shield(run(n.children[0], w)));
    case call::shield_with_grace:
      return magpie::detail::to_task(magpie::shield(run(n.children[0], w), length_of(n)));
    case call::finally:
      return do_finally(n, w);
    case call::stop_token:
      return n.b == 0 ? do_stop_token<magpie::stop_source>(n, w) : do_stop_token<std::stop_source>(n, w);
    case call::locks:
      return do_lock(n, w);
    case call::takes_permit:
      return do_permit(n, w);
    case call::reads_or_writes:
      return n.b == 0 ? do_read(n, w) : do_write(n, w);
    default:
      return do_leaf(n, w);
  }
}

/// What has come out is something that may come out, and then.
void check(node& n, world& w, possible::kind how, long what, double seconds, const std::exception_ptr& error) {
  const bool disturbed = n.may_be_stopped || w.over;
  const possibilities& p = look(n, disturbed);
  figures& f = all_figures()[static_cast<std::size_t>(n.what)];
  ++(how == possible::kind::value ? f.values : f.errors);
  f.not_known += p.unknown ? 1 : 0;
  f.exact += disturbed || p.unknown ? 0 : 1;
  if (p.unknown) return;
  constexpr double slack = 0.2;
  for (const possible& x : p.all) {
    const bool same = x.how == how && x.what == what;
    // A node that ended itself cancelled is seen by whoever looks as a task_cancelled.
    const bool ended = how == possible::kind::error && what == error_cancelled && x.how == possible::kind::ended;
    if ((same || ended) && x.from - slack <= seconds && seconds <= x.to + slack) return;
  }
  if (w.over) return;  // what it waits for was stopped, or was refused
  std::string text = how == possible::kind::value ? "gave " + std::to_string(what) : "threw " + words_for(error);
  text += " after " + std::to_string(seconds) + " s; allowed:";
  for (const possible& x : p.all) {
    text += x.how == possible::kind::value ? " " : x.how == possible::kind::error ? " error " : " cancelled ";
    text += std::to_string(x.what) + " from " + std::to_string(x.from) + " to " + std::to_string(x.to) + ",";
  }
  w.complain(n, text);
}

task<long> run(node& n, world& w) {
  const witness alive(n.number);
  ++all_figures()[static_cast<std::size_t>(n.what)].begun;
  if (w.how == sabotage::leak && n.what == call::shield) new witness(0);
  if (w.how == sabotage::late && n.what == call::sleeps) co_await magpie::sleep_for(std::chrono::seconds(1));
  const auto begin = magpie::clock::now();
  long v = 0;
  std::exception_ptr error;
  try {
    v = co_await start(n, w);
  } catch (...) {
    error = std::current_exception();
  }
  if (w.how == sabotage::swallowed_error && n.what == call::timeout) error = nullptr;
  const double seconds = std::chrono::duration<double>(magpie::clock::now() - begin).count();
  if (error) {
    check(n, w, possible::kind::error, number_of(error), seconds, error);
    std::rethrow_exception(error);
  }
  check(n, w, possible::kind::value, v, seconds, error);
  co_return v;
}

void check_counts(world& w, node& root) {
  w.expect(witness::alive() == 0, root, "not all that was constructed was destroyed");
  w.expect(witness::wrong() == 0, root, "something was destroyed twice");
  w.expect(w.clean_ups_due == w.clean_ups_done, root, "not each clean-up has run");
  for (locks_of_one_rank& l : w.locks) {
    w.expect(l.mutex.try_lock().owns_lock(), root, "a mutex stays locked");
    w.expect(l.shared.try_lock().owns_lock(), root, "a shared_mutex stays locked");
    w.expect(l.permits.available() == 2, root, "permits are lost or won");
  }
}

}  // namespace

std::array<figures, calls>& all_figures() noexcept {
  static std::array<figures, calls> all;
  return all;
}

verdict_on_run run_program(node& root, std::uint64_t seed, unsigned workers, last_act end, sabotage how) {
  mark_stops(root);
  world w;
  w.how = how;
  {
    magpie::testing::virtual_runtime rt{{.seed = seed, .workers = workers}};
    try {
      try {
        static_cast<void>(rt.block_on(run(root, w)));
      } catch (const magpie::testing::deadlock& e) {
        w.complain(root, e.what());
      } catch (...) {
        // checked by the node itself
      }
      if (end == last_act::shuts_down) {
        rt.block_on(magpie::sleep_for(std::chrono::hours(10)));
        const magpie::shutdown_report report = rt.shutdown(std::chrono::seconds(0));
        w.expect(report.cancelled == 0, root, "something has not ended after ten hours");
      }
    } catch (const magpie::testing::deadlock& e) {
      w.complain(root, std::string("at the end: ") + e.what());
    }
    w.over = true;  // the runtime's end stops all that is left, and refuses what they spawn
  }
  check_counts(w, root);
  return {std::move(w.complaints)};
}

}  // namespace magpie_test
