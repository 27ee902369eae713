#include "bench/catalogue.hpp"
#include "bench/commands.hpp"
#include "bench/comparison.hpp"
#include "bench/ctrl_c.hpp"
#include "bench/figures.hpp"
#include "bench/machine_facts.hpp"
#include "bench/markdown.hpp"
#include "bench/measuring.hpp"
#include "bench/progress_line.hpp"
#include "bench/report_page.hpp"
#include "bench/run_file.hpp"
#include "bench/runner_program.hpp"
#include "bench/stable_order.hpp"
#include "bench/summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <set>
#include <string>

namespace bench {
namespace {

namespace fs = std::filesystem;

runners runners_of(const place& where) {
  std::vector<fs::path> folders{fs::read_symlink("/proc/self/exe").parent_path()};
  folders.insert(folders.end(), where.folders.begin(), where.folders.end());
  runners found = find_runners(folders);
  for (const broken_runner& b : found.broken) {
    fmt::print(stderr, "magpie-bench: {} is left out. {}\n", b.program.filename().string(), b.why);
  }
  if (found.usable.empty() && !ctrl_c_pressed()) {
    throw bad_wish(fmt::format(
        "there is no runner (magpie-bench-PEER) that works in {}. Build them ('./dev bench' does), or name a folder "
        "with --runners",
        folders.front().string()));
  }
  return found;
}

fs::path new_folder(fs::path wanted) {
  if (wanted.empty()) {
    std::string name = "bench-" + time_now().substr(0, 16);
    name.erase(std::remove(name.begin(), name.end(), ':'), name.end());
    wanted = name;
    for (int n = 2; fs::exists(wanted); ++n) wanted = fmt::format("{}-{}", name, n);
  }
  std::error_code error;
  fs::create_directories(wanted, error);
  if (error) throw bad_wish(fmt::format("--out: {} cannot be made: {}", wanted.string(), error.message()));
  return wanted;
}

run_file begin_file(const run_plan& plan, const runners& found, const wishes& asked) {
  run_file file;
  file.started = time_now();
  file.size = asked.size;
  file.machine = machine_facts();
  file.left_out = plan.left_out;
  file.no_such_feature = plan.no_such_feature;
  std::set<std::string> peers;
  std::set<std::string> names;
  for (const cell& c : plan.cells) {
    peers.insert(c.with->facts.id);
    if (names.insert(c.workload).second) file.workloads.push_back(c.with->find(c.workload)->facts);
  }
  for (const runner& r : found.usable) {
    if (peers.contains(r.facts.id)) file.peers.push_back(r.facts);
  }
  // magpie first, the reference last, the others as they were found.
  sort_stably(file.peers, [](const peer_facts& a, const peer_facts& b) {
    const auto rank = [](const peer_facts& p) { return p.id.starts_with("magpie") ? 0 : is_reference(p.id) ? 2 : 1; };
    return rank(a) < rank(b);
  });
  for (const broken_runner& b : found.broken) file.left_out.push_back({"", b.program.filename().string(), b.why});
  return file;
}

void say_plan(const run_plan& plan, progress_line& progress) {
  std::set<std::string> workloads;
  std::set<std::string> gone;
  for (const cell& c : plan.cells) workloads.insert(c.workload);
  for (const absence& a : plan.left_out) {
    if (a.peer.empty()) gone.insert(a.workload);
  }
  const double seconds =
      plan.until.value_or((plan.seconds + 0.15) * static_cast<double>(plan.cells.size()) * plan.rounds);
  progress.say(fmt::format("{} workloads, {} processes a round, {} rounds, {:.2f} s of samples each: about {}",
                           workloads.size(), plan.cells.size(), plan.rounds, plan.seconds, clock_text(seconds)));
  if (!gone.empty()) {
    progress.say(fmt::format("{} workloads are left out, as the time is not enough for all; --filter chooses others",
                             gone.size()));
  }
}

fs::path file_of(const fs::path& given) { return fs::is_directory(given) ? given / "run.json" : given; }

void draw(const run_file& file, const fs::path& folder) {
  const fs::path page = folder / "report.html";
  write_report(file, page);
  fmt::print("the page: {}\n", fs::absolute(page).lexically_normal().string());
}

}  // namespace

int list(const place& where) {
  const runners found = runners_of(where);
  fmt::print("{}", list_text(found.usable));
  return found.broken.empty() ? all_right : something_failed;
}

int run(const place& where, const wishes& asked, fs::path out) {
  watch_ctrl_c();
  const runners found = runners_of(where);
  if (ctrl_c_pressed()) return stopped;
  const run_plan plan = make_plan(found.usable, asked);
  run_file file = begin_file(plan, found, asked);
  const fs::path folder = new_folder(std::move(out));
  const fs::path path = folder / "run.json";
  {
    progress_line progress;
    say_plan(plan, progress);
    measure(plan, file, path, progress);
  }
  fmt::print("{}", summary_text(figure_table(file)));
  if (file.interrupted) fmt::print("\ninterrupted; what was measured until then is kept\n");
  fmt::print("\nthe figures: {}\n", fs::absolute(path).lexically_normal().string());
  draw(file, folder);
  if (file.interrupted) return stopped;
  const bool failed =
      std::any_of(file.runs.begin(), file.runs.end(), [](const one_run& r) { return r.how != ending::right; });
  return failed || !found.broken.empty() ? something_failed : all_right;
}

int compare(const fs::path& before, const fs::path& after, const std::vector<std::string>& of,
            std::optional<double> fail_above) {
  const run_file first = read_run(file_of(before));
  const run_file second = read_run(file_of(after));
  const comparison all = compare(first, second, of);
  fmt::print("{}", comparison_text(all));
  if (!fail_above) return all_right;
  const bool failed = std::any_of(all.cells.begin(), all.cells.end(), [&](const compared& c) {
    return c.verdict == change::broken || (c.verdict == change::worse && c.ratio > 1 + *fail_above);
  });
  return failed ? something_failed : all_right;
}

int report(const fs::path& folder, const text_pages& into) {
  const run_file run = read_run(folder / "run.json");
  draw(run, folder);
  const figure_table table(run);
  if (!into.bars.empty()) write_between_marks(into.bars, "bars", bars_markdown(table));
  if (!into.tables.empty()) write_between_marks(into.tables, "tables", tables_markdown(table));
  return all_right;
}

}  // namespace bench
