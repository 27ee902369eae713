#include "bench/child_process.hpp"
#include "bench/quantiles.hpp"
#include "bench/runner_program.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>
#include <sstream>
#include <string_view>

namespace bench {
namespace {

using json = nlohmann::json;

constexpr std::string_view prefix = "magpie-bench-";
constexpr double describe_limit = 20;             // seconds
constexpr std::size_t most_observations = 4'000;  // of latencies, kept of one process

struct not_understood : std::runtime_error {
  using std::runtime_error::runtime_error;
};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    if (line.find_first_not_of(" \t\r") != std::string::npos) lines.push_back(line);
  }
  return lines;
}

/// What people read of somebody else's output: one line, not too long, no control characters.
std::string excerpt(std::string_view text) {
  std::string clean;
  for (const char c : text) clean += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  const std::size_t begin = clean.find_first_not_of(' ');
  if (begin == std::string::npos) return {};
  clean = clean.substr(begin, clean.find_last_not_of(' ') + 1 - begin);
  constexpr std::size_t most = 160;
  return clean.size() <= most ? clean : clean.substr(0, most) + "...";
}

std::string last_line(const std::string& text) {
  const std::vector<std::string> lines = lines_of(text);
  return lines.empty() ? std::string() : excerpt(lines.back());
}

json parse_object(const std::string& line) {
  json object = json::parse(line, nullptr, false);
  if (!object.is_object()) throw not_understood(fmt::format("not a JSON object: {}", excerpt(line)));
  return object;
}

std::string first_measure(const json& from) {
  if (from.contains("measures") && !from.at("measures").empty()) return from.at("measures").at(0).get<std::string>();
  return "time";
}

offer offer_from(const json& from) {
  offer o;
  from.at("workload").get_to(o.facts.name);
  from.at("kind").get_to(o.facts.kind);
  o.no_such_feature = from.value("no_such_feature", "");
  if (!o.no_such_feature.empty()) return o;
  from.at("unit").get_to(o.facts.unit);
  from.at("sizes").get_to(o.facts.sizes);
  from.at("threads").get_to(o.threads);
  o.facts.measure = first_measure(from);
  if (o.threads.empty()) throw not_understood(o.facts.name + " has an empty list of threads");
  return o;
}

runner runner_from(const std::filesystem::path& program, const std::string& described) {
  const std::vector<std::string> lines = lines_of(described);
  if (lines.empty()) throw not_understood("it says nothing");
  runner r;
  r.program = program;
  const json self = parse_object(lines.front());
  self.at("peer").get_to(r.facts.name);
  r.facts.id = program.filename().string().substr(prefix.size());
  r.facts.version = self.value("version", "");
  r.facts.compiler = self.value("compiler", "");
  r.facts.flags = self.value("flags", "");
  r.facts.allocator = self.value("allocator", "");
  r.facts.notes = self.value("notes", "");
  for (std::size_t i = 1; i < lines.size(); ++i) r.offers.push_back(offer_from(parse_object(lines[i])));
  return r;
}

/// In words, for people.
std::string ended_how(const child_end& end, double limit) {
  switch (end.how) {
    case child_end::kind::signalled:
      return fmt::format("ended by signal {} ({})", end.code, strsignal(end.code));
    case child_end::kind::too_long:
      return fmt::format("no answer within {:g} s; killed", limit);
    case child_end::kind::too_much:
      return "wrote without end; killed";
    case child_end::kind::not_started:
      return "could not be started: " + end.err;
    case child_end::kind::interrupted:
      return "interrupted";
    case child_end::kind::exited:
      break;
  }
  return fmt::format("ended with status {}", end.code);
}

/// With the last thing it said to people, if it did.
std::string with_stderr(std::string what, const child_end& end) {
  if (end.how == child_end::kind::not_started) return what;
  const std::string said = last_line(end.err);
  return said.empty() ? what : what + ": " + said;
}

double checked(const json& from, const char* key, double least) {
  const double value = from.at(key).get<double>();
  if (!std::isfinite(value) || value < least) throw not_understood(fmt::format("{} is {}", key, value));
  return value;
}

std::optional<double> optional_number(const json& from, const char* key) {
  if (!from.contains(key) || from.at(key).is_null()) return std::nullopt;
  return checked(from, key, 0);
}

void understand(const std::string& out, const effort& asked, one_run& r) {
  const std::vector<std::string> lines = lines_of(out);
  if (lines.size() != 1) throw not_understood(fmt::format("one line was expected, and {} came", lines.size()));
  const json from = parse_object(lines.front());
  if (from.at("workload").get<std::string>() != r.workload) throw not_understood("it is about another workload");
  if (from.contains("no_such_feature")) {
    r.how = ending::no_such_feature;
    r.message = from.at("no_such_feature").get<std::string>();
    return;
  }
  if (from.at("threads").get<unsigned>() != asked.threads) throw not_understood("it has another number of threads");
  if (!from.at("right").get<bool>()) {
    r.how = ending::wrong;
    return;
  }
  r.items = checked(from, "items", 1);
  for (const json& s : from.at("samples")) {
    r.samples.push_back({checked(s, "wall", 0), checked(s, "cpu", 0), checked(s, "waited", 0)});
  }
  if (r.samples.empty()) throw not_understood("there are no samples");
  if (from.contains("latency_ns")) {
    for (const json& ns : from.at("latency_ns")) {
      r.latency_ns.push_back(ns.get<double>());
      if (!std::isfinite(r.latency_ns.back())) throw not_understood("a latency is no number");
    }
    r.latency_ns = thinned(std::move(r.latency_ns), most_observations);
  }
  r.peak_bytes = optional_number(from, "peak_bytes");
  r.idle_cpu_seconds = optional_number(from, "idle_cpu_seconds");
  r.cpu_per_wall = optional_number(from, "cpu_per_wall");
}

