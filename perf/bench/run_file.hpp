#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

/// What a run leaves behind: DIR/run.json, from which reports and comparisons are made.
namespace bench {

/// How a runner's process ended.
enum class ending {
  right,
  wrong,            ///< its result is not the serial one
  no_such_feature,  ///< it cannot do this, and says so
  crashed,
  too_long,  ///< killed when the limit was over
  nonsense,  ///< its answer cannot be understood
};

const char* name_of(ending how);

struct sample {
  double wall = 0;    ///< seconds of one run of the workload
  double cpu = 0;     ///< of all threads
  double waited = 0;  ///< for which its threads were ready and had no CPU, summed
};

struct peer_facts {
  std::string id;  ///< what the runner's file is called after; unique within a run
  std::string name;
  std::string version;
  std::string compiler;
  std::string flags;
  std::string allocator;
  std::string notes;

  friend bool operator==(const peer_facts&, const peer_facts&) = default;
};

struct workload_facts {
  std::string name;
  std::string kind;     ///< macro or micro
  std::string unit;     ///< what one item is
  std::string measure;  ///< what is looked at first: time, latency, memory, idle_cpu, busy_cpu
  std::map<std::string, std::string> sizes;
};

/// A cell that stays empty, and why.
struct absence {
  std::string workload;
  std::string peer;
  std::string why;
};

/// One process.
struct one_run {
  unsigned round = 0;
  std::string workload;
  std::string peer;  ///< its id
  unsigned threads = 1;
  ending how = ending::right;
  std::string message;  ///< if it is not right
  double seconds = 0;   ///< of the whole process
  double items = 1;
  std::vector<sample> samples;
  std::vector<double> latency_ns;  ///< single observations, sorted, thinned by rank
  std::optional<double> peak_bytes;
  std::optional<double> idle_cpu_seconds;
  std::optional<double> cpu_per_wall;
  std::optional<double> line_ns;  ///< core to core, just before
};

struct run_file {
  std::string started;
  std::string size;
  bool interrupted = false;
  unsigned rounds = 0;
  double seconds = 0;
  std::vector<std::pair<std::string, std::string>> machine;
  std::vector<peer_facts> peers;
  std::vector<workload_facts> workloads;
  std::vector<absence> no_such_feature;
  std::vector<absence> left_out;  ///< could have been measured, and was not; `peer` may be empty
  std::vector<one_run> runs;

  const peer_facts* peer(const std::string& id) const;
  const workload_facts* workload(const std::string& name) const;
};

/// A file that cannot be read, written or understood; says which and what to do.
struct file_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Replaces the file as a whole, so that one always finds the old one or the new one.
void write(const run_file& run, const std::filesystem::path& path);
run_file read_run(const std::filesystem::path& path);

}  // namespace bench
