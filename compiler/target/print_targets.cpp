#include <nlohmann/json.hpp>
#include "common/error.h"
#include "compiler/target/target.h"

namespace llmc {

void print_targets(bool json, std::FILE* out) {
  if (json) {
    auto list = nlohmann::ordered_json::array();
    for (const Target& t : all_targets())
      list.push_back({{"family", t.family},
                      {"arch", t.arch},
                      {"product", t.product},
                      {"title", t.title},
                      {"wave", t.wave},
                      {"units", t.units},
                      {"units_per_processor", t.units_per_processor},
                      {"lds_bytes", t.lds_bytes},
                      {"static_lds_bytes", t.static_lds_bytes},
                      {"registers", t.registers},
                      {"register_file", t.register_file},
                      {"simds_per_unit", t.simds_per_unit},
                      {"dot", t.dot},
                      {"matrix", t.matrix},
                      {"bulk_copy", t.bulk_copy},
                      {"fuse_model", t.fuse_model},
                      {"bandwidth_gb_s", t.bandwidth_gb_s},
                      {"measured_gb_s", t.measured_gb_s},
                      {"features", t.features}});
    fmt::print(out, "{}\n", list.dump(2));
    return;
  }
  fmt::print(out, "{:<10} {:<11} {:<38} {:>4} {:>5} {:>9} {:<9} {:<6} {:>8}\n", "arch", "product", "", "wave", "units", "LDS bytes", "dot",
             "matrix", "GB/s");
  std::string_view last;
  for (const Target& t : all_targets()) {
    fmt::print(out, "{:<10} {:<11} {:<38} {:>4} {:>5} {:>9} {:<9} {:<6} {:>8}\n", t.arch == last ? "" : t.arch, t.product, t.title, t.wave,
               t.units, t.lds_bytes, t.dot, t.matrix, t.bandwidth_gb_s);
    last = t.arch;
  }
  fmt::print(out, "native     this host's CPU, as x86-64-v4 or x86-64-v3\n");
}

}  // namespace llmc
