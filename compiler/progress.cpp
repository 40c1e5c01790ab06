#include "compiler/progress.h"

#include <unistd.h>
#include <algorithm>
#include <cstdio>
#include <fmt/format.h>

namespace llmc {
namespace {

constexpr int bar_cells = 24;
constexpr auto redraw_every = std::chrono::milliseconds(80);

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace

Progress::Progress() : terminal_(isatty(STDERR_FILENO) != 0) {}
Progress::~Progress() {
  if (terminal_ && !name_.empty()) std::fputc('\n', stderr);
}

void Progress::stage(const std::string& name) {
  finish();
  name_ = name;
  done_ = total_ = 0;
  begin_ = drawn_ = std::chrono::steady_clock::now();
  if (terminal_) draw(false);
}

void Progress::update(u64 done, u64 total) {
  done_ = done;
  total_ = total;
  const auto now = std::chrono::steady_clock::now();
  if (!terminal_ || now - drawn_ < redraw_every) return;
  drawn_ = now;
  draw(false);
}

void Progress::finish() {
  if (name_.empty()) return;
  draw(true);
  name_.clear();
}

void Progress::draw(bool last) {
  const double seconds = seconds_since(begin_);
  std::string line = fmt::format("{:<8}", name_);
  if (total_ != 0) {
    const int cells = static_cast<int>(bar_cells * static_cast<double>(done_) / static_cast<double>(total_));
    const double rate = seconds > 0 ? static_cast<double>(done_) / seconds * 1e-6 : 0;
    if (terminal_) line += fmt::format(" [{:=<{}}{: <{}}]", "", std::clamp(cells, 0, bar_cells), "", bar_cells - std::clamp(cells, 0, bar_cells));
    line += fmt::format(" {:.1f} MB, {:.0f} MB/s", static_cast<double>(done_) * 1e-6, rate);
  }
  line += fmt::format(" {:.2f} s", seconds);
  fmt::print(stderr, "{}{}{}", terminal_ ? "\r\x1b[K" : "", line, terminal_ && !last ? "" : "\n");
  std::fflush(stderr);
}

}  // namespace llmc
