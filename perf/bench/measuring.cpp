#include "bench/ctrl_c.hpp"
#include "bench/machine_facts.hpp"
#include "bench/measuring.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace bench {
namespace {

constexpr unsigned samples_wanted = 25;  // of one process
constexpr double write_every = 20;       // seconds
constexpr unsigned most_waits = 3;       // a peer that has hung so often is not tried any more

class measurement {
 public:
  measurement(const run_plan& plan, run_file& into, const std::filesystem::path& path, progress_line& progress)
      : plan_(plan),
        into_(into),
        path_(path),
        progress_(progress),
        took_(plan.cells.size()),
        broken_(plan.cells.size()),
        sampling_(plan.seconds) {}

  void run() {
    for (unsigned round = 0; round < plan_.rounds && !over(); ++round) {
      run_round(round);
      into_.rounds = round + 1;
      fit_the_rest(round + 1);
    }
    if (out_of_time_) note_never_run();
    into_.interrupted = ctrl_c_pressed();
    save();
  }

 private:
  using steady = std::chrono::steady_clock;

  double elapsed() const { return std::chrono::duration<double>(steady::now() - began_).count(); }
  bool over() const { return ctrl_c_pressed() || out_of_time_; }

  void run_round(unsigned round) {
    double left = expected_round();
    for (std::size_t i = 0; i < plan_.cells.size() && !over(); ++i) {
      const std::size_t at = round % 2 == 0 ? i : plan_.cells.size() - 1 - i;
      if (broken_[at]) continue;
      const cell& c = plan_.cells[at];
      progress_.show(round * plan_.cells.size() + i, plan_.cells.size() * plan_.rounds,
                     fmt::format("round {} of {}: {}, {}, {} thread{}", round + 1, plan_.rounds, c.workload,
                                 c.with->facts.name, c.threads, c.threads == 1 ? "" : "s"),
                     seconds_left(round, left));
      left -= expected(at);
      run_cell(round, at);
    }
  }

  void run_cell(unsigned round, std::size_t at) {
    if (plan_.until && elapsed() + took_[at].value_or(0) > *plan_.until) {
      out_of_time_ = true;
      return;
    }
    const cell& c = plan_.cells[at];
    const double line = c.threads > 1 ? probe_line() : 0;
    std::optional<one_run> r = run_workload(*c.with, c.workload,
                                            {.threads = c.threads,
                                             .size = into_.size,
                                             .samples = samples_wanted,
                                             .seconds = sampling_,
                                             .limit = plan_.limit});
    if (!r) return;
    r->round = round;
    if (line > 0) r->line_ns = line;
    if (!took_[at]) {
      known_seconds_ += r->seconds;
      ++known_;
    }
    took_[at] = r->seconds;
    broken_[at] = r->how != ending::right;
    if (r->how == ending::no_such_feature) {
      into_.no_such_feature.push_back({c.workload, c.with->facts.id, r->message});
    } else {
      if (r->how == ending::too_long && ++waits_[r->peer] == most_waits) give_up(c.with->facts.id);
      if (r->how != ending::right) {
        progress_.say(fmt::format("{} on {}, {} thread{}: {}", c.workload, c.with->facts.name, c.threads,
                                  c.threads == 1 ? "" : "s", r->message));
      }
      into_.runs.push_back(std::move(*r));
    }
    if (elapsed() - saved_ > write_every) save();
  }

  void give_up(const std::string& peer) {
    for (std::size_t i = 0; i < plan_.cells.size(); ++i) {
      const cell& c = plan_.cells[i];
      if (c.with->facts.id != peer || took_[i]) continue;
      broken_[i] = true;
      took_[i] = 0;
      into_.left_out.push_back({c.workload, peer, "too many of this peer's processes took too long"});
    }
  }

  /// Seconds that the next process of a cell takes, as far as is known.
  double expected(std::size_t at) const {
    if (broken_[at]) return 0;
    return took_[at].value_or(known_ == 0 ? plan_.seconds + 0.1 : known_seconds_ / known_);
  }

  double expected_round() const {
    double seconds = 0;
    for (std::size_t i = 0; i < took_.size(); ++i) seconds += expected(i);
    return seconds;
  }

  double seconds_left(unsigned round, double left_of_round) const {
    const double left = left_of_round + expected_round() * (plan_.rounds - round - 1);
    return plan_.until ? std::min(left, *plan_.until - elapsed()) : left;
  }

  /// After a round one knows what the cells take: they sample less if it would be too long.
  void fit_the_rest(unsigned rounds_done) {
    if (!plan_.until || rounds_done >= plan_.rounds) return;
    const double needed = expected_round() * (plan_.rounds - rounds_done);
    const double there = *plan_.until - elapsed();
    if (needed > there && there > 0) sampling_ = std::max(plan_.seconds / 4, sampling_ * there / needed);
  }

  void note_never_run() {
    for (std::size_t i = 0; i < took_.size(); ++i) {
      if (took_[i]) continue;
      const cell& c = plan_.cells[i];
      into_.left_out.push_back({c.workload, c.with->facts.id, fmt::format("the time was up ({} threads)", c.threads)});
    }
  }

  void save() {
    into_.seconds = std::round(elapsed() * 10) / 10;
    write(into_, path_);
    saved_ = elapsed();
  }

  const run_plan& plan_;
  run_file& into_;
  const std::filesystem::path& path_;
  progress_line& progress_;
  steady::time_point began_ = steady::now();
  std::vector<std::optional<double>> took_;
  std::vector<bool> broken_;  // not run once more
  std::map<std::string, unsigned> waits_;
  double sampling_;
  double saved_ = 0;
  double known_seconds_ = 0;  // of the first processes
  double known_ = 0;          // how many
  bool out_of_time_ = false;
};

}  // namespace

void measure(const run_plan& plan, run_file& into, const std::filesystem::path& path, progress_line& progress) {
  measurement(plan, into, path, progress).run();
}

}  // namespace bench
