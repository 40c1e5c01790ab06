#include "compiler/compile.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "common/error.h"
#include "common/text.h"
#include "compiler/build/build.h"
#include "compiler/detect_gpu.h"
#include "compiler/emit/emit.h"
#include "compiler/model/model.h"
#include "compiler/pack/atomic_file.h"
#include "compiler/pack/pack.h"
#include "compiler/progress.h"
#include "compiler/ptxas.h"
#include "compiler/report.h"
#include "compiler/standard_output.h"
#include "compiler/target/target.h"
#include "runtime/runtime_blob.h"
#include "runtime/tokenizer/tokenizer.h"

namespace llmc {
namespace {

namespace fs = std::filesystem;

std::string output_path(const CompileOptions& options) {
  if (!options.output.empty()) return options.output;
  if (!options.emit.empty()) fail(Exit::usage, "--emit={} needs -o FILE.", options.emit);
  return fs::path(options.model).stem().string() + ".bin";
}

// -o -: what is text goes to standard output.
bool to_standard_output(const CompileOptions& options) {
  if (options.output != "-") return false;
  if (options.emit.empty()) fail(Exit::usage, "An executable does not go to standard output (-o -). Name a file with -o; ./- is one of that name.");
  if (options.emit == "obj") fail(Exit::usage, "--emit=obj does not go to standard output (-o -). Name a file with -o; ./- is one of that name.");
  if (options.save_temps) fail(Exit::usage, "--save-temps names its files after the output, and standard output (-o -) has no name. Name a file with -o.");
  return true;
}

std::vector<std::string> kernels_of(const Plan& plan) {
  std::vector<std::string> names;
  for (const auto* list : {&plan.decode_op, &plan.decode, &plan.prefill}) {
    for (const Launch& launch : *list) names.push_back(launch.kernel);
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

const char* code_kind(const Target& target) {
  if (target.family == "amd") return "hsaco";
  return target.family == "nvidia" ? "ptx" : "so";
}

void write_file(const std::string& path, std::string_view text, const std::string& model) {
  AtomicFile file(path, std::span(&model, 1));
  file.append({reinterpret_cast<const u8*>(text.data()), text.size()});
  file.commit(false);
}

void write_standard_output(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  finish_standard_output();
}

std::string_view text_of(const std::vector<u8>& bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

std::string serialized_tokenizer(const GgufFile& file) {
  const std::unique_ptr<Tokenizer> tokenizer = tokenizer_from_gguf(file);
  return tokenizer ? tokenizer->serialize() : std::string();
}

// What --save-temps keeps, and what --emit picks one of.
struct Stages {
  std::string plan, source;
  BuildResult built;

  std::string_view text(const std::string& stage) const {
    if (stage == "plan") return plan;
    if (stage == "hip") return source;
    if (stage == "ll") return built.ll;
    if (stage == "asm") return built.assembly;
    return text_of(built.object);
  }
};

// --emit: one stage, to a file or to standard output.
void write_stage(const CompileOptions& options, const Stages& stages, const std::string& output) {
  if (to_standard_output(options)) return write_standard_output(stages.text(options.emit));
  write_file(output, stages.text(options.emit), options.model);
  print_made(output);
}

// What --save-temps writes, without the endings.
std::string temps_base(const CompileOptions& options, const std::string& output) {
  const fs::path folder = options.temps_folder.empty() ? fs::path(output).parent_path() : fs::path(options.temps_folder);
  return (folder / fs::path(output).filename()).string();
}

// Before the build: a folder that cannot be had is told then.
void make_temps_folder(const CompileOptions& options, const std::string& output) {
  const std::string& folder = options.temps_folder;
  std::error_code fault;
  if (fs::exists(folder, fault) && !fs::is_directory(folder, fault)) {
    fail(Exit::usage, "--save-temps: '{}' is not a folder. Name one, or leave the name out to write beside the output.", printable(folder, 4096));
  }
  fs::create_directories(folder, fault);
  if (fault) fail(Exit::failed, "--save-temps: cannot write in the folder '{}': {}. Name another.", printable(folder, 4096), fault.message());
  checked_output(temps_base(options, output) + ".plan.json", std::span(&options.model, 1), "--save-temps");
}

void save_temps(const CompileOptions& options, const Target& target, const Stages& stages, const std::string& output) {
  const std::string base = temps_base(options, output);
  const bool x86 = target.family == "x86";
  write_file(base + ".plan.json", stages.plan, options.model);
  write_file(base + (x86 ? ".cpp" : ".hip"), stages.source, options.model);
  write_file(base + ".ll", stages.built.ll, options.model);
  write_file(base + (target.family == "nvidia" ? ".ptx" : ".s"), stages.built.assembly, options.model);
  if (target.family != "nvidia") write_file(base + (x86 ? ".so" : ".hsaco"), text_of(stages.built.object), options.model);
}

}  // namespace

void compile(const CompileOptions& options) {
  const std::string output = output_path(options);
  if (!to_standard_output(options)) checked_output(output, std::span(&options.model, 1));
  Progress progress;

  progress.stage("read");
  const std::shared_ptr<const GgufFile> file = GgufFile::open(options.model);
  const Model model = read_model(file);
  std::string tokenizer = serialized_tokenizer(*file);
  const DefaultArch arch = options.arch.empty() ? default_arch() : DefaultArch{options.arch, ""};
  const Target target = find_target(arch.arch);
  const std::string ptxas = find_ptxas(options.ptxas, target);
  if (options.debug_info && target.family != "amd") fail(Exit::usage, "--debug-info is for AMD processors; {} is none.", target.arch);

  progress.stage("plan");
  const Plan plan = make_plan(model, target, {options.ctx, options.fuse, options.extern_weights});
  Stages stages;
  stages.plan = plan_to_json(plan).dump(2) + "\n";

  progress.finish();
  print_target(target, arch.why, plan);

  progress.stage("emit");
  stages.source = emit(plan);
  const bool early = options.emit == "plan" || options.emit == "hip";
  if (early && !options.save_temps) {
    progress.finish();
    return write_stage(options, stages, output);
  }

  if (!options.temps_folder.empty()) make_temps_folder(options, output);
  progress.stage("build");
  BuildRequest request;
  request.source = stages.source;
  request.target = &target;
  request.hot_kernels = kernels_of(plan);
  request.debug_info = options.debug_info;
  request.want_ll = options.save_temps || options.emit == "ll";
  request.want_asm = options.save_temps || options.emit == "asm";
  stages.built = build(request);
  if (options.save_temps) save_temps(options, target, stages, output);
  if (!options.emit.empty()) {
    progress.finish();
    return write_stage(options, stages, output);
  }
  std::vector<PackedCode> code;
  if (!ptxas.empty()) {
    progress.stage("ptxas");
    const std::vector<u8> cubin = assemble_cubin(ptxas, stages.built.object, target.arch, stages.built.resources);
    code.push_back({"cubin", target.arch, std::string(text_of(cubin))});
  }
  code.push_back({code_kind(target), target.arch, std::string(text_of(stages.built.object))});

  if (has_unrecognised_template(*file)) {
    progress.finish();
    fmt::print(stderr, "warning: the model's chat template is neither ChatML nor Llama 3; the program completes raw text, and -sys is refused.\n");
  }
  progress.stage("pack");
  const PackReport sizes = write_program({.plan = plan,
                                          .file = *file,
                                          .code = std::move(code),
                                          .tokenizer = std::move(tokenizer),
                                          .model_name = std::string(file->get_string("general.name").value_or("")),
                                          .runtime = runtime_blob(),
                                          .output = output,
                                          .progress = [&](u64 done, u64 total) { progress.update(done, total); }});
  progress.finish();
  print_report(plan, stages.built.resources, sizes, output);
}

}  // namespace llmc
