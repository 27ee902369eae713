#include "peers/lacking.hpp"
#include "peers/stack_forms.hpp"
#include "runners/runner.hpp"

#include <taskflow/algorithm/for_each.hpp>
#include <taskflow/algorithm/pipeline.hpp>
#include <taskflow/algorithm/reduce.hpp>
#include <taskflow/algorithm/scan.hpp>
#include <taskflow/algorithm/sort.hpp>
#include <taskflow/taskflow.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace perf {
namespace {

class taskflow_peer {
 public:
  static peer_facts facts() {
    return {.peer = "Taskflow",
            .version = std::to_string(TF_VERSION / 100000) + "." + std::to_string(TF_VERSION / 100 % 1000) + "." +
                       std::to_string(TF_VERSION % 100),
            .notes = "Task groups, the last child called by the parent; graphs where the work is one, built before the "
                     "clock starts. The caller stays out."};
  }
  static std::string lacks(std::string_view workload) {
    return first_reason(
        workload,
        {{"wait_any", "Taskflow waits for a whole group or graph, not for the first of its tasks."},
         {"as_completed", "Taskflow waits for a whole group or graph, not for one task after the other."},
         {"ping_pong", "Taskflow's tasks are functions that run to their end; none waits for another to wake it."},
         {"yield", "Taskflow's tasks are functions that run to their end; none goes back into the queue."},
         {"timer", "Taskflow has no timers."},
         {"deadline", "Taskflow has no deadlines."},
         {"cancel", "Taskflow's cancel() keeps tasks of a graph from starting; none of its tasks sleeps."}});
  }

  taskflow_peer(unsigned threads, caller) : executor_(threads) {}

  void run(auto&& f) {
    executor_.async([&f] { f(); }).get();
  }
  void submit(auto f) { executor_.silent_async(f); }

  void fork_join(auto&& f, auto&& g) {
    tf::TaskGroup group = executor_.task_group();
    group.silent_async([&f] { f(); });
    g();
    group.corun();
  }
  void for_each(std::size_t n, auto&& f) {
    if (n == 0) return;
    tf::TaskGroup group = executor_.task_group();
    for (std::size_t i = 0; i + 1 < n; ++i) group.silent_async([&f, i] { f(i); });
    f(n - 1);
    group.corun();
  }
  void loop(std::size_t n, auto&& part) {
    tf::Taskflow one_loop;
    one_loop.for_each_by_index(tf::IndexRange<std::size_t>(0, n, 1),
                               [&part](const tf::IndexRange<std::size_t>& range) { part(range.begin(), range.end()); });
    executor_.run(one_loop).wait();
  }

  struct spawner {
    void spawn(auto f) { group.silent_async(f); }
    tf::TaskGroup& group;
  };
  void with_group(auto&& body) {
    tf::TaskGroup group = executor_.task_group();
    spawner spawns{group};
    body(spawns);
    group.corun();
  }

  tf::Executor& executor() noexcept { return executor_; }
  tf::Taskflow graph;

 private:
  tf::Executor executor_;
};

void solve(taskflow_peer& p, cholesky& w) {
  if (p.graph.empty()) {
    std::vector<tf::Task> tasks;
    for (std::size_t t = 0; t < w.tasks(); ++t) {
      tasks.push_back(p.graph.emplace([&w, t] { w.perform(t); }));
      for (const std::size_t before : w.before(t)) tasks[t].succeed(tasks[before]);
    }
  }
  p.executor().run(p.graph).wait();
}

void solve(taskflow_peer& p, parallel_sort& w) {
  tf::Taskflow one_sort;
  one_sort.sort(w.data.begin(), w.data.end());
  p.executor().run(one_sort).wait();
}

void solve(taskflow_peer& p, parallel_reduce& w) {
  tf::Taskflow one_sum;
  w.result = 0;
  one_sum.transform_reduce(w.data.begin(), w.data.end(), w.result, std::plus<std::uint64_t>(),
                           [](std::uint32_t x) { return std::uint64_t{x} * x; });
  p.executor().run(one_sum).wait();
}

void solve(taskflow_peer& p, parallel_scan& w) {
  tf::Taskflow one_scan;
  one_scan.inclusive_scan(w.in.begin(), w.in.end(), w.out.begin(), std::plus<std::uint64_t>());
  p.executor().run(one_scan).wait();
}

/// A pipeline with so many lines.
void solve(taskflow_peer& p, memory_gather_limit& w) {
  std::atomic<std::uint64_t> sum{0};
  tf::Pipeline pipeline(memory_gather_limit::at_once,
                        tf::Pipe{tf::PipeType::SERIAL,
                                 [](tf::Pipeflow& flow) {
                                   if (flow.token() == memory_gather_limit::tasks) flow.stop();
                                 }},
                        tf::Pipe{tf::PipeType::PARALLEL, [&sum](tf::Pipeflow& flow) {
                                   sum.fetch_add(flow.token(), std::memory_order_relaxed);
                                 }});
  tf::Taskflow whole;
  whole.composed_of(pipeline);
  p.executor().run(whole).wait();
  w.result = sum.load();
}

}  // namespace
}  // namespace perf

int main(int argc, char** argv) { return perf::run_peer<perf::taskflow_peer>(argc, argv); }