void judge(const child_end& end, const effort& asked, one_run& r) {
  constexpr int wrong = 1;
  constexpr int misused = 2;
  constexpr int lacking = 3;
  if (end.how == child_end::kind::too_long) {
    r.how = ending::too_long;
  } else if (end.how == child_end::kind::too_much || (end.how == child_end::kind::exited && end.code == misused)) {
    r.how = ending::nonsense;
  } else if (end.how != child_end::kind::exited || end.code > lacking) {
    r.how = ending::crashed;
  } else if (end.code == lacking) {
    r.how = ending::no_such_feature;
    r.message = last_line(end.err);
    try {
      understand(end.out, asked, r);
    } catch (const std::exception&) {  // it need not explain; nothing is lost, as its status says it
    }
    return;
  } else {
    try {
      understand(end.out, asked, r);
      if (end.code == wrong) r.how = ending::wrong;
      if (r.how == ending::right) return;
    } catch (const std::exception& e) {
      r.how = end.code == wrong ? ending::wrong : ending::nonsense;
      if (r.how == ending::nonsense) {
        r.message = with_stderr(fmt::format("its answer cannot be understood: {}", e.what()), end);
        return;
      }
    }
    if (r.how == ending::wrong) {
      r.message = with_stderr("its result is not the serial one", end);
      return;
    }
  }
  r.message = with_stderr(ended_how(end, asked.limit), end);
}

bool is_runner(const std::filesystem::directory_entry& entry) {
  const std::string name = entry.path().filename().string();
  return name.size() > prefix.size() && name.starts_with(prefix) && name.find('.') == std::string::npos &&
         entry.is_regular_file() && access(entry.path().c_str(), X_OK) == 0;
}

/// Of several builds of a peer, each gets its compiler's first word: magpie-clang++.
void tell_apart(std::vector<runner>& all) {
  std::map<std::string, unsigned> builds;
  for (const runner& r : all) ++builds[r.facts.id];
  std::set<std::string> taken;
  for (runner& r : all) {
    if (builds[r.facts.id] > 1) {
      const std::string compiler = r.facts.compiler.substr(0, r.facts.compiler.find(' '));
      r.facts.id += "-" + compiler;
      r.facts.name += " (" + compiler + ")";
    }
    const std::string id = r.facts.id;
    const std::string name = r.facts.name;
    for (unsigned n = 2; !taken.insert(r.facts.id).second; ++n) {
      r.facts.id = fmt::format("{}-{}", id, n);
      r.facts.name = fmt::format("{} #{}", name, n);
    }
  }
}

}  // namespace

const offer* runner::find(const std::string& workload) const {
  const auto found =
      std::find_if(offers.begin(), offers.end(), [&](const offer& o) { return o.facts.name == workload; });
  return found == offers.end() ? nullptr : &*found;
}

runners find_runners(const std::vector<std::filesystem::path>& folders) {
  std::vector<std::filesystem::path> programs;
  for (const std::filesystem::path& folder : folders) {
    std::vector<std::filesystem::path> here;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      if (is_runner(entry)) here.push_back(std::filesystem::absolute(entry.path()).lexically_normal());
    }
    std::sort(here.begin(), here.end());
    for (std::filesystem::path& program : here) {
      if (std::find(programs.begin(), programs.end(), program) == programs.end()) programs.push_back(program);
    }
  }

  runners found;
  for (const std::filesystem::path& program : programs) {
    const child_end end = run_child({program.string(), "--describe"}, std::chrono::duration<double>(describe_limit));
    if (end.how == child_end::kind::interrupted) break;
    if (end.how != child_end::kind::exited || end.code != 0) {
      found.broken.push_back({program, with_stderr("--describe: " + ended_how(end, describe_limit), end)});
      continue;
    }
    try {
      found.usable.push_back(runner_from(program, end.out));
    } catch (const std::exception& e) {
      found.broken.push_back({program, fmt::format("--describe: its answer cannot be understood: {}", e.what())});
    }
  }
  tell_apart(found.usable);
  return found;
}

std::optional<one_run> run_workload(const runner& with, const std::string& workload, const effort& how_much) {
  one_run r;
  r.workload = workload;
  r.peer = with.facts.id;
  r.threads = how_much.threads;
  const child_end end = run_child(
      {with.program.string(), "--run", workload, "--threads", std::to_string(how_much.threads), "--size", how_much.size,
       "--samples", std::to_string(how_much.samples), "--seconds", fmt::format("{:.3f}", how_much.seconds)},
      std::chrono::duration<double>(how_much.limit));
  if (end.how == child_end::kind::interrupted) return std::nullopt;
  r.seconds = end.seconds;
  judge(end, how_much, r);
  return r;
}

}  // namespace bench
