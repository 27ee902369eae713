#pragma once

#include "random_programs/call_tree.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace magpie_test {

/// What came of a run.
struct verdict_on_run {
  std::vector<std::string> complaints;  // none: all is as it must be
};

/// How the end of the program comes.
enum class last_act : std::uint8_t { destroys, shuts_down };

/// Something that the interpreter does wrong on purpose, to show that it is found.
enum class sabotage : std::uint8_t { none, wrong_sum, swallowed_error, leak, late };

/// Runs the program on a virtual runtime, on `workers` workers, and compares each node with what the oracle says.
verdict_on_run run_program(node& root, std::uint64_t seed, unsigned workers, last_act end,
                           sabotage how = sabotage::none);

/// How often each call came to which end, in all runs of this process.
struct figures {
  std::uint64_t begun = 0;
  std::uint64_t values = 0;
  std::uint64_t errors = 0;     // the rest was stopped
  std::uint64_t not_known = 0;  // of both, the oracle had too many possibilities to say
  std::uint64_t exact = 0;      // of both, nobody could stop it: its time was checked, too
};
std::array<figures, calls>& all_figures() noexcept;

}  // namespace magpie_test
