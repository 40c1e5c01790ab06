// The CPU's thread pool and barrier: order, a full ring, sleep, and the end of a wait that nobody will satisfy.
#include <gtest/gtest.h>

#include <ctime>
#include <thread>

#include "common/error.h"
#include "runtime/device/cpu_pool.h"
#include "runtime/device/cpu_topology.h"

namespace llmc {
namespace {

constexpr int slots = 4096;
struct Shared {
  u32 next = 0;              // written by worker 0 only
  u32 seen[slots][64] = {};  // the number of jobs before, as each worker saw it
};
Shared* shared_of(const abi::Args* args) { return reinterpret_cast<Shared*>(args->arena); }

void count_job(const abi::Args* args, int, int start, int, unsigned worker, unsigned, x86::Barrier* barrier) {
  shared_of(args)->seen[start][worker] = shared_of(args)->next;
  barrier->wait();
  if (worker == 0) shared_of(args)->next++;
}

void desert(const abi::Args*, int, int, int, unsigned worker, unsigned, x86::Barrier* barrier) {
  if (worker == 0) barrier->wait();  // the others never come to it
}

double process_cpu_seconds() {
  timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

// Threads on the cores at hand; two even on one core.
std::vector<int> test_cores() {
  std::vector<int> cores = physical_cores();
  if (cores.size() == 1) cores.push_back(cores[0]);
  return cores;
}

TEST(X86Pool, RunsJobsInOrderOnEveryWorker) {
  CpuPool pool(test_cores(), 2);
  const auto shared = std::make_unique<Shared>();
  const abi::Args args = {.arena = reinterpret_cast<unsigned char*>(shared.get())};
  for (int i = 0; i < slots; i++) pool.submit({count_job, args, 0, i, 0});  // more than the ring holds
  pool.wait();
  EXPECT_EQ(shared->next, static_cast<u32>(slots));
  for (u32 i = 0; i < slots; i++) {
    ASSERT_EQ(shared->seen[i][0], i);
    ASSERT_EQ(shared->seen[i][1], i);
  }
  EXPECT_FALSE(pool.faulted());
}

TEST(X86Pool, SleepsWithoutWorkAndWakes) {
  CpuPool pool(test_cores(), 2);
  const auto shared = std::make_unique<Shared>();
  const abi::Args args = {.arena = reinterpret_cast<unsigned char*>(shared.get())};
  for (int round = 0; round < 3; round++) {
    pool.submit({count_job, args, 0, round, 0});
    pool.wait();
    const double before = process_cpu_seconds();
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    EXPECT_LT(process_cpu_seconds() - before, 0.1);  // spinning would take up to 0.6
  }
  EXPECT_EQ(shared->next, 3u);
}

TEST(X86Pool, AWaitThatCannotEndIsAFault) {
  CpuPool pool(test_cores(), 2);
  pool.set_limit_ms(50);
  pool.submit({desert, {}, 0, 0, 0});
  pool.submit({desert, {}, 0, 0, 0});  // skipped
  pool.wait();
  EXPECT_TRUE(pool.faulted());
}

TEST(X86Pool, KnowsItsCores) {
  EXPECT_GE(physical_cores().size(), 1u);
  EXPECT_LE(physical_cores().size(), std::thread::hardware_concurrency());
}

}  // namespace
}  // namespace llmc
