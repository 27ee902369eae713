#pragma once

#include "bench/figures.hpp"

#include <filesystem>
#include <string>

/// A run's tables for a page of text, as docs/benchmarks.md is.
namespace bench {

/// Whether magpie reaches what it is to reach, and how the best of the others does, for each compiler of the run.
std::string bars_markdown(const figure_table& table);

/// All that was measured, for each compiler; and where magpie is not the best.
std::string tables_markdown(const figure_table& table);

/// Puts the text between `<!-- NAME: begin -->` and `<!-- NAME: end -->` of a file that has these lines. Throws
/// file_error if it has not.
void write_between_marks(const std::filesystem::path& page, const std::string& name, const std::string& text);

}  // namespace bench
