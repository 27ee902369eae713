#pragma once

#include <magpie/runtime.hpp>

#include "runners/runner.hpp"

#include <string>
#include <string_view>

namespace perf {

class magpie_peer {
 public:
  static peer_facts facts() {
    return {.peer = "magpie",
            .version = MAGPIE_VERSION_TEXT,
            .notes = "gather for children, spawn and handles where tasks are spawned. The caller takes a sleeping "
                     "worker's place, except where it stays out: then it waits for a handle."};
  }
  static std::string lacks(std::string_view) { return "Magpie has no such thing."; }

  magpie_peer(unsigned threads, caller) : runtime({.workers = threads}) {}

  magpie::runtime runtime;
};

}  // namespace perf
