#include "runtime/commands/phases.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include "common/error.h"
#include "kernels/phase_marks.h"

namespace llmc {
namespace {

constexpr const char* names[] = {"qkv", "attn", "o", "gateup", "down", "head", "sample"};
constexpr u32 kinds = std::size(names);

// The marks of one token. Clocks of different multiprocessors do not agree, so each worker's own first mark is its zero.
class Marks {
 public:
  Marks(Engine& engine, double token_ms) : layers_(engine.plan().shape.layers), workers_(engine.workers()), times_(engine.phase_times()) {
    u64 longest = 1;
    for (u32 w = 0; w < workers_; ++w) longest = std::max(longest, at(w, phases(), phase_marks::arrived));
    us_per_tick_ = token_ms * 1e3 / static_cast<double>(longest);
  }
  u32 workers() const { return workers_; }
  u32 phases() const { return phase_marks::phases(layers_) - 1; }  // those with a name
  u32 kind(u32 phase) const { return phase < phase_marks::head(layers_) ? phase % phase_marks::layer_phases : 5 + phase - phase_marks::head(layers_); }
  // In microseconds since the worker's start. A worker without work in a phase has no input: it is ready when it arrives.
  double arrived(u32 worker, u32 phase) const { return us(at(worker, phase, phase_marks::arrived)); }
  double ready(u32 worker, u32 phase) const {
    const u64 begin = at(worker, phase, phase_marks::arrived), mark = at(worker, phase, phase_marks::ready);
    return us(mark > begin && mark <= at(worker, phase + 1, phase_marks::arrived) ? mark : begin);
  }

 private:
  double us(u64 ticks) const { return static_cast<double>(ticks) * us_per_tick_; }
  u64 at(u32 worker, u32 phase, phase_marks::Mark mark) const {
    const u64* row = times_.data() + u64{worker} * phase_marks::per_worker(layers_);
    return row[phase * phase_marks::marks + mark] - row[0];
  }

  u32 layers_, workers_;
  std::vector<u64> times_;
  double us_per_tick_ = 0;
};

struct Total {
  u32 count = 0;
  double waiting = 0, working = 0, slowest = 0;
};

}  // namespace

std::string phases_table(Engine& engine, double token_ms) {
  const Marks marks(engine, token_ms);
  Total totals[kinds];
  for (u32 phase = 0; phase < marks.phases(); ++phase) {
    Total& total = totals[marks.kind(phase)];
    double waiting = 0, working = 0, slowest = 0;
    for (u32 w = 0; w < marks.workers(); ++w) {
      const double work = marks.arrived(w, phase + 1) - marks.ready(w, phase);
      waiting += marks.ready(w, phase) - marks.arrived(w, phase);
      working += work;
      slowest = std::max(slowest, work);
    }
    total.count++;
    total.waiting += waiting / marks.workers();
    total.working += working / marks.workers();
    total.slowest += slowest;
  }
  std::string text = "| phase | runs | waiting us | working us | slowest us | share |\n| --- | ---: | ---: | ---: | ---: | ---: |\n";
  for (u32 kind = 0; kind < kinds; ++kind) {
    const Total& total = totals[kind];
    const double runs = std::max(1u, total.count);
    text += fmt::format("| {} | {} | {:.2f} | {:.2f} | {:.2f} | {:.1f}% |\n", names[kind], total.count, total.waiting / runs, total.working / runs,
                        total.slowest / runs, 100 * (total.waiting + total.working) / (token_ms * 1e3));
  }
  return text;
}

std::string phases_trace(Engine& engine, double token_ms) {
  const Marks marks(engine, token_ms);
  auto events = nlohmann::ordered_json::array();
  for (u32 w = 0; w < marks.workers(); ++w) {
    for (u32 phase = 0; phase < marks.phases(); ++phase) {
      const auto slice = [&](const std::string& name, double from, double to) {
        if (to > from) events.push_back({{"name", name}, {"ph", "X"}, {"pid", 0}, {"tid", w}, {"ts", from}, {"dur", to - from}});
      };
      const std::string name = names[marks.kind(phase)];
      slice(name + " wait", marks.arrived(w, phase), marks.ready(w, phase));
      slice(name, marks.ready(w, phase), marks.arrived(w, phase + 1));
    }
  }
  return nlohmann::ordered_json{{"traceEvents", std::move(events)}, {"displayTimeUnit", "ns"}}.dump() + "\n";
}

}  // namespace llmc
