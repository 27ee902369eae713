#pragma once

#include "bench/run_plan.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

/// What magpie-bench does, one function a command. Each returns the status to exit with.
namespace bench {

enum exit_status {
  all_right = 0,
  something_failed =
      1,  ///< a wrong result, a crash, a hang, a runner that does not answer; compare: something is worse
  misused = 2,
  stopped = 130  ///< by Ctrl-C
};

/// Where runners are: beside the driver, and in more folders.
struct place {
  std::vector<std::filesystem::path> folders;
};

int list(const place& where);
int run(const place& where, const wishes& asked, std::filesystem::path out);
int compare(const std::filesystem::path& before, const std::filesystem::path& after, const std::vector<std::string>& of,
            std::optional<double> fail_above);

/// Pages of text that a report goes into as well, each between marks of its own; empty: none.
struct text_pages {
  std::filesystem::path bars;
  std::filesystem::path tables;
};
int report(const std::filesystem::path& folder, const text_pages& into);

}  // namespace bench
