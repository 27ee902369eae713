#include "bench/run_file.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <string_view>

namespace bench {
namespace {

using json = nlohmann::ordered_json;

constexpr const char* format_name = "magpie-bench 1";
constexpr std::array<const char*, 6> endings{"right", "wrong", "no_such_feature", "crashed", "too_long", "nonsense"};

ending ending_of(const std::string& name) {
  const auto* const found = std::find(endings.begin(), endings.end(), name);
  if (found == endings.end()) throw file_error("no run ends as '" + name + "'");
  return static_cast<ending>(found - endings.begin());
}

// Six figures: no clock is better, and the files stay small.
double rounded(double value) { return value == 0 ? 0 : std::strtod(fmt::format("{:.6g}", value).c_str(), nullptr); }

json to_json(const absence& a) { return {{"workload", a.workload}, {"peer", a.peer}, {"why", a.why}}; }

json to_json(const one_run& r) {
  json to{{"round", r.round},     {"workload", r.workload},   {"peer", r.peer},
          {"threads", r.threads}, {"ending", name_of(r.how)}, {"seconds", rounded(r.seconds)}};
  if (!r.message.empty()) to["message"] = r.message;
  if (r.line_ns) to["line_ns"] = rounded(*r.line_ns);
  if (r.how != ending::right) return to;
  to["items"] = r.items;
  if (r.peak_bytes) to["peak_bytes"] = *r.peak_bytes;
  if (r.idle_cpu_seconds) to["idle_cpu_seconds"] = *r.idle_cpu_seconds;
  if (r.cpu_per_wall) to["cpu_per_wall"] = *r.cpu_per_wall;
  json samples = json::array();
  for (const sample& s : r.samples) samples.push_back({rounded(s.wall), rounded(s.cpu), rounded(s.waited)});
  to["samples"] = std::move(samples);
  if (!r.latency_ns.empty()) {
    json latencies = json::array();
    for (const double ns : r.latency_ns) latencies.push_back(rounded(ns));
    to["latency_ns"] = std::move(latencies);
  }
  return to;
}

json to_json(const run_file& run) {
  json to{{"format", format_name}, {"started", run.started}, {"size", run.size},
          {"rounds", run.rounds},  {"seconds", run.seconds}, {"interrupted", run.interrupted}};
  json machine = json::object();
  for (const auto& [key, value] : run.machine) machine[key] = value;
  to["machine"] = std::move(machine);
  to["peers"] = json::array();
  for (const peer_facts& p : run.peers) {
    to["peers"].push_back({{"id", p.id},
                           {"name", p.name},
                           {"version", p.version},
                           {"compiler", p.compiler},
                           {"flags", p.flags},
                           {"allocator", p.allocator},
                           {"notes", p.notes}});
  }
  to["workloads"] = json::array();
  for (const workload_facts& w : run.workloads) {
    to["workloads"].push_back(
        {{"name", w.name}, {"kind", w.kind}, {"unit", w.unit}, {"measure", w.measure}, {"sizes", w.sizes}});
  }
  to["no_such_feature"] = json::array();
  for (const absence& a : run.no_such_feature) to["no_such_feature"].push_back(to_json(a));
  to["left_out"] = json::array();
  for (const absence& a : run.left_out) to["left_out"].push_back(to_json(a));
  to["sample_fields"] = {"wall_seconds", "cpu_seconds", "waited_seconds"};
  json runs = json::array();
  for (const one_run& r : run.runs) runs.push_back(to_json(r));
  to["runs"] = std::move(runs);
  return to;
}

absence absence_from(const json& from) {
  return {from.at("workload").get<std::string>(), from.at("peer").get<std::string>(),
          from.at("why").get<std::string>()};
}

std::optional<double> number(const json& from, const char* key) {
  return from.contains(key) ? std::optional(from.at(key).get<double>()) : std::nullopt;
}

one_run run_from(const json& from) {
  one_run r;
  from.at("round").get_to(r.round);
  from.at("workload").get_to(r.workload);
  from.at("peer").get_to(r.peer);
  from.at("threads").get_to(r.threads);
  r.how = ending_of(from.at("ending").get<std::string>());
  from.at("seconds").get_to(r.seconds);
  r.message = from.value("message", "");
  r.line_ns = number(from, "line_ns");
  if (r.how != ending::right) return r;
  from.at("items").get_to(r.items);
  r.peak_bytes = number(from, "peak_bytes");
  r.idle_cpu_seconds = number(from, "idle_cpu_seconds");
  r.cpu_per_wall = number(from, "cpu_per_wall");
  for (const json& s : from.at("samples")) {
    r.samples.push_back({s.at(0).get<double>(), s.at(1).get<double>(), s.at(2).get<double>()});
  }
  if (from.contains("latency_ns")) from.at("latency_ns").get_to(r.latency_ns);
  return r;
}

run_file run_file_from(const json& from) {
  run_file run;
  from.at("started").get_to(run.started);
  from.at("size").get_to(run.size);
  from.at("rounds").get_to(run.rounds);
  from.at("seconds").get_to(run.seconds);
  from.at("interrupted").get_to(run.interrupted);
  for (const auto& [key, value] : from.at("machine").items()) run.machine.emplace_back(key, value.get<std::string>());
  for (const json& p : from.at("peers")) {
    const auto text = [&](const char* key) { return p.at(key).get<std::string>(); };
    run.peers.push_back(
        {text("id"), text("name"), text("version"), text("compiler"), text("flags"), text("allocator"), text("notes")});
  }
  for (const json& w : from.at("workloads")) {
    const auto text = [&](const char* key) { return w.at(key).get<std::string>(); };
    run.workloads.push_back({text("name"), text("kind"), text("unit"), text("measure"),
                             w.at("sizes").get<std::map<std::string, std::string>>()});
  }
  for (const json& a : from.at("no_such_feature")) run.no_such_feature.push_back(absence_from(a));
  for (const json& a : from.at("left_out")) run.left_out.push_back(absence_from(a));
  for (const json& r : from.at("runs")) run.runs.push_back(run_from(r));
  return run;
}

template <class Facts>
const Facts* with(const std::vector<Facts>& all, std::string Facts::* key, const std::string& value) {
  const auto found = std::find_if(all.begin(), all.end(), [&](const Facts& f) { return f.*key == value; });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace

const char* name_of(ending how) { return endings.at(static_cast<std::size_t>(how)); }

const peer_facts* run_file::peer(const std::string& id) const { return with(peers, &peer_facts::id, id); }
const workload_facts* run_file::workload(const std::string& name) const {
  return with(workloads, &workload_facts::name, name);
}

void write(const run_file& run, const std::filesystem::path& path) {
  const std::filesystem::path beside = path.string() + ".new";
  std::ofstream file(beside, std::ios::trunc);
  file << to_json(run).dump(-1, ' ', false, json::error_handler_t::replace) << '\n';
  file.close();
  if (!file) throw file_error(fmt::format("{} cannot be written: is the disk full?", beside.string()));
  std::filesystem::rename(beside, path);
}

run_file read_run(const std::filesystem::path& path) {
  std::ifstream file(path);
  if (!file) throw file_error(fmt::format("{} cannot be opened", path.string()));
  try {
    const json from = json::parse(file);
    if (!from.is_object() || from.value("format", "") != format_name) {
      throw file_error(fmt::format("it does not say \"format\": \"{}\"", format_name));
    }
    return run_file_from(from);
  } catch (const std::exception& e) {
    throw file_error(
        fmt::format("{} is not what 'magpie-bench run' writes (DIR/run.json): {}", path.string(), e.what()));
  }
}

}  // namespace bench
