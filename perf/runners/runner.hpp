#pragma once

#include "runners/job.hpp"
#include "workloads/all.hpp"

#include <functional>
#include <string>
#include <vector>

/// A runner is a program that runs the workloads of the scheduler benchmark on one peer and says so in JSON; see
/// docs/design/0012-benchmark.md. One program a peer: each has its own process, flags, and threads.
namespace perf {

struct peer_facts {
  std::string peer;
  std::string version;
  std::string notes;        ///< how it is configured, and why
  bool one_thread = false;  ///< it cannot use more
};

/// A workload, and how to set it up; or, instead, why the peer cannot.
struct offer {
  workload_facts workload;
  std::function<job(unsigned threads, size)> make;
  std::string no_such_feature;
};

/// What the runner's main does. Ends with 0: right, 1: a wrong result, 2: called in a wrong way, 3: no such feature.
int run(const peer_facts& peer, const std::vector<offer>& offers, int argc, char** argv);

/// A peer says why it lacks something: `static std::string lacks(std::string_view workload)`.
template <class Peer, class Workload>
offer offer_of() {
  workload_facts facts = Workload::facts();
  if constexpr (can_solve<Peer, Workload>) {
    return {std::move(facts), &make_job<Peer, Workload>, {}};
  } else {
    std::string reason = Peer::lacks(facts.name);
    return {std::move(facts), {}, std::move(reason)};
  }
}

template <class Peer, class... Workloads>
std::vector<offer> offers_of(workload_list<Workloads...>) {
  return {offer_of<Peer, Workloads>()...};
}

template <class Peer>
int run_peer(int argc, char** argv) {
  return run(Peer::facts(), offers_of<Peer>(all_workloads()), argc, argv);
}

}  // namespace perf
