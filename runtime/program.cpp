#include "runtime/program.h"
#include <chrono>
#include <filesystem>
#include <future>
#include <nlohmann/json.hpp>
#include "common/error.h"
#include "common/text.h"
#include "runtime/choose_code.h"
#include "runtime/output.h"

namespace llmc {
namespace {

const std::chrono::steady_clock::time_point process_start = std::chrono::steady_clock::now();

}  // namespace

double ms_since_start() { return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - process_start).count(); }

std::string Program::title() const {
  if (!image->model().empty()) return printable(image->model());
  return fmt::format("{} model of {} layers", plan.shape.family, plan.shape.layers);
}

const Tokenizer& Program::need_tokenizer() const {
  if (tokenizer == nullptr) {
    fail(Exit::unsupported, "{} was compiled from a GGUF without a tokenizer, so it cannot read or write text. `bench` and `logits --tokens` work.",
         image->path());
  }
  return *tokenizer;
}

Program open_program() {
  // By its real name, for messages; a file that was deleted or replaced while it runs is still there under the link.
  std::error_code fault;
  const std::filesystem::path self = "/proc/self/exe";
  const std::filesystem::path real = std::filesystem::read_symlink(self, fault);
  const bool usable = !fault && std::filesystem::equivalent(self, real, fault) && !fault;
  Program program;
  program.image = Image::open(usable ? real.string() : self.string());
  try {
    program.plan = plan_from_json(nlohmann::json::parse(program.image->plan()));
  } catch (const nlohmann::json::exception& error) {
    fail(Exit::bad_input, "{}: the plan cannot be read ({}). Make the program again.", program.image->path(), error.what());
  }
  if (!program.image->tokenizer().empty()) program.tokenizer = tokenizer_from_section(program.image->tokenizer());
  return program;
}

std::vector<std::string> input_files(const Program& program, const EngineFlags& flags) {
  std::vector<std::string> files = {program.image->path()};
  if (program.plan.extern_weights) files.push_back(extern_weights_file(*program.image, flags.weights));
  return files;
}

RunningEngine::RunningEngine(const Program& program, const EngineFlags& flags, bool announce) {
  const u32 ctx = checked_ctx(program.plan, flags.ctx);
  if (!program.plan.extern_weights && !flags.weights.empty()) {
    fail(Exit::usage, "--weights is for programs compiled with --weights=extern; this one holds its weights. Leave it out.");
  }
  // A driver takes two tenths of a second to open its device.
  std::future<std::unique_ptr<WeightsSource>> weights = std::async(std::launch::async, [&] {
    return program.plan.extern_weights ? extern_weights(*program.image, flags.weights) : embedded_weights(*program.image, program.plan);
  });
  std::unique_ptr<Device> device;
  std::exception_ptr no_device;
  try {
    device = open_device(program.plan, flags.device);
  } catch (...) {
    no_device = std::current_exception();
  }
  weights_ = weights.get();
  if (no_device) std::rethrow_exception(no_device);
  const DeviceInfo info = device->info();
  const CodeEntry& code = choose_code(program.image->code(), info.name, info.arch);
  if (announce) {
    note(fmt::format("{} on {}, needs {}", program.title(), info.name, describe(memory_need(program.plan, ctx), ctx)));
  }
  engine_ = std::make_unique<Engine>(program.plan, std::move(device), code.bytes, *weights_, EngineOptions{ctx, flags.timed});
}

}  // namespace llmc
