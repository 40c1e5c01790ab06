// `info`: what this program is, without touching a device.
#include <memory>
#include <nlohmann/json.hpp>
#include "common/error.h"
#include "common/text.h"
#include "runtime/commands/commands.h"
#include "runtime/output.h"

namespace llmc {
namespace {

const char* chat_format_name(const Tokenizer* tokenizer) {
  if (tokenizer == nullptr) return "none";
  switch (tokenizer->chat_format()) {
    case ChatFormat::none: return "none";
    case ChatFormat::chatml: return "chatml";
    case ChatFormat::llama3: return "llama3";
  }
  return "none";
}

nlohmann::ordered_json describe_program(const Program& program) {
  const Plan& plan = program.plan;
  const MemoryNeed need = memory_need(plan, plan.ctx);
  nlohmann::ordered_json info = {
      {"model", program.image->model()},
      {"model_hash", program.image->identity()},
      {"llmc", program.image->version()},
      {"family", plan.shape.family},
      {"layers", plan.shape.layers},
      {"d_model", plan.shape.d_model},
      {"vocab", plan.shape.vocab},
      {"arch", plan.arch},
      {"product", plan.product},
      {"fuse", fuse_name(plan.fuse)},
      {"ctx", plan.ctx},
      {"weights", plan.extern_weights ? "extern" : "embed"},
      {"weight_bytes", plan.weight_bytes},
      {"bytes_per_token", plan.decode_bytes},
      {"kv_bytes_per_position", plan.kv_bytes_per_position},
      {"memory_bytes", need.total()},
      {"tokenizer", program.tokenizer != nullptr},
      {"chat_format", chat_format_name(program.tokenizer.get())},
  };
  if (plan.extern_weights) info["weights_file"] = *program.image->extern_weights();
  info["sections"] = nlohmann::ordered_json::array();
  for (const Image::Section& section : program.image->sections()) {
    info["sections"].push_back({{"name", section.name}, {"bytes", section.bytes}, {"xxh3", section.hash}});
  }
  return info;
}

int info(bool json) {
  const Program program = open_program();
  const nlohmann::ordered_json description = describe_program(program);
  if (json) {
    write_out(description.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
    return 0;
  }
  std::string text;
  for (const auto& [key, value] : description.items()) {
    if (key == "sections") continue;
    text += fmt::format("{:<22} {}\n", key, value.is_string() ? printable(value.get<std::string>()) : value.dump());
  }
  for (const Image::Section& section : program.image->sections()) text += fmt::format("{:<22} {:>14} bytes  xxh3 {}\n", section.name, section.bytes, section.hash);
  write_out(text);
  return 0;
}

}  // namespace

void add_info(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("info", "what this program holds");
  const auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "as JSON");
  command->callback([&action, json] { action = [json] { return info(*json); }; });
}

}  // namespace llmc
