#include <magpie/services/topology.hpp>

#include <gtest/gtest.h>
#include <sched.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <thread>

namespace {

using magpie::detail::cgroup_cpus;

/// A folder that stands for the root of a file system.
class fake_root : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "magpie-topology-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    root_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  void write(const std::string& path, const std::string& text) {
    const std::filesystem::path file = root_.string() + path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  std::optional<double> quota() const { return cgroup_cpus(root_.string()); }

 private:
  std::filesystem::path root_;
};
using topology = fake_root;

TEST_F(topology, no_files_no_quota) { EXPECT_EQ(quota(), std::nullopt); }

TEST_F(topology, B5_v2_the_quota_of_the_own_group) {
  write("/proc/self/cgroup", "0::/app\n");
  write("/sys/fs/cgroup/app/cpu.max", "150000 100000\n");
  EXPECT_EQ(quota(), 1.5);
}

TEST_F(topology, v2_max_means_none) {
  write("/proc/self/cgroup", "0::/app\n");
  write("/sys/fs/cgroup/app/cpu.max", "max 100000\n");
  EXPECT_EQ(quota(), std::nullopt);
}

TEST_F(topology, v2_the_tightest_of_nested_quotas) {
  write("/proc/self/cgroup", "0::/outer/middle/inner\n");
  write("/sys/fs/cgroup/outer/cpu.max", "300000 100000\n");
  write("/sys/fs/cgroup/outer/middle/cpu.max", "100000 50000\n");
  write("/sys/fs/cgroup/outer/middle/inner/cpu.max", "max 100000\n");
  EXPECT_EQ(quota(), 2.0);
}

TEST_F(topology, v2_the_root_group_of_a_container) {
  write("/proc/self/cgroup", "0::/\n");
  write("/sys/fs/cgroup/cpu.max", "50000 100000\n");
  EXPECT_EQ(quota(), 0.5);
}

TEST_F(topology, v2_missing_and_broken_files_count_as_none) {
  write("/proc/self/cgroup", "0::/app\n");
  EXPECT_EQ(quota(), std::nullopt);
  for (const char* text : {"", "garbage", "100000", "100000 0", "-1 100000", "max", "100000 x", "0 100000"}) {
    write("/sys/fs/cgroup/app/cpu.max", text);
    EXPECT_EQ(quota(), std::nullopt) << text;
  }
}

TEST_F(topology, v1_quota_over_period) {
  write("/proc/self/cgroup", "4:cpu,cpuacct:/app\n3:memory:/app\n");
  write("/sys/fs/cgroup/cpu/app/cpu.cfs_quota_us", "250000\n");
  write("/sys/fs/cgroup/cpu/app/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(quota(), 2.5);
}

TEST_F(topology, v1_in_the_folder_of_the_joint_controllers) {
  write("/proc/self/cgroup", "4:cpu,cpuacct:/app\n");
  write("/sys/fs/cgroup/cpu,cpuacct/app/cpu.cfs_quota_us", "100000\n");
  write("/sys/fs/cgroup/cpu,cpuacct/app/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(quota(), 1.0);
}

TEST_F(topology, v1_minus_one_means_none_and_parents_count) {
  write("/proc/self/cgroup", "4:cpu:/a/b\n");
  write("/sys/fs/cgroup/cpu/a/b/cpu.cfs_quota_us", "-1\n");
  write("/sys/fs/cgroup/cpu/a/b/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(quota(), std::nullopt);
  write("/sys/fs/cgroup/cpu/a/cpu.cfs_quota_us", "400000\n");
  write("/sys/fs/cgroup/cpu/a/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(quota(), 4.0);
}

TEST_F(topology, v1_other_controllers_and_cpuset_do_not_count) {
  write("/proc/self/cgroup", "4:cpuset:/app\n5:cpuacct:/app\n");
  for (const char* controller : {"cpuset", "cpuacct", "cpu"}) {
    write(std::string("/sys/fs/cgroup/") + controller + "/app/cpu.cfs_quota_us", "100000\n");
    write(std::string("/sys/fs/cgroup/") + controller + "/app/cpu.cfs_period_us", "100000\n");
  }
  EXPECT_EQ(quota(), std::nullopt);
}

TEST_F(topology, both_versions_at_once) {
  write("/proc/self/cgroup", "1:cpu:/old\n0::/new\n");
  write("/sys/fs/cgroup/cpu/old/cpu.cfs_quota_us", "300000\n");
  write("/sys/fs/cgroup/cpu/old/cpu.cfs_period_us", "100000\n");
  write("/sys/fs/cgroup/new/cpu.max", "200000 100000\n");
  EXPECT_EQ(quota(), 2.0);
}

TEST_F(topology, paths_with_colons_and_broken_lines) {
  write("/proc/self/cgroup", "nonsense\n7\n0::/a:b\n");
  write("/sys/fs/cgroup/a:b/cpu.max", "100000 100000\n");
  EXPECT_EQ(quota(), 1.0);
}

TEST(affinity, B5_is_what_the_kernel_lets_the_calling_thread_use) {
  cpu_set_t all;
  ASSERT_EQ(sched_getaffinity(0, sizeof all, &all), 0);
  EXPECT_EQ(magpie::detail::affinity_cpus(), static_cast<unsigned>(CPU_COUNT(&all)));

  std::thread([&] {
    int first = 0;
    while (!CPU_ISSET(first, &all)) ++first;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
    EXPECT_EQ(magpie::detail::affinity_cpus(), 1u);
    EXPECT_EQ(magpie::detail::usable_cpus(), 1u);
  }).join();
}

TEST(usable_cpus, are_at_least_one_and_at_most_the_affinity_mask) {
  EXPECT_GE(magpie::detail::usable_cpus(), 1u);
  EXPECT_LE(magpie::detail::usable_cpus(), magpie::detail::affinity_cpus());
}

}  // namespace
