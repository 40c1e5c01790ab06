#include "common/error.h"
#include "compiler/build/build.h"
#include "compiler/build/frontend.h"
#include "compiler/build/link.h"
#include "compiler/build/object.h"

namespace llmc {
namespace {

std::string compile(const BuildRequest& request, Emit emit, std::string* warnings) {
  FrontendResult result = run_frontend(request, emit);
  if (!result.ok)
    throw InternalError(fmt::format("the generated source does not compile for {}:\n{}", request.target->arch, result.diagnostics));
  if (warnings) *warnings = std::move(result.diagnostics);
  return std::move(result.bytes);
}

}  // namespace

BuildResult build_in_process(const BuildRequest& request) {
  require(request.target != nullptr, "a build request without a target");
  const std::string& family = request.target->family;
  BuildResult result;
  if (family == "nvidia") {
    const std::string ptx = compile(request, Emit::assembly, &result.diagnostics);
    result.object.assign(ptx.begin(), ptx.end());
    result.resources = ptx_resources(result.object);
    if (request.want_asm) result.assembly = ptx;
  } else {
    const std::string object = compile(request, Emit::object, &result.diagnostics);
    result.object = link_object(object, link_arguments(request));
    result.resources = family == "amd" ? amd_resources(result.object, request.hot_kernels) : x86_resources(result.object, family == "x86");
    if (request.want_asm) result.assembly = compile(request, Emit::assembly, nullptr);
  }
  if (request.want_ll) result.ll = compile(request, Emit::ll, nullptr);
  return result;
}

}  // namespace llmc
