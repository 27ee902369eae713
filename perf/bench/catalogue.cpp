#include "bench/catalogue.hpp"

#include <algorithm>
#include <iterator>
#include <string>

namespace bench {
namespace {

constexpr std::string_view whole = "Whole programs";
constexpr std::string_view start = "Starting tasks";
constexpr std::string_view wait = "Waiting for many";
constexpr std::string_view over = "From hand to hand";
constexpr std::string_view timers = "Timers and deadlines";
constexpr std::string_view cancel = "Cancelling";
constexpr std::string_view loops = "Loops";
constexpr std::string_view rest = "Processor time";
constexpr std::string_view memory = "Memory";

constexpr entry entries[] = {
    {"fib", whole, "fib", "Fibonacci numbers by naive recursion: each call forks two and adds. Nothing but overhead.",
     true},
    {"skynet", whole, "skynet", "A tree of a million leaves, ten children a node, summed up.", true},
    {"uts", whole, "uts", "Unbalanced tree search: how many children a node has is only known when one is there.",
     true},
    {"nqueens", whole, "nqueens", "All ways to place queens on a board: irregular recursion with a little work.", true},
    {"quicksort", whole, "quicksort", "Partition, then sort both halves as tasks.", false},
    {"matmul", whole, "matmul", "Matrix product by recursive quarters: much work a task.", true},
    {"cholesky", whole, "cholesky", "Tiles of a Cholesky factorization: a graph of tasks with dependencies.", false},
    {"stencil", whole, "stencil", "Sweeps over a grid, with a barrier after each.", false},
    {"mandelbrot", whole, "mandelbrot", "Rows of very different cost.", true},

    {"spawn_inside", start, "Spawn, inside", "A task of the pool starts many tasks and waits for all.", true},
    {"spawn_outside_1", start, "Spawn, from outside", "A thread that does not belong to the pool starts tasks.", true},
    {"spawn_outside_4", start, "Spawn, from outside, by four", "Four threads outside of the pool start tasks at once.",
     false},
    {"group_spawn_join", start, "Group: spawn and join", "A task is started in a group, which is then joined.", false},
    {"yield", start, "Yield", "A task goes to the back of the queue.", true},
    {"steal", start, "Steal", "From a task being ready on one worker to it running on another.", true},

    {"gather_2", wait, "Gather of 2", "Two children, and their results.", false},
    {"gather_10", wait, "Gather of 10", "Ten children, and their results.", false},
    {"gather_1000", wait, "Gather of 1,000", "A thousand children, and their results.", true},
    {"gather_1000000", wait, "Gather of 1,000,000", "A million children, and their results.", false},
    {"wait_any_1000", wait, "First of 1,000", "Waiting until the first of a thousand tasks has ended.", false},
    {"as_completed_1000", wait, "As completed, 1,000",
     "The results of a thousand tasks, in the order in which they end.", true},

    {"ping_pong", over, "Ping-pong", "Two tasks wake each other by turns.", true},
    {"submit_wait_0ms", over, "Submit and wait, hot", "A thread outside submits a small task and waits for its result.",
     true},
    {"submit_wait_1ms", over, "Submit and wait after 1 ms", "The same when the pool was idle for 1 ms.", false},
    {"submit_wait_20ms", over, "Submit and wait after 20 ms", "The same when the pool was idle for 20 ms.", true},
    {"block_on_0ms", over, "Call, hot", "A thread outside calls into the pool and may take part in the work.", true},
    {"block_on_1ms", over, "Call after 1 ms", "The same when the pool was idle for 1 ms.", false},
    {"block_on_20ms", over, "Call after 20 ms", "The same when the pool was idle for 20 ms.", false},

    {"timer_arm_disarm_1", timers, "Timer: arm and disarm", "A time-out is set and taken back, as almost all are.",
     false},
    {"timer_arm_disarm_1000000", timers, "Timer: arm and disarm, 1,000,000 pending",
     "The same beside a million others.", false},
    {"timer_fire_1", timers, "Timer: fire", "How late a sleeping task runs.", false},
    {"timer_fire_1000000", timers, "Timer: fire, 1,000,000 pending", "The cost of each of a million timers that fire.",
     false},
    {"deadline_overshoot", timers, "Deadline overshoot", "How long after its deadline a task has ended.", false},

    {"cancel_1", cancel, "Cancel 1", "From the request to the end of a waiting task.", false},
    {"cancel_1000", cancel, "Cancel 1,000", "From the request to the end of a thousand waiting tasks, each.", true},
    {"cancel_1000000", cancel, "Cancel 1,000,000", "From the request to the end of a million waiting tasks, each.",
     false},

    {"parallel_for_10000000", loops, "Loop over 10,000,000", "A long loop over floats.", true},
    {"parallel_for_100000", loops, "Loop over 100,000", "A loop that is just worth sharing out.", true},
    {"parallel_for_1000", loops, "Loop over 1,000", "A loop that is too short to share out: what does asking cost?",
     false},
    {"parallel_reduce", loops, "Reduce", "A sum.", false},
    {"parallel_scan", loops, "Scan", "Prefix sums.", false},
    {"parallel_sort_10000000", loops, "Sort 10,000,000", "Random numbers.", false},

    {"idle_cpu", rest, "At rest", "Processor time that a pool takes in five seconds in which it has nothing to do.",
     false},
    {"busy_cpu", rest, "One worker busy", "Processors in use while one worker has work and the others have none.",
     true},

    {"memory_gather_limit_1000000", memory, "A million, a few at a time",
     "Peak memory of a million tasks with a limit on how many run.", false},
    {"memory_spawned_1000000", memory, "A million pending",
     "Peak memory with a million tasks started and not finished.", false},
    {"memory_spawned_10000000", memory, "Ten million pending", "The same with ten million.", false},
};

}  // namespace

std::span<const entry> catalogue() { return entries; }

std::size_t rank_of(std::string_view workload) {
  const auto* const found =
      std::find_if(std::begin(entries), std::end(entries), [&](const entry& e) { return e.name == workload; });
  return static_cast<std::size_t>(found - std::begin(entries));
}

entry entry_of(std::string_view workload) {
  const std::size_t rank = rank_of(workload);
  return rank < std::size(entries) ? entries[rank] : entry{workload, "Others", workload, "", false};
}

bool is_reference(std::string_view peer_id) {
  return peer_id == reference_peer || peer_id.starts_with(std::string(reference_peer) + "-");
}

}  // namespace bench
