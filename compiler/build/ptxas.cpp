#include <filesystem>
#include <regex>
#include <sstream>
#include "common/error.h"
#include "compiler/build/build.h"
#include "compiler/build/child_process.h"
#include "compiler/build/object.h"
#include "compiler/build/temporary_folder.h"

namespace llmc {
namespace {

u32 number(const std::smatch& match, std::size_t group) { return static_cast<u32>(std::stoul(match[group])); }

// The lines of `ptxas -v`:
//   ptxas info    : Compiling entry function 'k' for 'sm_90'
//   ptxas info    : Function properties for k
//       0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
//   ptxas info    : Used 10 registers, used 1 barriers, 1024 bytes smem, 360 bytes cmem[0]
std::vector<KernelResources> parse_report(const std::string& report) {
  static const std::regex entry("Compiling entry function '([^']+)'"),
      frame("([0-9]+) bytes stack frame, ([0-9]+) bytes spill stores, ([0-9]+) bytes"), used("Used ([0-9]+) registers"),
      shared("([0-9]+) bytes smem");
  std::vector<KernelResources> kernels;
  std::istringstream lines(report);
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (std::regex_search(line, match, entry)) {
      KernelResources kernel;
      kernel.name = match[1];
      kernel.wave = 32;
      kernels.push_back(kernel);
    }
    if (kernels.empty()) continue;
    KernelResources& kernel = kernels.back();
    if (std::regex_search(line, match, frame)) {
      kernel.scratch = number(match, 1);
      kernel.spills = number(match, 2) + number(match, 3);
    }
    if (std::regex_search(line, match, used)) {
      kernel.vgprs = number(match, 1);
      kernel.known = true;
    }
    if (std::regex_search(line, match, shared)) kernel.lds = number(match, 1);
  }
  return kernels;
}

}  // namespace

std::vector<u8> assemble_cubin(const std::string& path, const std::vector<u8>& ptx, const std::string& arch,
                               std::vector<KernelResources>& resources) {
  TemporaryFolder folder;
  const std::string input = folder.path() + "/input.ptx", output = folder.path() + "/output.cubin";
  write_file(input, {reinterpret_cast<const char*>(ptx.data()), ptx.size()});
  const ChildResult child = run_child({path, "-v", "-arch=" + arch, "-o", output, input}, "", {600, 0});
  if (!child.started)
    fail(Exit::usage, "--ptxas: {} {}. Give the path of the CUDA toolkit's ptxas, or leave --ptxas out.", path, child.describe());
  // One that is no ptxas, or was killed, is not our mistake; one that has something to say about our PTX is.
  if (child.ok() ? !std::filesystem::exists(output) : child.err.empty() && child.out.empty())
    fail(Exit::failed, "--ptxas: {} made no cubin for {}: it {}. Give the path of the CUDA toolkit's ptxas, or leave --ptxas out.", path, arch,
         child.describe());
  if (!child.ok())
    throw InternalError(
        fmt::format("{} refuses the generated PTX for {}: it {}: {}{}", path, arch, child.describe(), child.err, child.out));
  resources = parse_report(child.err + child.out);
  const std::string bytes = read_file(output);
  const std::vector<u8> cubin(bytes.begin(), bytes.end());
  set_cubin_sizes(cubin, resources);
  return cubin;
}

}  // namespace llmc
