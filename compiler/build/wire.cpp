#include "compiler/build/wire.h"
#include <nlohmann/json.hpp>
#include "common/error.h"

namespace llmc {

// Only what code generation depends on travels: the plan's product figures do not.
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Target, family, arch, product, wave, lds_bytes, static_lds_bytes, features)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(BuildRequest, name, source, headers, defines, hot_kernels, opt_level, verify, debug_info, want_ll, want_asm)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(KernelResources, name, known, vgprs, sgprs, lds, scratch, spills, wave, code_bytes)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(BuildResult, ll, assembly, resources, diagnostics)

namespace {

using nlohmann::json;

std::string to_cbor(const json& value) {
  std::string bytes;
  json::to_cbor(value, bytes);
  return bytes;
}

json from_cbor(const std::string& bytes, const char* what) {
  json value = json::from_cbor(bytes, true, false);
  if (!value.is_object()) throw InternalError(fmt::format("{} cannot be read ({} bytes)", what, bytes.size()));
  return value;
}

}  // namespace

std::string encode_request(const BuildRequest& request) {
  json value = request;
  value["target"] = *request.target;
  return to_cbor(value);
}

void decode_request(const std::string& bytes, OwnedRequest& owned) {
  const json value = from_cbor(bytes, "the build request");
  owned.request = value.get<BuildRequest>();
  owned.target = value.at("target").get<Target>();
  owned.request.target = &owned.target;
}

std::string encode_answer(const BuildAnswer& answer) {
  json value = answer.result;
  value["ok"] = answer.ok;
  value["error"] = answer.error;
  value["object"] = json::binary(answer.result.object);
  return to_cbor(value);
}

BuildAnswer decode_answer(const std::string& bytes) {
  const json value = from_cbor(bytes, "the answer of the build process");
  BuildAnswer answer;
  answer.result = value.get<BuildResult>();
  answer.result.object = value.at("object").get_binary();
  answer.ok = value.at("ok").get<bool>();
  answer.error = value.at("error").get<std::string>();
  return answer;
}

}  // namespace llmc
